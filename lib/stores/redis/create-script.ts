import { redisScript } from './script.js'
import { counting } from './session-lua.js'
import { mostUnconfirmedPerUser, type SessionQuotas, unconfirmedGraceMilliseconds } from '../../sessions/session-store.js'

/** As many as Lua can count; `Infinity` is no number in JSON. */
const unlimited = Number.MAX_SAFE_INTEGER

/** Licences and budgets, in the form in which the script takes them. */
export function createLimits(quotas: SessionQuotas, budgets: Readonly<Record<'maxGuests' | 'maxUnconfirmed', number>>): string {
  return JSON.stringify({ ...quotas, ...budgets }, (_, value: unknown) => (value === Infinity ? unlimited : value))
}

/**
 * Opens a session as the port's `create` says. ARGV: now, member, text, hash and version of the session that it replaces (the hash is empty where there is
 * none), 1 where that has to live, limits. Returns the outcome, and what was removed.
 */
export const createScript = redisScript(
  [],
  `${counting}
local member, new, limits = ARGV[2], parse(ARGV[3]), cjson.decode(ARGV[7])
local hash, kind = hash_of(member), kind_of(member)

-- Sent twice (a client repeats what it had no answer to): it is there already.
local same = redis.call('MGET', key_of(hash))[1]
if same then
  local record = parse(same)
  if record and record.member == member then return { 'created', removed } end
  error({ err = 'TAKEN another session has this id' })
end

local leaving, is_leaving = {}, {}

local function let_go(record, reason)
  local its_kind = kind_of(record.member)
  is_leaving[record.member] = true
  table.insert(leaving, { record = record, reason = reason })
  all[its_kind] = all[its_kind] - 1
  if not record.confirmed then unconfirmed[its_kind] = unconfirmed[its_kind] - 1 end
end

-- The record of a member that lives and is not leaving yet. One whose key is gone (deleted by hand, evicted by the server) leaves without a word;
-- what cannot be read stays where it is.
local function candidate(other)
  if is_leaving[other] then return nil end
  local text = redis.call('MGET', key_of(hash_of(other)))[1]
  local record = text and parse(text)
  if not text then
    local expiry = base .. kind_of(other)
    local confirmed = redis.call('ZSCORE', expiry .. ':expiry', other)
    local expires = tonumber(confirmed or redis.call('ZSCORE', expiry .. ':unconfirmed:expiry', other) or 0)
    record = { member = other, confirmed = confirmed ~= false, created = 0, expires = expires }
  end
  return record and record.expires > now and record or nil
end

-- The first candidate of an index between two scores, and its score.
local function first_candidate(of, lowest, highest)
  local offset = 0
  while true do
    local found = redis.call('ZRANGEBYSCORE', base .. of, lowest, highest, 'WITHSCORES', 'LIMIT', offset, 10)
    for at = 1, #found, 2 do
      local record = candidate(found[at])
      if record then return record, tonumber(found[at + 1]) end
    end
    if #found < 20 then return nil end
    offset = offset + 10
  end
end

-- The one of 'guests:order' that is first by its time alone, up to a band and a time.
local function first_guest(last_band, most)
  local first, first_time
  for number = 0, last_band do
    local record, score = first_candidate('guests:order', whole(number * band), '(' .. whole(number * band + most))
    if record and (not first or score - number * band < first_time) then first, first_time = record, score - number * band end
  end
  return first, first_time
end

local forgotten_before = now - ${unconfirmedGraceMilliseconds}
local function forgotten_guest() return first_guest(1, forgotten_before) end
local function forgotten_sign_in() return first_candidate('signed-in:unconfirmed', '-inf', '(' .. whole(forgotten_before)) end

local function reclaimable()
  local guest, guest_since = forgotten_guest()
  if kind == 'guests' then return guest or (forgotten_sign_in()) end
  local sign_in, sign_in_since = forgotten_sign_in()
  if guest and sign_in then return guest_since <= sign_in_since and guest or sign_in end
  return guest or sign_in or (first_guest(2, band))
end

local replaced = ARGV[4] ~= '' and live(ARGV[4])
if ARGV[6] == '1' and not replaced then return { 'ended', removed } end
if replaced then
  if replaced.version ~= tonumber(ARGV[5]) then return { 'conflict', removed } end
  let_go(replaced, 'replaced')
end

local user = string.match(member, '^[^:]*')
local from_user, to_user = '[' .. user .. ':', '(' .. user .. ';'

-- In the order of their logins: the time is what follows the user in a member.
local function of_user(index_name)
  local own = {}
  for _, other in ipairs(redis.call('ZRANGEBYLEX', base .. index_name, from_user, to_user)) do
    local record = candidate(other)
    if record then table.insert(own, record) end
  end
  return own
end

if kind == 'signed-in' and limits.sessionsPerUser < ${unlimited} then
  local own = of_user('sessions')
  if #own >= limits.sessionsPerUser and limits.whenUserIsFull == 'refuse' then return { 'user-full', removed } end
  for number = 1, #own - limits.sessionsPerUser + 1 do let_go(own[number], 'user-full') end
end

local quota, forgotten = limits.guestSessions, forgotten_guest
local budget, counts, order = limits.maxGuests, all, 'guests:order'
if kind == 'signed-in' then
  quota, forgotten = limits.signedInSessions, forgotten_sign_in
  budget, counts, order = limits.maxUnconfirmed, unconfirmed, 'signed-in:unconfirmed'
end

-- Whether there is room, or one that gives its place.
local function has_room(count, most, first)
  if count < most then return true end
  local record = first()
  if record then let_go(record, 'reclaimed') end
  return record
end

if not has_room(all[kind], quota, forgotten) or not has_room(all.guests + all['signed-in'], limits.sessions, reclaimable) then
  return { 'full', removed }
end

local by_user = 'signed-in:unconfirmed:users'
if kind == 'signed-in' and redis.call('ZLEXCOUNT', base .. by_user, from_user, to_user) >= ${mostUnconfirmedPerUser} then
  local own = of_user(by_user)
  table.sort(own, function(a, b) return a.created < b.created end)
  for number = 1, #own - ${mostUnconfirmedPerUser} + 1 do let_go(own[number], 'evicted') end
end

-- More than one only where the budget was larger before.
while counts[kind] >= budget and #leaving < 100 do
  local record = first_candidate(order, '-inf', '+inf')
  if not record then break end
  let_go(record, 'evicted')
end

for _, one in ipairs(leaving) do remove(one.record, one.reason) end
redis.call('SET', key_of(hash), ARGV[3], 'PX', key_milliseconds(new))
redis.call('HSET', base .. 'handles', string.match(member, '[^:]*$'), hash)
redis.call('ZADD', base .. 'sessions', 0, member)
index(new)
return { 'created', removed }
`
)
