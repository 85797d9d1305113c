import {
  accountMemoryMilliseconds,
  lockMilliseconds,
  pairMemoryMilliseconds,
  rememberedNames,
  rememberedSecrets
} from '../../auth/throttle/rules.js'
import { redisScript } from './script.js'
import { throttleLua } from './throttle-lua.js'

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
  local empty_at = math.min(read_bucket() + address_interval, now + limits.failuresPerAddress * address_interval)
  write_bucket(empty_at)
  expire(bucket_key, empty_at - now)
end

local wrong, times_wrong = read_wrong()
local times = times_wrong[secret] or 0
if outcome == 'success' then remember_login(attempt.known) end
if outcome == 'failure' then
  if attempt.fills then fill_bucket() end
  local words = { whole(now), secret .. ':' .. whole(times + 1) }
  for _, other in ipairs(wrong) do
    if other ~= secret and #words <= ${rememberedSecrets} then words[#words + 1] = other .. ':' .. whole(times_wrong[other]) end
  end
  redis.call('SET', wrong_key, table.concat(words, ' '))
  expire(wrong_key, ${pairMemoryMilliseconds})
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
  for field in pairs(read_hash(failures_key(account))) do
    if string.sub(field, 1, 8) == 'address:' and read_failures(account, field) == 0 then redis.call('HDEL', failures_key(account), field) end
  end
end

-- Names can be made up without end. Those that wait are bounded apart from the others, so that a flood of names evicts none of them.
local function bound_names(waits)
  local mine, others = base .. (waits and 'many' or 'few'), base .. (waits and 'few' or 'many')
  redis.call('ZREM', others, name)
  redis.call('ZADD', mine, whole(now), name)
  expire(mine, ${accountMemoryMilliseconds})
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
  expire(waiting, math.max(${lockMilliseconds}, longest_wait))
end

local known = attempt.known or is_known()
local limited, locked, longest = false, false, 0
for _, account in ipairs(attempt.limit and { name } or accounts) do
  local wait = address ~= '' and wait_after(one_more(account, 'address:' .. address), limits.failuresPerAccountAndAddress) or 0
  if not known then
    local failures = one_more(account, 'account')
    wait = math.max(wait, wait_after(failures, limits.failuresPerAccount))
    locked = locked or failures >= limits.failuresUntilLocked
  end
  local waits = wait > 0
  longest = math.max(longest, wait, locked and ${lockMilliseconds} or 0)
  prune(account)
  expire(failures_key(account), ${accountMemoryMilliseconds})
  if account == name then bound_names(waits) end
  limited = limited or waits
end
if owner ~= '' then
  local names = { name }
  for _, other in ipairs(cjson.decode(redis.call('HGET', failures_key(owner), 'names') or '[]')) do
    if other ~= name and #names < ${rememberedNames} then names[#names + 1] = other end
  end
  redis.call('HSET', failures_key(owner), 'names', cjson.encode(names))
  expire(failures_key(owner), ${accountMemoryMilliseconds})
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
local names = cjson.decode(redis.call('HGET', failures_key(name), 'names') or '[]')
names[#names + 1] = name
for _, account in ipairs(names) do
  for field in pairs(read_hash(failures_key(account))) do
    local most = field == 'account' and limits.failuresPerAccount or limits.failuresPerAccountAndAddress
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
