import { hasMethods } from '../../checks/has-methods.js'
import { MemberReader } from '../../checks/member-reader.js'

/** The verbs that we use of `redis` 5 and 6: of `createClient()`, of a pool, of a cluster or of a sentinel client. */
export interface NodeRedisClient {
  /** `EVAL` */
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  /** `EVALSHA` */
  evalSha(sha1: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
  /** `MGET`. Where it is absent, a script reads. */
  mGet?(keys: string[]): Promise<unknown>
}

/** The same verbs of `ioredis`: of `new Redis()` or `new Cluster()`. */
export interface IoredisClient {
  /** `EVAL` */
  eval(script: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>
  /** `EVALSHA` */
  evalsha(sha1: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>
  /** `MGET`. Where it is absent, a script reads. */
  mget?(...keys: string[]): Promise<unknown>
}

/**
 * A connected client of the host's: `redis` 5 or 6, or `ioredis`. It stays the host's: we neither connect nor close it, and the host
 * listens to its `error` event (`redis` ends the process when nobody does). Free to change until 1.0.
 */
export type RedisClient = NodeRedisClient | IoredisClient

/** The verbs in one spelling, whichever library the client is of. */
export interface RedisVerbs {
  eval(script: string, key: string, values: readonly string[]): Promise<unknown>
  evalSha(sha1: string, key: string, values: readonly string[]): Promise<unknown>
  /** `null` where there is none that asks the master: a replica may not have heard yet that a session has ended. */
  readonly mGet: ((keys: string[]) => Promise<unknown>) | null
}

/** Tells the libraries apart by the spelling of their own methods. Throws a `TypeError` with the cure for anything else. */
export function redisVerbs(client: RedisClient): RedisVerbs {
  checkRedisClient(client)
  const asksMaster = !mayReadFromReplicas(client)
  if ('evalSha' in client) {
    return {
      eval: (script, key, values) => client.eval(script, { keys: [key], arguments: [...values] }),
      evalSha: (sha1, key, values) => client.evalSha(sha1, { keys: [key], arguments: [...values] }),
      mGet: asksMaster ? (client.mGet?.bind(client) ?? null) : null
    }
  }
  const mget = client.mget?.bind(client)
  return {
    eval: (script, key, values) => client.eval(script, 1, key, ...values),
    evalSha: (sha1, key, values) => client.evalsha(sha1, 1, key, ...values),
    mGet: asksMaster && mget ? (keys) => mget(...keys) : null
  }
}

/**
 * What the keys of one kind begin with. The braces are a hash tag: under Redis Cluster all of these keys are in one slot, as scripts
 * demand. A prefix with a hash tag of its own (`{shop}:`) decides the slot itself.
 */
export function redisKeyBase(options: MemberReader, tag: string): string {
  // Redis takes the first pair of braces for the hash tag; an empty pair turns hash tags off.
  const wanted = 'a string without {}, which keeps Redis Cluster from holding the keys together'
  const prefix = options.text('prefix', { form: /^(?!.*\{\})/s, wanted }, 'express-4d-directory:')
  return `${prefix}{${tag}}:`
}

/** What stands behind a client: one connection, several to one server, or several servers. */
export function kindOfRedisClient(client: object) {
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

/** Clients that are not the ones we take, though they have `eval` too: how each is known, and what to do about it. */
const mistakes: readonly (readonly [isIt: (client: object) => boolean, cure: string])[] = [
  [(client) => hasMethods(client, ['internal_send_command']), 'the commands of redis 3 return no promises: update redis'],
  [
    (client) => hasMethods(client, ['createScript']),
    '@upstash/redis asks over HTTP: use redis or ioredis with the rediss:// URL of the database'
  ],
  [
    (client) => optionsOf(client)['legacyMode'] === true,
    'in the legacyMode of redis 4 commands return no promises: leave it out, and update redis'
  ],
  [(client) => client.constructor.name === 'RedisLegacyClient', 'the commands of legacy() return no promises: pass the client itself']
]

/** Refuses at the start what would fail at the first command, or never answer. */
function checkRedisClient(client: unknown): void {
  const cure = typeof client === 'object' && client !== null ? mistakes.find(([isIt]) => isIt(client))?.[1] : undefined
  if (cure === undefined && (hasMethods(client, ['eval', 'evalSha']) || hasMethods(client, ['eval', 'evalsha']))) return
  throw new MemberReader({ client }).mistake('client', 'a client of redis 5 or 6 (createClient) or of ioredis (new Redis)', cure)
}
