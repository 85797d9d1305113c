import { redisScript } from './script.js'
import { counting, reading, removing } from './session-lua.js'
import { unconfirmedGraceMilliseconds } from '../../sessions/session-store.js'

/** In this order, after `now` and before the window. */
export interface CreateArguments {
  readonly member: string
  readonly text: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly keyMilliseconds: number
  readonly replacedHash: string
  readonly replacedVersion: number
  readonly sessions: number
  readonly guestSessions: number
  readonly sessionsPerUser: number
  readonly whenUserIsFull: 'end-oldest' | 'refuse'
  readonly maxGuests: number
}

export function createValues(values: CreateArguments): readonly (string | number)[] {
  return [
    values.member,
    values.text,
    values.createdAt,
    values.expiresAt,
    values.keyMilliseconds,
    values.replacedHash,
    values.replacedVersion,
    values.sessions,
    values.guestSessions,
    values.sessionsPerUser,
    values.whenUserIsFull,
    values.maxGuests
  ]
}

/** Opens a session as the port's `create` says. Returns the outcome, and what was removed. */
export const createScript = redisScript(
  [],
  reading +
    removing +
    counting +
    `
local member, text, created_at, expires_at, key_milliseconds = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local max_sessions, max_guest_sessions, max_per_user = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local max_guests = tonumber(ARGV[13])
local hash, kind = hash_of(member), kind_of(member)

-- Sent twice (a client repeats what it had no answer to): it is there already.
local same = read(hash)
if same then
  if same.member == member then return { 'created', removed } end
  error({ err = 'TAKEN another session has this id' })
end

local guests = count('guests')
local all = guests + count('signed-in')
local leaving, is_leaving = {}, {}

local function let_go(record, reason)
  is_leaving[record.member] = true
  table.insert(leaving, { record = record, reason = reason })
  all = all - 1
  if kind_of(record.member) == 'guests' then guests = guests - 1 end
end

-- The record of a member that lives and is not leaving yet. One whose key is gone (deleted by hand, evicted by the server) leaves without a word.
local function candidate(member)
  if is_leaving[member] then return nil end
  local record = read(hash_of(member))
  if not record then
    local expiry = redis.call('ZSCORE', base .. kind_of(member) .. ':expiry', member)
    if expiry and tonumber(expiry) > now then record = { member = member, expires = tonumber(expiry) } end
  end
  return record and record.expires > now and record
end

local function first_candidate(index, highest)
  local offset = 0
  while true do
    local found = redis.call('ZRANGEBYSCORE', index, '-inf', highest, 'WITHSCORES', 'LIMIT', offset, 10)
    for at = 1, #found, 2 do
      local record = candidate(found[at])
      if record then return record, tonumber(found[at + 1]) end
    end
    if #found < 20 then return nil end
    offset = offset + 10
  end
end

local function oldest_unconfirmed(of)
  return first_candidate(base .. of .. ':unconfirmed', '(' .. string.format('%d', now - ${unconfirmedGraceMilliseconds}))
end

local function guest_idle_longest()
  return (first_candidate(base .. 'guests:last-seen', '+inf'))
end

local function reclaimable()
  local guest, guest_since = oldest_unconfirmed('guests')
  if kind == 'guests' then return guest or (oldest_unconfirmed('signed-in')) end
  local sign_in, sign_in_since = oldest_unconfirmed('signed-in')
  if guest and sign_in then return guest_since <= sign_in_since and guest or sign_in end
  return guest or sign_in or guest_idle_longest()
end

local replaced = ARGV[7] ~= '' and read(ARGV[7])
if replaced and replaced.expires > now then
  if replaced.version ~= tonumber(ARGV[8]) then return { 'conflict', removed } end
  let_go(replaced, 'replaced')
end

if kind == 'signed-in' and max_per_user < ${Number.MAX_SAFE_INTEGER} then
  -- In the order of their logins: the time is what follows the user in a member.
  local user = string.match(member, '^[^:]*')
  local own = {}
  for _, other in ipairs(redis.call('ZRANGEBYLEX', base .. 'sessions', '[' .. user .. ':', '(' .. user .. ';')) do
    local record = candidate(other)
    if record then table.insert(own, record) end
  end
  if #own >= max_per_user and ARGV[12] == 'refuse' then return { 'user-full', removed } end
  for index = 1, #own - max_per_user + 1 do let_go(own[index], 'user-full') end
end

if kind == 'guests' and guests >= max_guest_sessions then
  local record = oldest_unconfirmed('guests')
  if not record then return { 'full', removed } end
  let_go(record, 'reclaimed')
end

if all >= max_sessions then
  local record = reclaimable()
  if not record then return { 'full', removed } end
  let_go(record, 'reclaimed')
end

-- More than one only where the budget was larger before.
while kind == 'guests' and guests >= max_guests and #leaving < 100 do
  local record = guest_idle_longest()
  if not record then break end
  let_go(record, 'evicted')
end

for _, one in ipairs(leaving) do remove(one.record, one.record.text and one.reason) end
redis.call('SET', key_of(hash), text, 'PX', key_milliseconds)
redis.call('HSET', base .. 'handles', string.match(member, '[^:]*$'), hash)
redis.call('ZADD', base .. 'sessions', 0, member)
redis.call('ZADD', base .. kind .. ':expiry', expires_at, member)
redis.call('ZADD', base .. kind .. ':unconfirmed', created_at, member)
if kind == 'guests' then redis.call('ZADD', base .. 'guests:last-seen', created_at, member) end
return { 'created', removed }
`
)
