import { redisScript } from './script.js'
import { counting, reading, sweeping, writing } from './session-lua.js'

/**
 * ARGV: now, after how many milliseconds at most a visit slides a session, hashes. Slides what is due and confirms what has not come back before; where the
 * milliseconds are empty, it does neither. Returns the texts as they are now, `null` where there is none, and what was removed.
 */
export const visitScript = redisScript(
  ['allow-oom'],
  `${writing}${sweeping}
local slide = tonumber(ARGV[2])
local found = {}
for number = 3, #ARGV - 2 do
  local record = live(ARGV[number])
  local is_due = record and slide and now - record.seen >= math.min(slide, record.idle / 10)
  if record and slide and (is_due or not record.confirmed) then
    record.confirmed = true
    if is_due then record.seen = math.max(now, record.seen) end
    save_visit(record)
  end
  table.insert(found, record and record.text or false)
end
return { found, removed }
`
)

/** ARGV: now, hash, expected version, storage, mark. Sent twice, it is carried out once: the mark tells. */
export const updateScript = redisScript(
  [],
  `${writing}
local record = live(ARGV[2])
if not record then return { 'ended', removed } end
local version = tonumber(ARGV[3])
if record.version == version + 1 and record.mark == ARGV[5] then return { 'updated', removed } end
if record.version ~= version then return { 'conflict', removed } end
local head = string.format('%s %s %d %s%s', record.format, times_of(record), version + 1, ARGV[5], record.added)
local rest = string.match(record.text, '^[^\\n]*(\\n[^\\n]*\\n[^\\n]*\\n)')
record = parse(head .. rest .. ARGV[4])
redis.call('SET', key_of(ARGV[2]), record.text, 'KEEPTTL')
index(record)
return { 'updated', removed }
`
)

/** ARGV: now, handle or empty, hashes where the handle is empty. Returns the texts of what was live, and what was removed beside. */
export const endScript = redisScript(
  ['allow-oom'],
  `${writing}
local hashes = { unpack(ARGV, 3, #ARGV - 2) }
if ARGV[2] ~= '' then hashes = { redis.call('HGET', base .. 'handles', ARGV[2]) or nil } end
local ended = {}
for _, hash in ipairs(hashes) do
  local record = live(hash)
  if record then remove(record, nil) end
  table.insert(ended, record and record.text or false)
end
return { ended, removed }
`
)

/** ARGV: now, where in the index to begin and to end, how many. Returns the texts and the member to go on after. */
export const listScript = redisScript(
  ['no-writes'],
  `${reading}
local members = redis.call('ZRANGEBYLEX', base .. 'sessions', ARGV[2], ARGV[3], 'LIMIT', 0, tonumber(ARGV[4]))
local found = {}
for _, member in ipairs(members) do
  local record = read(hash_of(member))
  if record and record.expires > now then table.insert(found, record.text) end
end
return { found, #members == tonumber(ARGV[4]) and members[#members] }
`
)

/** ARGV: now. Returns how many guests and sign-ins there are, how many of each are unconfirmed, and what was removed. */
export const countScript = redisScript(
  ['allow-oom'],
  `${counting}
return { all.guests, all['signed-in'], unconfirmed.guests, unconfirmed['signed-in'], removed }
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
