import { redisScript } from './script.js'
import { freeRepeats, lockMilliseconds } from '../../auth/throttle/rules.js'
import { leaseMilliseconds, throttleLua } from './throttle-lua.js'

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
local function space_at(count) return empty_at + (count - limits.failuresPerAddress) * address_interval end

local function find_refusal(account, counts_address)
  local seconds, limit = 0, nil
  local function consider(reason, free_at, most)
    local left = math.min(math.ceil((free_at - now) / 1000), most)
    if left > seconds then seconds, limit = left, reason end
  end
  local pair_failures, pair_at = read_pair(account)
  local pair_wait = wait_after(pair_failures, limits.failuresPerAccountAndAddress)
  if pair_wait > 0 then consider('account-and-address', pair_at + pair_wait, limits.longestWaitSeconds) end
  if known then return limit, seconds end
  local failures, at = read_failures(account, 'account')
  local wait = wait_after(failures, limits.failuresPerAccount)
  if wait > 0 then consider('account', at + wait, limits.longestWaitSeconds) end
  local is_locked = failures >= limits.failuresUntilLocked
  if is_locked then consider('account-locked', at + ${lockMilliseconds}, limits.longestWaitSeconds) end
  if counts_address then consider('address', space_at(1), math.huge) end
  return limit and is_locked and 'account-locked' or limit, seconds
end

local limit, seconds = find_refusal(name, address ~= '')
-- Also where the name decides, so that the ID's times are corrected at the same moment after a clock ran ahead, and its wait ends with the name's.
local owners_limit = owner ~= '' and find_refusal(owner, false) or nil
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
      for _, account in ipairs(accounts) do
        if account == other.name or (account == owner and not other.limit) then
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

local _, times_wrong = read_wrong()
local times = times_wrong[secret] or 0
if not shared and times == 0 then
  local function crowded(failures, count, most) return count > 0 and failures + count >= most end
  for _, account in ipairs(owners_limit and { name } or accounts) do
    local scope = account == owner and 'owner-' or ''
    if crowded(read_pair(account), pending[account].pair, limits.failuresPerAccountAndAddress) then return { 'wait', scope .. 'pair' } end
    local failures = read_failures(account, 'account')
    if not known and crowded(failures, pending[account].account, limits.failuresPerAccount) then return { 'wait', scope .. 'account' } end
  end
  if not known and address ~= '' then
    redis.call('ZREMRANGEBYSCORE', pending_key, '-inf', whole(now))
    redis.call('ZREMRANGEBYSCORE', pending_key, '(' .. whole(latest + ${leaseMilliseconds}), '+inf')
    if space_at(redis.call('ZCARD', pending_key) + 1) > now then return { 'wait', 'address' } end
  end
end

local attempt = {
  name = name, address = address, secret = secret, limit = owners_limit, isKnown = known, known = known, pending = times == 0,
  fills = times >= ${freeRepeats} and not known and address ~= '', lease = now + ${leaseMilliseconds}
}
attempt.check = times >= ${freeRepeats} and is_hashed and 'refuse-at-once' or owners_limit and 'refuse-alike' or 'verify'
if shared then attempt.known, attempt.pending = shared.known, shared.pending end
redis.call('HSET', attempts_key, token, cjson.encode(attempt))
expire(attempts_key, ${leaseMilliseconds})
if attempt.pending and not attempt.known and address ~= '' then
  redis.call('ZADD', pending_key, 'GT', whole(attempt.lease), name .. ' ' .. secret)
  expire(pending_key, ${leaseMilliseconds})
end
return allowed(attempt)
`
)
