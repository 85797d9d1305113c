import { DirectoryError } from '../../errors.js'
import { withinDeadline } from '../../within-deadline.js'
import { ServerClock, type ServerTime } from '../server-clock.js'
import { CommitWaitError, DeadlineError, type Deadlines, PostgresConnections } from './connections.js'
import { postgresFailure } from './failure.js'
import type { PostgresPool } from './pool.js'
import { quoteSchema, type VersionedName, versionedNames } from './sql-names.js'
import type { Hash, StoredRecord } from './stored-record.js'

/** What a function that writes answers. `reason` is absent where a session's time was over. */
export interface PostgresAnswer extends ServerTime {
  readonly late: boolean
  readonly result?: unknown
  readonly removed?: readonly { readonly reason?: string | null; readonly record: StoredRecord }[] | null
}

/** Circumstances of a call that writes. */
export interface WriteOptions {
  /** When the caller began to wait, by `performance.now()`. Default: now. */
  readonly startedAt?: number
  /** The hashes of what the statement opens: ended again, where no standby acknowledges it. */
  readonly opens?: readonly Hash[]
}

/**
 * Calls the functions of `postgresSchema`, one statement each, with a deadline of our own: what is rejected here is not carried out
 * later, neither by a server that was stopped nor from a queue.
 *
 * What cannot be closed: a statement that was carried out in time and whose answer is lost. It has happened before the
 * refusal, not after it. And a commit for which a synchronous standby is waited for in vain: that is said by an error of its own.
 */
export class PostgresCaller {
  readonly #connections: PostgresConnections
  readonly #clock = new ServerClock()
  readonly #schema: string
  readonly #named: VersionedName
  readonly #timeoutMilliseconds: number

  constructor(pool: PostgresPool, schema: string, timeoutMilliseconds: number) {
    this.#connections = new PostgresConnections(pool)
    this.#schema = quoteSchema(schema)
    this.#named = versionedNames(this.#schema)
    this.#timeoutMilliseconds = timeoutMilliseconds
  }

  /** Calls a function that only reads: late, it does no harm. */
  async read(name: string, values: readonly unknown[], startedAt = performance.now()): Promise<unknown> {
    const text = this.#textOf(name, values.length)
    try {
      const row = await this.#connections.query(() => ({ text, values: [...values] }), this.#deadlinesFrom(startedAt))
      return readAnswer(row)
    } catch (error) {
      throw postgresFailure(error, this.#schema, this.#timeoutMilliseconds)
    }
  }

  /** Calls a function that writes, which gets three arguments more: the window of time in which it may. */
  async write(
    name: string,
    values: readonly unknown[],
    { startedAt = performance.now(), opens = [] }: WriteOptions = {}
  ): Promise<PostgresAnswer> {
    try {
      return await this.#writeInTime(name, values, startedAt)
    } catch (error) {
      if (error instanceof CommitWaitError) await this.#withdraw(error.backend, opens, startedAt)
      throw postgresFailure(error, this.#schema, this.#timeoutMilliseconds)
    }
  }

  async #writeInTime(name: string, values: readonly unknown[], startedAt: number): Promise<PostgresAnswer> {
    const deadlines = this.#deadlinesFrom(startedAt)
    const text = this.#textOf(name, values.length + 3)

    // A second time when the server's clock was unknown or has been set, a third time when another server has taken over in between.
    for (let attempt = 1; attempt <= 3; attempt++) {
      let sentAt = startedAt
      const row = await this.#connections.query(() => {
        sentAt = performance.now()
        const { clockName, notBefore, notAfter } = this.#clock.window(sentAt, deadlines.commitDeadline)
        return { text, values: [clockName, notBefore, notAfter, ...values] }
      }, deadlines)
      const answer = readAnswer(row) as PostgresAnswer
      this.#clock.learn(answer, sentAt, performance.now())
      if (!answer.late) return answer
      if (performance.now() >= deadlines.commitDeadline) break
    }
    throw new DirectoryError('ERR_STORE_UNAVAILABLE', 'PostgreSQL carried the statement out too late to count')
  }

  /** Waits for it until the deadline. It goes on for as long again, since nobody knows the ids of what was opened. */
  async #withdraw(backend: number, opened: readonly Hash[], startedAt: number): Promise<void> {
    const text = this.#textOf('withdraw_sessions', 2)
    const { deadline } = this.#deadlinesFrom(startedAt)
    const latest = deadline + this.#timeoutMilliseconds
    const withdrawal = this.#connections.query(() => ({ text, values: [backend, opened] }), { deadline: latest, commitDeadline: latest })
    await withinDeadline(
      () => withdrawal,
      deadline - performance.now(),
      () => new DeadlineError('not withdrawn in time')
    ).catch(() => undefined)
  }

  #textOf(name: string, parameters: number): string {
    return `SELECT ${this.#named(name)}(${Array.from({ length: parameters }, (_, index) => `$${index + 1}`).join(', ')}) AS answer`
  }

  #deadlinesFrom(startedAt: number): Deadlines {
    // A tenth is left for the answer's way back, so that what was done in time is seldom refused.
    return { deadline: startedAt + this.#timeoutMilliseconds, commitDeadline: startedAt + this.#timeoutMilliseconds * 0.9 }
  }
}

function readAnswer(row: unknown): unknown {
  if (typeof row === 'object' && row !== null && 'answer' in row) {
    if (row.answer === null) return null
    if (typeof row.answer === 'string') return JSON.parse(row.answer) as unknown
  }
  throw new TypeError('PostgreSQL returned no row where one was expected')
}
