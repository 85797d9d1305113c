import { redisScript } from './script.js'
import { counting, reading, removing } from './session-lua.js'

/** ARGV: now, milliseconds that a key outlives its session, hashes. Returns the texts, `null` where there is none, and what was removed. */
export const resumeScript = redisScript(
  ['allow-oom'],
  reading +
    removing +
    `
local found = {}
for index = 3, #ARGV - 2 do
  local record = live(ARGV[index])
  if record then
    local seen = math.max(now, record.seen)
    local expires = math.min(seen + record.idle, record.ends)
    local head = string.format('1 %015d', seen)
    redis.call('SETRANGE', key_of(ARGV[index]), 2, head)
    redis.call('PEXPIRE', key_of(ARGV[index]), expires - now + tonumber(ARGV[2]))
    local kind = kind_of(record.member)
    redis.call('ZADD', base .. kind .. ':expiry', expires, record.member)
    if kind == 'guests' then redis.call('ZADD', base .. 'guests:last-seen', seen, record.member) end
    if not record.confirmed then redis.call('ZREM', base .. kind .. ':unconfirmed', record.member) end
    table.insert(found, '1 ' .. head .. string.sub(record.text, 3 + #head))
  else
    table.insert(found, false)
  end
end
return { found, removed }
`
)

/** ARGV: now, hash, expected version, storage, mark. Sent twice, it is carried out once: the mark tells. */
export const updateScript = redisScript(
  [],
  reading +
    removing +
    `
local record = live(ARGV[2])
if not record then return { 'ended', removed } end
local version = tonumber(ARGV[3])
if record.version == version + 1 and record.mark == ARGV[5] then return { 'updated', removed } end
if record.version ~= version then return { 'conflict', removed } end
local head = string.format('1 %d %015d %d %d %d %s', record.confirmed and 1 or 0, record.seen, record.idle, record.ends, version + 1, ARGV[5])
local rest = string.match(record.text, '^[^\\n]*(\\n[^\\n]*\\n[^\\n]*\\n)')
redis.call('SET', key_of(ARGV[2]), head .. rest .. ARGV[4], 'KEEPTTL')
return { 'updated', removed }
`
)

/** ARGV: now, hash. Runs on a replica and with full memory. */
export const readScript = redisScript(
  ['no-writes'],
  reading +
    `
local record = read(ARGV[2])
return { record and record.expires > now and record.text }
`
)

/** ARGV: now, hash or empty, handle where the hash is empty. Returns the text of what was live, and what was removed beside. */
export const endScript = redisScript(
  ['allow-oom'],
  reading +
    removing +
    `
local hash = ARGV[2] ~= '' and ARGV[2] or redis.call('HGET', base .. 'handles', ARGV[3])
local record = hash and live(hash)
if not record then return { false, removed } end
remove(record, nil)
return { record.text, removed }
`
)

/** ARGV: now, where in the index to begin and to end, how many. Returns the texts and the member to go on after. */
export const listScript = redisScript(
  ['no-writes'],
  reading +
    `
local members = redis.call('ZRANGEBYLEX', base .. 'sessions', ARGV[2], ARGV[3], 'LIMIT', 0, tonumber(ARGV[4]))
local found = {}
for _, member in ipairs(members) do
  local record = read(hash_of(member))
  if record and record.expires > now then table.insert(found, record.text) end
end
return { found, #members == tonumber(ARGV[4]) and members[#members] }
`
)

/** ARGV: now. Returns the signed-in sessions and the guests, the unconfirmed of each, and what was removed. */
export const countScript = redisScript(
  ['allow-oom'],
  reading +
    removing +
    counting +
    `
local signed_in, guests = count('signed-in'), count('guests')
local unconfirmed_signed_in = redis.call('ZCOUNT', base .. 'signed-in:unconfirmed', '-inf', '+inf')
local unconfirmed_guests = redis.call('ZCOUNT', base .. 'guests:unconfirmed', '-inf', '+inf')
return { signed_in, guests, unconfirmed_signed_in, unconfirmed_guests, removed }
`
)

/** What Redis does when its memory is full. INFO and not CONFIG: scripts may not ask for CONFIG, and hosted servers often forbid it. */
export const evictionPolicyScript = redisScript(
  ['no-writes'],
  `
local information = redis.pcall('INFO', 'memory')
return { type(information) == 'string' and string.match(information, 'maxmemory_policy:([%w-]+)') }
`
)
