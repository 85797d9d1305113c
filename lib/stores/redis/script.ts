import { hash } from 'node:crypto'

/** A Lua script and the name under which a server keeps it. */
export interface RedisScript {
  readonly text: string
  readonly sha1: string
}

/**
 * Makes a script of one verb, in Lua. `KEYS[1]` is what its keys begin with: a client may put a prefix of its own before it, so no key may
 * be written out. Whoever runs the script appends the window in which it may act to `ARGV`: outside of it the server answers `late` and
 * nothing has happened.
 *
 * `allow-oom`: may run when the server's memory is full; `no-writes`: may run on a replica as well. Without flags a script is refused as
 * a whole there, before it has changed anything. Flags need Redis 7.0.
 */
export function redisScript(flags: readonly ('allow-oom' | 'no-writes')[], verb: string): RedisScript {
  const text = `#!lua${flags.length > 0 ? ' flags=' + flags.join(',') : ''}
local time = redis.call('TIME')
local server_now = time[1] * 1000 + math.floor(time[2] / 1000)
if server_now < tonumber(ARGV[#ARGV - 1]) or server_now >= tonumber(ARGV[#ARGV]) then
  return { server_now, 'late' }
end
local function verb()
${verb.trim()}
end
return { server_now, 'done', verb() }
`
  return { text, sha1: hash('sha1', text) }
}
