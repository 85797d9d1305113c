import { redisScript } from './script.js'
import { throttleLua } from './throttle-lua.js'

/**
 * `ARGV`: name, owner, address, token, now, limits, the secret as it is compared with the hash, the same as it is compared with nobody's, and 1 where there is a hash.
 * Answers `allowed` with 1 where the address is known, the check and the owner's limit; `wait` with the scope; or `refused` with the limit and the seconds. Sent twice, it
 * takes one place.
 */
export const reserveScript = redisScript(
  [],
  `${throttleLua}
local secret, blind, is_hashed = ARGV[7], ARGV[8], ARGV[9] == '1'
local attempts = read_attempts()
local function allowed(attempt) return { 'allowed', attempt.isKnown and 1 or 0, attempt.check, attempt.limit or '' } end
if attempts[token] then return allowed(attempts[token]) end

local known = is_known()
local empty_at = read_bucket()
local function space_at(count) return empty_at + (count - limits.addressSize) * limits.addressInterval end

local function find_refusal(account, counts_address)
  local seconds, limit = 0, nil
  local function consider(reason, free_at, most)
    local left = math.min(math.ceil((free_at - now) / 1000), most)
    if left > seconds then seconds, limit = left, reason end
  end
  local pair_failures, pair_at = read_pair(account)
  local pair_wait = wait_after(pair_failures, limits.pair)
  if pair_wait > 0 then consider('account-and-address', pair_at + pair_wait, limits.longestWait / 1000) end
  if known then return limit, seconds end
  local failures, at = read_failures(account, 'account')
  local wait = wait_after(failures, limits.account)
  if wait > 0 then consider('account', at + wait, limits.longestWait / 1000) end
  local is_locked = failures >= limits.locked
  if is_locked then consider('account-locked', at + limits.lock, limits.longestWait / 1000) end
  if counts_address then consider('address', space_at(1), math.huge) end
  return limit and is_locked and 'account-locked' or limit, seconds
end

local limit, seconds = find_refusal(name, address ~= '')
-- Also where the name decides, so that the ID's times are corrected at the same moment after a clock ran ahead, and its wait ends with the name's.
local owners_limit = nil
if owner ~= '' then owners_limit = find_refusal(owner, false) end
if limit then return { 'refused', limit, whole(seconds) } end
-- What the ID refuses is compared with nobody's hash, so that is what its secret is wrong for.
if owners_limit then secret = blind end

local shared = nil
local pending = { [name] = { pair = 0, account = 0 }, [owner] = { pair = 0, account = 0 } }
local places = {}
for other_token, other in pairs(attempts) do
  if is_under_way(other) then
    local mine = other.address == address
    if other.name == name and mine and other.secret == secret then shared = other end
    local place = other.name .. ' ' .. other.secret .. ' ' .. other.address
    if other.pending and not places[place] then
      places[place] = true
      for _, account in ipairs({ name, owner }) do
        local counts = account ~= '' and (account == other.name or (account == owner and not other.limit))
        if counts then
          if mine and address ~= '' then pending[account].pair = pending[account].pair + 1 end
          if not other.known then pending[account].account = pending[account].account + 1 end
        end
      end
    end
  elseif other.lease + 3600000 <= now then
    -- Its process is gone. Until now its failure could still have been told.
    redis.call('HDEL', attempts_key, other_token)
  end
end

local times = times_wrong(secret)
if not shared and times == 0 then
  local function crowded(failures, count, most) return count > 0 and failures + count >= most end
  for _, account in ipairs({ name, owner }) do
    if account ~= '' and not (account == owner and owners_limit) then
      local scope = account == owner and 'owner-' or ''
      if crowded(read_pair(account), pending[account].pair, limits.pair) then return { 'wait', scope .. 'pair' } end
      if not known and crowded(read_failures(account, 'account'), pending[account].account, limits.account) then return { 'wait', scope .. 'account' } end
    end
  end
  if not known and address ~= '' then
    redis.call('ZREMRANGEBYSCORE', pending_key, '-inf', whole(now))
    redis.call('ZREMRANGEBYSCORE', pending_key, '(' .. whole(latest + limits.lease), '+inf')
    if space_at(redis.call('ZCARD', pending_key) + 1) > now then return { 'wait', 'address' } end
  end
end

local attempt = {
  name = name, address = address, secret = secret, limit = owners_limit, isKnown = known, known = known, pending = times == 0,
  fills = times >= limits.freeRepeats and not known and address ~= '', lease = now + limits.lease
}
attempt.check = times >= limits.freeRepeats and is_hashed and 'refuse-at-once' or owners_limit and 'refuse-alike' or 'verify'
if shared then attempt.known, attempt.pending = shared.known, shared.pending end
redis.call('HSET', attempts_key, token, cjson.encode(attempt))
expire(attempts_key, limits.lease)
if attempt.pending and not attempt.known and address ~= '' then
  redis.call('ZADD', pending_key, 'GT', whole(attempt.lease), name .. ' ' .. secret)
  expire(pending_key, limits.lease)
end
return allowed(attempt)
`
)

