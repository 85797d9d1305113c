/*
 * What the scripts over sessions have in common, in Lua: pieces that redisScript puts together. KEYS[1] is what the keys of
 * redis-session-store.ts begin with, ARGV[1] the caller's now.
 *
 * A script reads first and writes when everything is decided: an error in the middle of Lua undoes nothing. What cannot be
 * read (another version, another type) raises an error and is never written or deleted. Removed sessions are returned as pairs of reason and text.
 */

/** How many expired sessions a create or a count clears away; counting leaves out the others. A bound, so that the server is never held up. */
const purgedAtOnce = 100

export const reading = `
local base = KEYS[1]
local now = tonumber(ARGV[1])
local function key_of(hash) return base .. 'session:' .. hash end
local function hash_of(member) return string.match(member, '^[^:]*:[^:]*:([^:]*):') end
local function kind_of(member) return string.sub(member, 1, 1) == ':' and 'guests' or 'signed-in' end

local function parse(text)
  local confirmed, seen, idle, ends, version, mark, member =
    string.match(text, '^1 ([01]) (%d+) (%d+) (%d+) (%d+) (%S+)\\n([^\\n]*)\\n')
  if not confirmed then return nil end
  local record = { text = text, confirmed = confirmed == '1', seen = tonumber(seen), idle = tonumber(idle), ends = tonumber(ends),
    version = tonumber(version), mark = mark, member = member }
  record.expires = math.min(record.seen + record.idle, record.ends)
  return record
end

local function read(hash)
  local text = redis.call('GET', key_of(hash))
  if not text then return nil end
  local record = parse(text)
  if not record then error({ err = 'FORMAT a session record is of another version' }) end
  return record
end
`

export const removing = `
local removed = {}

local function clear_indexes(member)
  local kind = kind_of(member)
  redis.call('ZREM', base .. 'sessions', member)
  redis.call('ZREM', base .. kind .. ':expiry', member)
  redis.call('ZREM', base .. kind .. ':unconfirmed', member)
  if kind == 'guests' then redis.call('ZREM', base .. 'guests:last-seen', member) end
  redis.call('HDEL', base .. 'handles', string.match(member, '[^:]*$'))
end

local function remove(record, reason)
  clear_indexes(record.member)
  redis.call('DEL', key_of(hash_of(record.member)))
  if reason then
    table.insert(removed, reason)
    table.insert(removed, record.text)
  end
end

local function live(hash)
  local record = read(hash)
  if record and record.expires <= now then
    remove(record, 'expired')
    return nil
  end
  return record
end
`

export const counting = `
local function purge(kind)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', base .. kind .. ':expiry', '-inf', now, 'LIMIT', 0, ${purgedAtOnce})) do
    local text = redis.pcall('GET', key_of(hash_of(member)))
    local record = type(text) == 'string' and parse(text)
    if record then remove(record, 'expired') else clear_indexes(member) end
  end
end

local function count(kind)
  purge(kind)
  return redis.call('ZCOUNT', base .. kind .. ':expiry', '(' .. string.format('%d', now), '+inf')
end
`
