import { EventEmitter, once } from 'node:events'

import { hasMethods } from '../../checks/has-methods.js'
import { DirectoryError } from '../../errors.js'
import { redisVerbs, type RedisClient } from './client.js'
import { causeOf } from './failure.js'

/** What both libraries have beside the verbs, of one connection. */
interface Duplicate {
  on(event: 'ready' | 'reconnecting' | 'end', listener: () => void): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  wait(replicas: number, milliseconds: number): Promise<unknown>
}

interface Duplicable {
  duplicate(): Duplicate & RedisClient
}

/** With full memory as well: a logout that has been carried out then is waited for like any other. The key collects itself. */
const writeBarrier = `#!lua flags=allow-oom
redis.call('SET', KEYS[1], '', 'PX', 60000)
return 1
`

/** A second connection of our own to the server of the host's client, made when it is needed first. */
export class BarrierConnection {
  readonly #client: Duplicable
  readonly #key: string
  #duplicate: (Duplicate & RedisClient) | null = null
  /** Another one after each connect; `null` while there is no connection. */
  #epoch: object | null = null
  #lastError: unknown = null
  #isClosed = false
  /** Tells those who wait that the connection has come or gone. */
  readonly #changes = new EventEmitter<{ change: [] }>().setMaxListeners(0)

  constructor(client: RedisClient, key: string) {
    if (!canDuplicate(client)) throw new TypeError('minReplicas needs a client with the function duplicate')
    this.#client = client
    this.#key = key
  }

  /** The present connection. Rejects with `ERR_STORE_UNAVAILABLE` where there is none at the deadline, on `performance.now()`. */
  async ready(deadline: number): Promise<object> {
    if (this.#duplicate === null && !this.#isClosed) this.#open()
    while (this.#epoch === null) {
      const left = Math.ceil(deadline - performance.now())
      if (left <= 0 || this.#isClosed) throw this.#notThere()
      await once(this.#changes, 'change', { signal: AbortSignal.timeout(left) }).catch(() => undefined)
    }
    return this.#epoch
  }

  /** Whether this connection has held since. */
  isStill(connection: object): boolean {
    return connection === this.#epoch
  }

  /** Writes the key, waits, and answers how many replicas have it. */
  async barrier(minReplicas: number, milliseconds: number): Promise<number> {
    if (this.#duplicate === null) throw this.#notThere()
    // One after the other on one connection, without waiting for the first: so they are sent together.
    const [, replicas] = await Promise.all([
      redisVerbs(this.#duplicate).eval(writeBarrier, this.#key, []),
      this.#duplicate.wait(minReplicas, milliseconds)
    ])
    return Number(replicas)
  }

  close(): void {
    this.#isClosed = true
    const duplicate = this.#duplicate
    if (duplicate === null) return
    this.#forget(duplicate)
    // `redis` throws where it is closed already.
    if ('isOpen' in duplicate && duplicate.isOpen === true) call(duplicate, 'destroy')
    else if ('status' in duplicate) call(duplicate, 'disconnect')
  }

  #open(): void {
    const duplicate = this.#client.duplicate()
    this.#duplicate = duplicate
    duplicate.on('ready', () => this.#become({}))
    duplicate.on('reconnecting', () => this.#become(null))
    duplicate.on('error', (error) => (this.#lastError = error))
    // It does not try again by itself.
    duplicate.on('end', () => this.#forget(duplicate))
    // `redis` never connects of its own accord, `ioredis` unless it is lazy.
    if ('status' in duplicate && duplicate.status !== 'wait') return
    Promise.resolve(call(duplicate, 'connect')).catch((error: unknown) => {
      this.#lastError = error
      this.#forget(duplicate)
    })
  }

  #forget(duplicate: Duplicate): void {
    if (this.#duplicate !== duplicate) return
    this.#duplicate = null
    this.#become(null)
  }

  #become(epoch: object | null): void {
    this.#epoch = epoch
    this.#changes.emit('change')
  }

  #notThere(): DirectoryError {
    const cause = this.#lastError === null ? undefined : causeOf(this.#lastError)
    return new DirectoryError('ERR_STORE_UNAVAILABLE', 'Redis takes no second connection, which minReplicas needs', { cause })
  }
}

function canDuplicate(client: object): client is Duplicable {
  return hasMethods(client, ['duplicate'])
}

/** A method that the libraries do not have in common. */
function call(duplicate: object, method: string): unknown {
  const found: unknown = Reflect.get(duplicate, method)
  return typeof found === 'function' ? Reflect.apply(found, duplicate, []) : undefined
}
