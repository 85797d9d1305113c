import { hasMethods } from '../../checks/has-methods.js'
import type { MemberReader } from '../../checks/member-reader.js'
import { checkRedisClient, mayReadFromReplicas } from './client-kind.js'

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

/** Tells the libraries apart by the spelling of their own methods. Throws a `TypeError` for anything else. */
export function redisVerbs(client: RedisClient): RedisVerbs {
  checkRedisClient(client, (given) => isNodeRedis(given) || isIoredis(given))
  const asksMaster = !mayReadFromReplicas(client)
  if (isNodeRedis(client)) {
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

function isNodeRedis(client: unknown): client is NodeRedisClient {
  return hasMethods(client, ['eval', 'evalSha'])
}

function isIoredis(client: unknown): client is IoredisClient {
  return hasMethods(client, ['eval', 'evalsha'])
}
