/*
 * What the scripts over sessions have in common, in Lua: pieces that redisScript puts together. KEYS[1] is what the keys of
 * session-store.ts begin with, ARGV[1] the caller's now.
 *
 * A script reads first and writes when everything is decided: an error in the middle of Lua undoes nothing. What comes before that (expired sessions
 * removed, times put back) is right by itself. What cannot be read (another type, a text that session-record.ts does not know) is
 * no session, and is never written or deleted. Removed sessions are returned as pairs of reason and text.
 */
import { toleratedClockLeadMilliseconds } from '../../sessions/session-store.js'

/** How many sessions a script clears away, or looks through, beside what it was asked for. A bound, so that the server is never held up. */
const mostAtOnce = 100

/** How long a key outlives its session: long enough for clocks that differ and for somebody to tell that it has expired. */
const graceMilliseconds = 24 * 60 * 60 * 1000

/** By how much `latest` may be behind the newest time that was stored, so that it is not written with each slide. */
const latestMayLagMilliseconds = 10_000

/** Longer than the longest session, so that no session outlives what is known of the latest time. */
const latestKeptMilliseconds = 366 * 24 * 60 * 60 * 1000

/** MGET, since it takes a key of another type for none where GET is refused. */
export const reading = `
local base = KEYS[1]
local now = tonumber(ARGV[1])
local function key_of(hash) return base .. 'session:' .. hash end
local function hash_of(member) return string.match(member, '^[^:]*:[^:]*:([^:]*):') end
local function kind_of(member) return string.sub(member, 1, 1) == ':' and 'guests' or 'signed-in' end

local function set_expiry(record) record.expires = math.min(record.seen + record.idle, record.ends) end

local function parse(text)
  local format, confirmed, seen, idle, ends, created, version, mark, added, member, details =
    string.match(text, '^(%d+) ([01]) (%d+) (%d+) (%d+) (%d+) (%d+) (%S+)([^\\n]*)\\n([^\\n]*)\\n()')
  if not format then return nil end
  local record = { text = text, format = format, confirmed = confirmed == '1', seen = tonumber(seen), idle = tonumber(idle),
    ends = tonumber(ends), created = tonumber(created), version = tonumber(version), mark = mark, added = added, member = member,
    details = details }
  set_expiry(record)
  return record
end

local function read(hash)
  local text = redis.call('MGET', key_of(hash))[1]
  return text and parse(text) or nil
end
`

