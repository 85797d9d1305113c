import { DirectoryError } from '../../errors.js'
import { ServerClock } from '../server-clock.js'
import { PostgresConnections } from './connections.js'
import { postgresFailure } from './failure.js'
import type { PostgresPool } from './pool.js'
import { postgresSchemaVersion, quoteSchema } from './schema.js'

/** A record as the functions tell it. `details` is what the store never asks for. */
export interface PostgresRecord {
  readonly createdAt: number
  readonly authenticatedAt: number | null
  readonly lastSeenAt: number
  readonly idleMilliseconds: number
  readonly absoluteEndAt: number
  readonly confirmed: boolean
  readonly version: number
  readonly details: unknown
  readonly storage: string
}

export interface PostgresAnswer {
  readonly late: boolean
  readonly clock: number
  readonly clockName: string
  readonly result?: unknown
  readonly removed?: readonly { readonly reason: string; readonly record: PostgresRecord }[] | null
  readonly expired?: readonly PostgresRecord[] | null
}

/**
 * Calls the functions of `postgresSchema`, one statement each, with a deadline of our own: what is rejected here is not carried out
 * later, neither by a server that was stopped nor from a queue.
 *
 * What cannot be closed: a statement that was carried out in time and whose answer is lost. It has happened before the
 * refusal, not after it.
 */
export class PostgresCaller {
  readonly #connections: PostgresConnections
  readonly #clock = new ServerClock()
  readonly #schema: string
  readonly #timeoutMilliseconds: number

  constructor(pool: PostgresPool, schema: string, timeoutMilliseconds: number) {
    this.#connections = new PostgresConnections(pool)
    this.#schema = quoteSchema(schema)
    this.#timeoutMilliseconds = timeoutMilliseconds
  }

  async call(name: string, values: readonly unknown[]): Promise<PostgresAnswer> {
    try {
      return await this.#callInTime(name, values)
    } catch (error) {
      throw postgresFailure(error, this.#schema, this.#timeoutMilliseconds)
    }
  }

  async #callInTime(name: string, values: readonly unknown[]): Promise<PostgresAnswer> {
    const startedAt = performance.now()
    const deadline = startedAt + this.#timeoutMilliseconds
    // A tenth is left for the answer's way back, so that what was done in time is seldom refused.
    const lastMoment = startedAt + this.#timeoutMilliseconds * 0.9
    const parameters = Array.from({ length: values.length + 3 }, (_, index) => `$${index + 1}`)
    const text = `SELECT ${this.#schema}.${name}(${parameters.join(', ')}) AS answer`

    // A second time when the server's clock was unknown or has been set, a third time when another server has taken over in between.
    for (let attempt = 1; attempt <= 3; attempt++) {
      let sentAt = startedAt
      const row = await this.#connections.query(() => {
        sentAt = performance.now()
        const { clockName, notBefore, notAfter } = this.#clock.window(sentAt, lastMoment)
        return { text, values: [clockName, notBefore, notAfter, ...values] }
      }, deadline)
      const answer = readAnswer(row)
      this.#clock.learn(answer, sentAt, performance.now())
      if (!answer.late) return answer
      this.#checkVersion(answer.clockName)
      if (performance.now() >= lastMoment) break
    }
    throw new DirectoryError('ERR_STORE_UNAVAILABLE', 'PostgreSQL carried the statement out too late to count')
  }

  #checkVersion(clockName: string): void {
    const version = Number.parseInt(clockName, 10)
    if (version === postgresSchemaVersion) return
    throw new DirectoryError(
      'ERR_STORE_UNAVAILABLE',
      `The PostgreSQL schema ${this.#schema} is of version ${version}, and this package needs ${postgresSchemaVersion}: ` +
        'run what `npx express-4d-directory postgres-schema` prints'
    )
  }
}

function readAnswer(row: unknown): PostgresAnswer {
  if (typeof row === 'object' && row !== null && 'answer' in row && typeof row.answer === 'string') {
    return JSON.parse(row.answer) as PostgresAnswer
  }
  throw new TypeError('PostgreSQL answered without an answer')
}
