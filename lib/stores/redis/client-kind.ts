import { hasMethods } from '../../checks/has-methods.js'
import { MemberReader } from '../../checks/member-reader.js'

/** What stands behind a client: one connection, several to one server, or several servers. */
export type RedisClientKind = 'connection' | 'pool' | 'cluster' | 'sentinel client'

/** Clients that are not the ones we take, though they have `eval` too: how each is known, and what to do about it. */
const mistakes: readonly { readonly isIt: (client: object) => boolean; readonly cure: string }[] = [
  { isIt: (client) => hasMethods(client, ['internal_send_command']), cure: 'the commands of redis 3 return no promises: update redis' },
  {
    isIt: (client) => hasMethods(client, ['createScript']),
    cure: '@upstash/redis asks over HTTP: use redis or ioredis with the rediss:// URL of the database'
  },
  {
    isIt: (client) => optionsOf(client)['legacyMode'] === true,
    cure: 'in the legacyMode of redis 4 commands return no promises: leave it out, and update redis'
  },
  {
    isIt: (client) => client.constructor.name === 'RedisLegacyClient',
    cure: 'the commands of legacy() return no promises: pass the client itself'
  }
]

/** Refuses at the start what would fail at the first command, or never answer. Throws a `TypeError` with the cure. */
export function checkRedisClient(client: unknown, fits: (client: unknown) => boolean): void {
  const mistake = typeof client === 'object' && client !== null ? mistakes.find(({ isIt }) => isIt(client)) : undefined
  if (mistake === undefined && fits(client)) return
  const wanted = 'a client of redis 5 or 6 (createClient) or of ioredis (new Redis)'
  throw new MemberReader({ client }).mistake('client', wanted, mistake?.cure)
}

export function kindOfRedisClient(client: object): RedisClientKind {
  if (Reflect.get(client, 'isCluster') === true || 'slots' in client) return 'cluster'
  // `redis` has clients of their own for sentinels; `ioredis` has an option.
  if (hasMethods(client, ['acquire']) || Array.isArray(optionsOf(client)['sentinels'])) return 'sentinel client'
  return 'totalClients' in client ? 'pool' : 'connection'
}

/**
 * Whether plain reads may be answered by a replica, which may not have heard yet that a session has ended. Scripts go to the master. What cannot be
 * found out counts as yes.
 */
export function mayReadFromReplicas(client: object): boolean {
  const kind = kindOfRedisClient(client)
  if (kind === 'connection' || kind === 'pool') return false
  const { scaleReads, rootNodes, useReplicas, sentinels } = optionsOf(client)
  const asksMaster = scaleReads === 'master' || sentinels !== undefined || (rootNodes !== undefined && useReplicas !== true)
  return !asksMaster
}

/** The options that a client was made with. A cluster client of `redis` keeps them under `_options`. */
function optionsOf(client: object): Readonly<Record<string, unknown>> {
  const options: unknown = Reflect.get(client, 'options') ?? Reflect.get(client, '_options')
  return typeof options === 'object' && options !== null ? (options as Record<string, unknown>) : {}
}
