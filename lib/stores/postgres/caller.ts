import { DirectoryError } from '../../errors.js'
import { withinDeadline } from '../../within-deadline.js'
import { ServerClock, type ServerTime } from '../server-clock.js'
import { wholeMilliseconds } from '../stored-times.js'
import { CommitWaitError, DeadlineError, type Deadlines, PostgresConnections } from './connections.js'
import { postgresFailure } from './failure.js'
import type { PostgresPool } from './pool.js'
import { quoteSchema, type VersionedName, versionedNames } from './sql.js'
import type { Hash, StoredRecord } from './stored-record.js'

/** What a function that writes answers. `reason` is absent where a session's time was over. */
interface PostgresAnswer extends ServerTime {
  readonly late: boolean
  readonly result: unknown
  readonly removed: readonly { readonly reason?: string | null; readonly record: StoredRecord }[] | null
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
  async read(name: string, values: readonly unknown[], startedAt = performance.now()): Promise<readonly StoredRecord[]> {
    try {
      return ((await this.#call(name, () => values, this.#deadlinesFrom(startedAt))) ?? []) as readonly StoredRecord[]
    } catch (error) {
      throw postgresFailure(error, this.#schema, this.#timeoutMilliseconds)
    }
  }

  /**
   * Calls a function that writes, which gets four arguments more: the window of time in which it may, and the caller's time. `startedAt` is when the
   * caller began to wait, by `performance.now()`; `opens` are the hashes of what is opened: ended again, where no standby acknowledges it.
   */
  async write(
    name: string,
    now: number,
    values: readonly unknown[],
    startedAt = performance.now(),
    opens: readonly Hash[] = []
  ): Promise<PostgresAnswer> {
    try {
      return await this.#writeInTime(name, [wholeMilliseconds(now), ...values], startedAt)
    } catch (error) {
      if (error instanceof CommitWaitError) await this.#withdraw(error.backend, opens, startedAt)
      throw postgresFailure(error, this.#schema, this.#timeoutMilliseconds)
    }
  }

  async #writeInTime(name: string, values: readonly unknown[], startedAt: number): Promise<PostgresAnswer> {
    const deadlines = this.#deadlinesFrom(startedAt)
    // A second time when the server's clock was unknown or has been set, a third time when another server has taken over in between.
    for (let attempt = 1; attempt <= 3; attempt++) {
      let sentAt = startedAt
      const inTime = () => {
        sentAt = performance.now()
        const { clockName, notBefore, notAfter } = this.#clock.window(sentAt, deadlines.commitDeadline)
        return [clockName, notBefore, notAfter, ...values]
      }
      const answer = (await this.#call(name, inTime, deadlines)) as PostgresAnswer
      this.#clock.learn(answer, sentAt, performance.now())
      if (!answer.late) return answer
      if (performance.now() >= deadlines.commitDeadline) break
    }
    throw new DirectoryError('ERR_STORE_UNAVAILABLE', 'PostgreSQL carried the statement out too late to count')
  }

  /** Waits for it until the deadline. It goes on for as long again, since nobody knows the ids of what was opened. */
  async #withdraw(backend: number, opened: readonly Hash[], startedAt: number): Promise<void> {
    const { deadline } = this.#deadlinesFrom(startedAt)
    const latest = deadline + this.#timeoutMilliseconds
    await withinDeadline(
      () => this.#call('withdraw_sessions', () => [backend, opened], { deadline: latest, commitDeadline: latest }),
      deadline - performance.now(),
      () => new DeadlineError('not withdrawn in time')
    ).catch(() => undefined)
  }

  /** The function's answer. Its values are asked for when there is a connection. */
  async #call(name: string, values: () => readonly unknown[], deadlines: Deadlines): Promise<unknown> {
    const row = await this.#connections.query(() => {
      const given = [...values()]
      return { text: `SELECT ${this.#named(name)}(${given.map((_, index) => `$${index + 1}`).join(', ')}) AS answer`, values: given }
    }, deadlines)
    if (typeof row === 'object' && row !== null && 'answer' in row) {
      if (row.answer === null) return null
      if (typeof row.answer === 'string') return JSON.parse(row.answer) as unknown
    }
    throw new TypeError('PostgreSQL returned no row where one was expected')
  }

  #deadlinesFrom(startedAt: number): Deadlines {
    // A tenth is left for the answer's way back, so that what was done in time is seldom refused.
    return { deadline: startedAt + this.#timeoutMilliseconds, commitDeadline: startedAt + this.#timeoutMilliseconds * 0.9 }
  }
}