/** Comes with `reading`. */
export const writing = `${reading}
local removed = {}

-- 'guests:order' is the order in which guests make room: unconfirmed ones that stored nothing, other unconfirmed ones, confirmed ones.
local band = 1e15

local function order_of(record)
  if record.confirmed then return 2 * band + record.seen end
  local stored_nothing = string.match(record.text, '^[^\\n]*\\n{}$', record.details)
  return (stored_nothing and 0 or band) + record.created
end

local function whole(number) return string.format('%.0f', number) end

-- See sweep.
local function latest_stored() return tonumber(redis.call('MGET', base .. 'latest')[1] or 0) end
local function set_latest() redis.call('SET', base .. 'latest', whole(now), 'PX', ${latestKeptMilliseconds}) end

-- Puts a live session where it now belongs in every index.
local function index(record)
  if now > latest_stored() + ${latestMayLagMilliseconds} then set_latest() end
  local member, kind = record.member, kind_of(record.member)
  local here, elsewhere = base .. kind .. ':expiry', base .. kind .. ':unconfirmed:expiry'
  if not record.confirmed then here, elsewhere = elsewhere, here end
  redis.call('ZADD', here, whole(record.expires), member)
  redis.call('ZREM', elsewhere, member)
  if kind == 'guests' then
    redis.call('ZADD', base .. 'guests:order', whole(order_of(record)), member)
  elseif record.confirmed then
    redis.call('ZREM', base .. 'signed-in:unconfirmed', member)
    redis.call('ZREM', base .. 'signed-in:unconfirmed:users', member)
  else
    redis.call('ZADD', base .. 'signed-in:unconfirmed', whole(record.created), member)
    redis.call('ZADD', base .. 'signed-in:unconfirmed:users', 0, member)
  end
end

local function clear_indexes(member)
  local kind = kind_of(member)
  local own = kind == 'guests' and { 'guests:order' } or { 'signed-in:unconfirmed', 'signed-in:unconfirmed:users' }
  for _, name in ipairs({ 'sessions', kind .. ':expiry', kind .. ':unconfirmed:expiry', unpack(own) }) do
    redis.call('ZREM', base .. name, member)
  end
  redis.call('HDEL', base .. 'handles', string.match(member, '[^:]*$'))
  if redis.call('ZCARD', base .. 'sessions') == 0 then redis.call('DEL', base .. 'latest', base .. 'sweep') end
end

local function remove(record, reason)
  clear_indexes(record.member)
  if not record.text then return end
  redis.call('DEL', key_of(hash_of(record.member)))
  if reason then
    table.insert(removed, reason)
    table.insert(removed, record.text)
  end
end

local function key_milliseconds(record) return whole(math.max(0, record.expires - now) + ${graceMilliseconds}) end

-- The part of the first line that a visit changes. It keeps its length.
local function times_of(record)
  return string.format('%d %015.0f %.0f %015.0f %015.0f', record.confirmed and 1 or 0, record.seen, record.idle, record.ends, record.created)
end

local function save_visit(record)
  local times = times_of(record)
  local before = #record.format + 1
  redis.call('SETRANGE', key_of(hash_of(record.member)), before, times)
  record.text = record.format .. ' ' .. times .. string.sub(record.text, before + #times + 1)
  set_expiry(record)
  redis.call('PEXPIRE', key_of(hash_of(record.member)), key_milliseconds(record))
  index(record)
end

-- Times that a clock wrote while it ran ahead.
local function put_back(record)
  local most = now + ${toleratedClockLeadMilliseconds}
  if record.created <= most and record.seen <= most then return end
  if record.created > most then
    record.ends = record.ends - (record.created - now)
    record.created = now
  end
  if record.seen > most then record.seen = now end
  save_visit(record)
end

local function live(hash)
  local record = read(hash)
  if not record then return nil end
  put_back(record)
  if record.expires > now then return record end
  remove(record, 'expired')
end
`

/**
 * A session that nobody touches is met as well: `latest` says what the latest clock was that stored a time, and a clock that is behind it by more than clocks
 * differ has been put back. Then all sessions are looked through, some with each call; `sweep` is where to go on.
 */
export const sweeping = `
local function sweep()
  local from = redis.call('MGET', base .. 'sweep')[1]
  if latest_stored() > now + ${toleratedClockLeadMilliseconds - latestMayLagMilliseconds} then
    set_latest()
    from = '-'
  end
  if not from then return end
  local members = redis.call('ZRANGEBYLEX', base .. 'sessions', from, '+', 'LIMIT', 0, ${mostAtOnce})
  for _, member in ipairs(members) do
    local record = read(hash_of(member))
    if record then put_back(record) end
  end
  if #members < ${mostAtOnce} then
    redis.call('DEL', base .. 'sweep')
  else
    redis.call('SET', base .. 'sweep', '(' .. members[#members], 'PX', ${latestKeptMilliseconds})
  end
end
sweep()
`

/** Comes with `writing` and `sweeping`. */
export const counting = `${writing}${sweeping}
-- How many members of an index live, after those are gone that do not.
local function count(expiry)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', base .. expiry, '-inf', whole(now), 'LIMIT', 0, ${mostAtOnce})) do
    local record = read(hash_of(member))
    if not record then
      clear_indexes(member)
    elseif record.expires > now then
      index(record)
    else
      remove(record, 'expired')
    end
  end
  return redis.call('ZCOUNT', base .. expiry, '(' .. whole(now), '+inf')
end

local unconfirmed = { guests = count('guests:unconfirmed:expiry'), ['signed-in'] = count('signed-in:unconfirmed:expiry') }
local all = { guests = unconfirmed.guests + count('guests:expiry'), ['signed-in'] = unconfirmed['signed-in'] + count('signed-in:expiry') }
`
