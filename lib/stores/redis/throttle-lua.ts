import {
  accountMemoryMilliseconds,
  dayMilliseconds,
  knownAddressesPerAccount,
  lockMilliseconds,
  pairMemoryMilliseconds
} from '../../auth/throttle/rules.js'
import { toleratedClockLeadMilliseconds } from '../../clocks.js'

// The rules of lib/auth/throttle/rules.ts and the bookkeeping of `MemoryLoginThrottle`, once more in Lua: the contract and the model test hold both to
// the same answers. Times are milliseconds on the callers' clocks; what Redis itself expires has been forgotten by then.
//
// Keys: `failures:` of a name or an ID (hash: `account`, `address:` each, `names` that were tried for an ID), `known:` (sorted set of addresses),
// `wrong:` (text), `attempts:` under way (hash), `bucket:` and `pending:` of an address, `few` and `many` (sorted sets of names, which bound how many are kept), `waiting` (sorted set
// of names by the end of their wait, for the figures).

/** For how long an attempt holds its place when its process has died. Longer than any verification that ends. */
export const leaseMilliseconds = 60_000

/** What both verbs begin with. `owner` is the account of the ID, `''` where there is none; an attempt is kept with the owner's, so that all its names are seen. */
export const throttleLua = `
local base, name, owner, address, token, now = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local limits = cjson.decode(ARGV[6])
local longest_wait, known_for = 1000 * limits.longestWaitSeconds, ${dayMilliseconds} * limits.knownAddressDays
local address_interval = ${dayMilliseconds} / limits.addressRefillPerDay
local accounts, holder = { name }, name
if owner ~= '' then accounts, holder = { name, owner }, owner end
local attempts_key = base .. 'attempts:' .. holder
local known_key = base .. 'known:' .. holder
local wrong_key = base .. 'wrong:' .. name
local bucket_key = base .. 'bucket:' .. address
local pending_key = base .. 'pending:' .. address
-- A time beyond was written by a clock that ran ahead. It becomes now, once, and is written so.
local latest = now + ${toleratedClockLeadMilliseconds}

local function whole(number) return string.format('%.0f', number) end

-- An hour for clocks that differ.
local function expire(key, milliseconds) redis.call('PEXPIRE', key, whole(milliseconds + 3600000)) end

local function failures_key(account) return base .. 'failures:' .. account end

local function read_failures(account, field)
  local failures, at = string.match(redis.call('HGET', failures_key(account), field) or '', '^(%d+) (%S+)$')
  failures, at = tonumber(failures) or 0, tonumber(at) or 0
  if failures == 0 then return 0, 0 end
  if at > latest then
    at = now
    redis.call('HSET', failures_key(account), field, whole(failures) .. ' ' .. whole(at))
  end
  if field ~= 'account' then
    if now - at >= ${pairMemoryMilliseconds} then return 0, 0 end
  elseif now - at >= ${accountMemoryMilliseconds} then
    return 0, 0
  elseif failures >= limits.failuresUntilLocked and now - at >= ${lockMilliseconds} then
    return math.min(limits.failuresPerAccount, limits.failuresUntilLocked - 1), at
  end
  return failures, at
end

local function read_hash(key)
  local fields, flat = {}, redis.call('HGETALL', key)
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end

local function read_pair(account)
  if address == '' then return 0, 0 end
  return read_failures(account, 'address:' .. address)
end

local function wait_after(failures, limit)
  if failures < limit then return 0 end
  return math.min(1000 * limits.firstWaitSeconds * 2 ^ (failures - limit), longest_wait)
end

local function is_known()
  if address == '' then return false end
  local login_at = tonumber(redis.call('ZSCORE', known_key, address) or nil)
  if not login_at then return false end
  if login_at > latest then
    login_at = now
    redis.call('ZADD', known_key, whole(now), address)
  end
  return now - login_at < known_for
end

-- The wrong secrets of the name, the last one first, and how often each was sent.
local function read_wrong()
  local wrong, times, words = {}, {}, {}
  for word in string.gmatch(redis.call('GET', wrong_key) or '', '%S+') do words[#words + 1] = word end
  local at = tonumber(words[1])
  if not at then return wrong, times end
  if at > latest then
    words[1] = whole(now)
    redis.call('SET', wrong_key, table.concat(words, ' '), 'KEEPTTL')
  elseif now - at >= ${pairMemoryMilliseconds} then
    return wrong, times
  end
  for i = 2, #words do
    local hash, count = string.match(words[i], '^(.-):(%d+)$')
    wrong[#wrong + 1], times[hash] = hash, tonumber(count)
  end
  return wrong, times
end

-- When it will be empty, and when that was written: beside a time that is ahead, the other is as far ahead.
local function write_bucket(empty_at) redis.call('SET', bucket_key, string.format('%.17g %.0f', empty_at, now), 'KEEPTTL') end

local function read_bucket()
  local empty_at, at = string.match(redis.call('GET', bucket_key) or '', '^(%S+) (%S+)$')
  empty_at, at = tonumber(empty_at), tonumber(at)
  if not empty_at then return now end
  if at > latest then
    empty_at = empty_at - (at - now)
    write_bucket(empty_at)
  end
  -- It holds no more than its size.
  return math.max(math.min(empty_at, now + limits.failuresPerAddress * address_interval), now)
end

local function read_attempts()
  local attempts = read_hash(attempts_key)
  for token, text in pairs(attempts) do attempts[token] = cjson.decode(text) end
  return attempts
end

local function is_under_way(attempt) return attempt.lease > now and attempt.lease <= latest + ${leaseMilliseconds} end

local function remember_login(known)
  redis.call('ZREM', base .. 'waiting', name)
  if address ~= '' then
    redis.call('ZADD', known_key, whole(now), address)
    redis.call('ZREMRANGEBYRANK', known_key, 0, -1 - ${knownAddressesPerAccount})
    expire(known_key, known_for)
  end
  for _, account in ipairs(accounts) do
    redis.call('HDEL', failures_key(account), 'address:' .. address)
    if known then redis.call('HDEL', failures_key(account), 'account') end
  end
end
`