/** `ARGV`: the first six, and the outcome. Answers whether a wait has begun and whether the account is locked, as 1 or 0. Sent twice, it counts once. */
export const settleScript = redisScript(
  ['allow-oom'],
  `${throttleLua}
local outcome = ARGV[7]
local attempts = read_attempts()
local attempt = attempts[token]
if not attempt then return { 0, 0 } end
redis.call('HDEL', attempts_key, token)
attempts[token] = nil

local secret = attempt.secret
local counts = (outcome == 'failure' or outcome == 'refused') and attempt.pending
local is_shared = false
for other_token, other in pairs(attempts) do
  if other.name == name and other.address == address and other.secret == secret then
    if counts then
      other.pending = false
      redis.call('HSET', attempts_key, other_token, cjson.encode(other))
    elseif is_under_way(other) then
      is_shared = true
    end
  end
end
if attempt.pending and not attempt.known and not is_shared then redis.call('ZREM', pending_key, name .. ' ' .. secret) end

local function fill_bucket()
  if address == '' then return end
  local empty_at = math.min(read_bucket() + limits.addressInterval, now + limits.addressSize * limits.addressInterval)
  write_bucket(empty_at)
  expire(bucket_key, empty_at - now)
end

local times = times_wrong(secret)
if outcome == 'success' then remember_login(attempt.known) end
if outcome == 'failure' then
  if attempt.fills then fill_bucket() end
  local words = { whole(now), secret .. ':' .. whole(times + 1) }
  for _, other in ipairs(read_wrong()) do
    if other.hash ~= secret and #words <= limits.secrets then words[#words + 1] = other.hash .. ':' .. whole(other.times) end
  end
  redis.call('SET', wrong_key, table.concat(words, ' '))
  expire(wrong_key, limits.pairMemory)
end
if not counts or times > 0 then return { 0, 0 } end

local function one_more(account, field)
  local failures, at = read_failures(account, field)
  redis.call('HSET', failures_key(account), field, whole(failures + 1) .. ' ' .. whole(math.max(at, now)))
  return failures + 1
end

-- Under a long siege the addresses that gave up are as many as there were days.
local function prune(account)
  if redis.call('HLEN', failures_key(account)) <= 128 then return end
  for _, field in ipairs(fields_of(account)) do
    if string.sub(field, 1, 8) == 'address:' and read_failures(account, field) == 0 then redis.call('HDEL', failures_key(account), field) end
  end
end

-- Names can be made up without end. Those that wait are bounded apart from the others, so that a flood of names evicts none of them.
local function bound_names(waits)
  local mine, others = base .. (waits and 'many' or 'few'), base .. (waits and 'few' or 'many')
  redis.call('ZREM', others, name)
  redis.call('ZADD', mine, whole(now), name)
  expire(mine, limits.accountMemory)
  local surplus = redis.call('ZCARD', mine) - limits.maxKeys
  if surplus <= 0 then return end
  for _, oldest in ipairs(redis.call('ZRANGEBYSCORE', mine, '-inf', '+inf', 'LIMIT', 0, surplus)) do
    redis.call('DEL', failures_key(oldest), base .. 'wrong:' .. oldest)
    redis.call('ZREM', mine, oldest)
  end
end

-- For the figures alone.
local function note_waiting(wait)
  local waiting = base .. 'waiting'
  redis.call('ZADD', waiting, 'GT', whole(now + wait), name)
  redis.call('ZREMRANGEBYSCORE', waiting, '-inf', whole(now))
  redis.call('ZREMRANGEBYRANK', waiting, 0, -1 - limits.maxKeys)
  expire(waiting, math.max(limits.lock, limits.longestWait))
end

local known = attempt.known or is_known()
local limited, locked, longest = false, false, 0
for _, account in ipairs({ name, owner }) do
  if account ~= '' and not (account == owner and attempt.limit) then
    local wait = address ~= '' and wait_after(one_more(account, 'address:' .. address), limits.pair) or 0
    if not known then
      local failures = one_more(account, 'account')
      wait = math.max(wait, wait_after(failures, limits.account))
      locked = locked or failures >= limits.locked
    end
    local waits = wait > 0
    longest = math.max(longest, wait, locked and limits.lock or 0)
    prune(account)
    expire(failures_key(account), limits.accountMemory)
    if account == name then bound_names(waits) end
    limited = limited or waits
  end
end
if owner ~= '' then
  local names = { name }
  for _, other in ipairs(cjson.decode(redis.call('HGET', failures_key(owner), 'names') or '[]')) do
    if other ~= name and #names < limits.names then names[#names + 1] = other end
  end
  redis.call('HSET', failures_key(owner), 'names', cjson.encode(names))
  expire(failures_key(owner), limits.accountMemory)
end
if not known then fill_bucket() end
if longest > 0 then note_waiting(longest) end
return { limited and 1 or 0, locked and 1 or 0 }
`
)

