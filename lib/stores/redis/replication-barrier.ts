import { DirectoryError } from '../../errors.js'
import { withinDeadline } from '../../within-deadline.js'
import { kindOfRedisClient, type RedisClient } from './client.js'
import { causeOf } from './failure.js'
import { BarrierConnection } from './barrier-connection.js'

interface Waiting {
  readonly connection: object
  readonly deadline: number
  readonly pass: () => void
  readonly fail: (error: DirectoryError) => void
}

/**
 * Holds an answer back until replicas have what was written, so that no fail-over undoes it. `WAIT` counts only what its own connection wrote, so a second
 * connection writes a key of its own after the server has answered the write, and then waits: whoever has that key has what came before it. One barrier
 * serves all that wait when it begins.
 */
export class RedisReplicationBarrier {
  readonly #connection: BarrierConnection
  readonly #minReplicas: number
  #waiting: Waiting[] = []
  #isRunning = false

  /** `key` is written by each barrier. Throws a `TypeError` for a client that cannot have a second connection to the same server. */
  constructor(client: RedisClient, key: string, minReplicas: number) {
    const kind = kindOfRedisClient(client)
    if (kind !== 'connection') {
      throw new TypeError(
        `minReplicas needs a client of one connection (createClient or new Redis), received a ${kind}: ` +
          'it does not tell to which of its servers a write went, so that nobody could wait there'
      )
    }
    this.#connection = new BarrierConnection(client, key)
    this.#minReplicas = minReplicas
  }

  /**
   * What `write` answers, once the replicas have it. Rejects with `ERR_STORE_NOT_REPLICATED` when they have not acknowledged it at the deadline (on
   * `performance.now()`): it may have happened. Where the second connection is not there, nothing is written: `ERR_STORE_UNAVAILABLE`.
   */
  async hold<T>(deadline: number, write: () => Promise<T>): Promise<T> {
    // Before the write: a connection that comes after it may be to a server that has taken over without it.
    const connection = await this.#connection.ready(deadline)
    const answer = await write()
    await this.#pass(connection, deadline)
    return answer
  }

  close(): void {
    this.#connection.close()
  }

  async #pass(connection: object, deadline: number): Promise<void> {
    const passed = new Promise<void>((pass, fail) => this.#waiting.push({ connection, deadline, pass, fail }))
    if (!this.#isRunning) void this.#run()
    await withinDeadline(
      () => passed,
      deadline - performance.now(),
      () => notReplicated(this.#minReplicas)
    )
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    while (this.#waiting.length > 0) {
      const served = this.#waiting
      this.#waiting = []
      const millisecondsLeft = Math.max(...served.map(({ deadline }) => deadline)) - performance.now()
      const refusal = await this.#refusal(Math.ceil(millisecondsLeft))
      for (const { connection, pass, fail } of served) {
        if (refusal === null && this.#connection.isStill(connection)) pass()
        else fail(refusal ?? notReplicated(this.#minReplicas, new Error('the connection was lost while the replicas were waited for')))
      }
    }
    this.#isRunning = false
  }

  async #refusal(millisecondsLeft: number): Promise<DirectoryError | null> {
    if (millisecondsLeft <= 0) return notReplicated(this.#minReplicas)
    try {
      const replicas = await this.#connection.barrier(this.#minReplicas, millisecondsLeft)
      return replicas >= this.#minReplicas ? null : notReplicated(this.#minReplicas)
    } catch (error) {
      return notReplicated(this.#minReplicas, causeOf(error))
    }
  }
}

function notReplicated(minReplicas: number, cause?: Error): DirectoryError {
  const replicas = minReplicas === 1 ? 'No replica' : `Not ${minReplicas} replicas`
  return new DirectoryError('ERR_STORE_NOT_REPLICATED', `${replicas} of Redis acknowledged the write in time; it may have happened`, {
    cause
  })
}
