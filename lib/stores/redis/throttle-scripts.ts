import { redisScript } from './script.js'

// `judgeAttempt` of throttle-rules.ts and the bookkeeping of `MemoryLoginThrottle`, once more in Lua: the contract and the model test hold both to
// the same answers. Times are milliseconds on the callers' clocks; what Redis itself expires is rubbish by then.
const common = `
local base, account, address, secret, token, now = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local limits = cjson.decode(ARGV[6])
local failures_key = base .. 'failures:' .. account
local attempts_key = base .. 'attempts:' .. account
local known_key = base .. 'known:' .. account
local wrong_key = base .. 'wrong:' .. account
local bucket_key = base .. 'bucket:' .. address
local pending_key = base .. 'pending:' .. address
local place = account .. ' ' .. secret

-- An hour for clocks that differ.
local function expire(key, milliseconds)
  redis.call('PEXPIRE', key, string.format('%.0f', milliseconds + 3600000))
end

local function read_failures(field, memory)
  local failures, at = string.match(redis.call('HGET', failures_key, field) or '', '^(%d+) (%S+)$')
  failures, at = tonumber(failures) or 0, tonumber(at) or 0
  local locked = field == 'account' and failures >= limits.locked
  if failures == 0 or (now - at >= memory and not locked) then return 0, 0 end
  return failures, at
end

local function wait_after(failures, limit)
  if failures < limit then return 0 end
  return math.min(limits.firstWait * 2 ^ (failures - limit), limits.longestWait)
end

local function is_known()
  local login_at = redis.call('ZSCORE', known_key, address)
  return login_at ~= false and now - tonumber(login_at) < limits.known
end

local function read_wrong()
  local wrong = {}
  local text = redis.call('GET', wrong_key)
  if not text then return wrong, false end
  local words = {}
  for word in string.gmatch(text, '%S+') do words[#words + 1] = word end
  if now - tonumber(words[1]) >= limits.pairMemory then return wrong, false end
  local found = false
  for i = 2, #words do
    wrong[#wrong + 1] = words[i]
    found = found or words[i] == secret
  end
  return wrong, found
end

local function read_attempts()
  local attempts = {}
  local flat = redis.call('HGETALL', attempts_key)
  for i = 1, #flat, 2 do attempts[flat[i]] = cjson.decode(flat[i + 1]) end
  return attempts
end
`

/** Answers `allowed`, `wait` with the scope, or `refused` with the limit and the seconds. Sent twice, it takes one place. */
export const reserveScript = redisScript(
  [],
  `${common}
local attempts = read_attempts()
if attempts[token] then return { 'allowed' } end

local shared = nil
local places, pair_pending, account_pending = {}, 0, 0
for other_token, attempt in pairs(attempts) do
  if attempt.lease > now then
    local mine = attempt.address == address
    if mine and attempt.secret == secret then shared = attempt end
    local id = attempt.secret .. ' ' .. attempt.address
    if attempt.pending and not places[id] then
      places[id] = true
      if mine then pair_pending = pair_pending + 1 end
      if not attempt.known then account_pending = account_pending + 1 end
    end
  elseif attempt.lease + 3600000 <= now then
    -- Its process is gone. Until now its failure could still have been told.
    redis.call('HDEL', attempts_key, other_token)
  end
end

local known = is_known()
local wrong, is_wrong = read_wrong()
local pair_failures, pair_at = read_failures('address:' .. address, limits.pairMemory)
local account_failures, account_at = read_failures('account', limits.accountMemory)
local empty_at = math.max(tonumber(redis.call('GET', bucket_key) or now), now)
local function space_at(count) return empty_at + (count - limits.addressSize) * limits.addressInterval end

local seconds, limit = 0, nil
local function consider(name, free_at)
  local left = math.ceil((free_at - now) / 1000)
  if left > seconds then seconds, limit = left, name end
end
local pair_wait = wait_after(pair_failures, limits.pair)
if pair_wait > 0 then consider('account-and-address', pair_at + pair_wait) end
if not known then
  local account_wait = wait_after(account_failures, limits.account)
  if account_wait > 0 then consider('account', account_at + account_wait) end
  consider('address', space_at(1))
  if account_failures >= limits.locked then
    consider('account-locked', now + limits.longestWait)
    limit = 'account-locked'
  end
end
if limit then return { 'refused', limit, string.format('%.0f', seconds) } end

if not shared and not is_wrong then
  local function crowded(failures, pending, most) return pending > 0 and failures + pending >= most end
  if crowded(pair_failures, pair_pending, limits.pair) then return { 'wait', 'pair' } end
  if not known then
    if crowded(account_failures, account_pending, limits.account) then return { 'wait', 'account' } end
    redis.call('ZREMRANGEBYSCORE', pending_key, '-inf', string.format('%.0f', now))
    if space_at(redis.call('ZCARD', pending_key) + 1) > now then return { 'wait', 'address' } end
  end
end

local attempt = { address = address, secret = secret, known = known, pending = not is_wrong, lease = now + limits.lease }
if shared then attempt.known, attempt.pending = shared.known, shared.pending end
redis.call('HSET', attempts_key, token, cjson.encode(attempt))
expire(attempts_key, limits.lease)
if attempt.pending and not attempt.known then
  redis.call('ZADD', pending_key, 'GT', string.format('%.0f', attempt.lease), place)
  expire(pending_key, limits.lease)
end
return { 'allowed' }
`
)