/** `ARGV`: the first six. Notes a login that took no reservation. */
export const noteLoginScript = redisScript(['allow-oom'], `${throttleLua}\nremember_login(is_known())\nreturn 'noted'`)

/**
 * `ARGV`: the first six, of which the name may be an ID. Forgets the failures of the account and its wrong secrets, and those of the names that were tried for it;
 * not which addresses are known. Answers 1 where one of them had to wait.
 */
export const unlockScript = redisScript(
  ['allow-oom'],
  `${throttleLua}
local waited = 0
local accounts = cjson.decode(redis.call('HGET', failures_key(name), 'names') or '[]')
accounts[#accounts + 1] = name
for _, account in ipairs(accounts) do
  for _, field in ipairs(fields_of(account)) do
    local most = field == 'account' and limits.account or limits.pair
    if field ~= 'names' and read_failures(account, field) >= most then waited = 1 end
  end
  redis.call('DEL', failures_key(account), base .. 'wrong:' .. account)
  redis.call('ZREM', base .. 'few', account)
  redis.call('ZREM', base .. 'many', account)
  redis.call('ZREM', base .. 'waiting', account)
end
return waited
`
)

/** `ARGV`: the first six. Answers how many names have to wait. */
export const countWaitingScript = redisScript(
  ['no-writes'],
  `${throttleLua}
return redis.call('ZCOUNT', base .. 'waiting', '(' .. whole(now), '+inf')`
)

/** Answers the key of the hashes of secrets, which the first process makes. */
export const hashKeyScript = redisScript(
  [],
  `redis.call('SET', KEYS[1] .. 'hash-key', ARGV[1], 'NX')
return redis.call('GET', KEYS[1] .. 'hash-key')`
)