/** Answers whether a wait has begun and whether the account is locked, as 1 or 0. Sent twice, it counts once. */
export const settleScript = redisScript(
  ['allow-oom'],
  `${common}
local outcome = ARGV[7]
local attempts = read_attempts()
local attempt = attempts[token]
if not attempt then return { 0, 0 } end
redis.call('HDEL', attempts_key, token)
attempts[token] = nil

local counts = outcome == 'failure' and attempt.pending
local is_shared = false
for other_token, other in pairs(attempts) do
  if other.address == address and other.secret == secret then
    if counts then
      other.pending = false
      redis.call('HSET', attempts_key, other_token, cjson.encode(other))
    elseif other.lease > now then
      is_shared = true
    end
  end
end
if attempt.pending and not attempt.known and not is_shared then redis.call('ZREM', pending_key, place) end

if outcome == 'success' then
  redis.call('ZADD', known_key, 'GT', string.format('%.0f', now), address)
  redis.call('ZREMRANGEBYRANK', known_key, 0, -1 - limits.knownAddresses)
  expire(known_key, limits.known)
  redis.call('HDEL', failures_key, 'address:' .. address)
  if attempt.known then
    redis.call('HDEL', failures_key, 'account')
    expire(failures_key, limits.accountMemory)
  end
end
if outcome ~= 'failure' then return { 0, 0 } end

local wrong, is_wrong = read_wrong()
local words = { string.format('%.0f', now), secret }
for _, other in ipairs(wrong) do
  if other ~= secret and #words <= limits.secrets then words[#words + 1] = other end
end
redis.call('SET', wrong_key, table.concat(words, ' '))
expire(wrong_key, limits.pairMemory)
if not counts or is_wrong then return { 0, 0 } end

local function one_more(field, memory)
  local failures, at = read_failures(field, memory)
  redis.call('HSET', failures_key, field, string.format('%.0f %.0f', failures + 1, math.max(at, now)))
  return failures + 1
end

local limited = wait_after(one_more('address:' .. address, limits.pairMemory), limits.pair) > 0
local counts_for_account = not attempt.known and not is_known()
local account_failures = read_failures('account', limits.accountMemory)
if counts_for_account then
  account_failures = one_more('account', limits.accountMemory)
  limited = limited or wait_after(account_failures, limits.account) > 0
  local empty_at = math.max(tonumber(redis.call('GET', bucket_key) or now), now) + limits.addressInterval
  redis.call('SET', bucket_key, string.format('%.17g', empty_at))
  expire(bucket_key, empty_at - now)
end

-- Under a long siege the addresses that gave up are as many as there were days.
if redis.call('HLEN', failures_key) > 128 then
  local flat = redis.call('HGETALL', failures_key)
  for i = 1, #flat, 2 do
    if flat[i] ~= 'account' and read_failures(flat[i], limits.pairMemory) == 0 then redis.call('HDEL', failures_key, flat[i]) end
  end
end
local locked = account_failures >= limits.locked
if locked then redis.call('PERSIST', failures_key) else expire(failures_key, limits.accountMemory) end
return { limited and 1 or 0, locked and counts_for_account and 1 or 0 }
`
)

/** Forgets the failures of an account and its wrong secrets; not which addresses are known. */
export const unlockScript = redisScript(
  ['allow-oom'],
  `redis.call('DEL', KEYS[1] .. 'failures:' .. ARGV[1], KEYS[1] .. 'wrong:' .. ARGV[1])
return 'unlocked'`
)

/** Answers the key of the hashes of secrets, which the first process makes. */
export const hashKeyScript = redisScript(
  [],
  `redis.call('SET', KEYS[1] .. 'hash-key', ARGV[1], 'NX')
return redis.call('GET', KEYS[1] .. 'hash-key')`
)
