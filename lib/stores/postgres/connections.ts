import { commitNotice } from './clock-functions.js'
import type { PostgresClient, PostgresNotice, PostgresPool, PostgresStatement } from './pool.js'

/** Nobody's answer came in time. Which store and how long is for the caller to say. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
  readonly code = 'ETIMEDOUT'
}

/** The statement is carried out, and waits at its commit for a standby that does not acknowledge it. */
export class CommitWaitError extends Error {
  override readonly name = 'CommitWaitError'
  readonly code = 'ETIMEDOUT'
  /** The server's process that waits. */
  readonly backend: number

  constructor(backend: number) {
    super('the commit was not acknowledged in time')
    this.backend = backend
  }
}

/** Times of `performance.now()`. */
export interface Deadlines {
  /** The caller is answered by then. */
  readonly deadline: number
  /** A commit that has not been acknowledged by then is given up. */
  readonly commitDeadline: number
}

interface Waiter {
  /** How many connections had been asked for when this one began to wait. */
  readonly since: number
  take(client: PostgresClient): void
  fail(error: unknown): void
}

/**
 * Sends statements through a host's pool, each with a deadline, whatever the pool's own settings: waiting for a free connection, connecting
 * and the server's work all count.
 *
 * A connection whose answer is overdue is closed, so that a server that never answers does not use up the pool.
 */
export class PostgresConnections {
  readonly #pool: PostgresPool
  readonly #waiting = new Set<Waiter>()
  #connecting = 0
  #attempts = 0

  constructor(pool: PostgresPool) {
    this.#pool = pool
    // A pool tells of idle connections that break, as all do when the server is restarted; without any listener that would end the process.
    if (pool.listenerCount('error') === 0) pool.on('error', ignoreError)
  }

  /** The first row. `makeStatement` is called when the connection is there, and not at all when it comes too late. */
  async query(makeStatement: () => PostgresStatement, { deadline, commitDeadline }: Deadlines): Promise<unknown> {
    const client = await this.#connection(deadline)
    return await new Promise((resolve, reject) => {
      let settled = false
      let cancel = at(deadline, () => settle(new DeadlineError('no answer in time')))
      function hear({ message, detail }: PostgresNotice): void {
        if (settled || message !== commitNotice) return
        cancel()
        cancel = at(commitDeadline, () => settle(new CommitWaitError(Number(detail))))
      }
      // Once: the closing of a connection is told to its statement too.
      function settle(error: Error | null, row?: unknown): void {
        if (settled) return
        settled = true
        cancel()
        client.removeListener('error', ignoreError)
        client.removeListener('notice', hear)
        if (error === null) {
          client.release()
          resolve(row)
        } else {
          client.release(error)
          reject(error)
        }
      }
      client.on('error', ignoreError)
      client.on('notice', hear)
      client.query(makeStatement()).then(
        ({ rows }) => settle(null, rows[0]),
        (error: unknown) => settle(toError(error))
      )
    })
  }

  /**
   * A pool cannot be told that nobody waits any more. So a connection belongs to whoever has waited longest when it comes, and another is asked for only
   * where more are waiting than are under way: the pool's queue does not grow while the server is away.
   */
  #connection(deadline: number): Promise<PostgresClient> {
    return new Promise((resolve, reject) => {
      const cancel = at(deadline, () => {
        this.#waiting.delete(waiter)
        reject(new DeadlineError('no free connection in time'))
      })
      const waiter: Waiter = {
        since: this.#attempts,
        take(client) {
          cancel()
          resolve(client)
        },
        fail(error) {
          cancel()
          reject(toError(error))
        }
      }
      this.#waiting.add(waiter)
      if (this.#connecting < this.#waiting.size) void this.#connect()
    })
  }

  async #connect(): Promise<void> {
    this.#connecting++
    const attempt = ++this.#attempts
    try {
      const client = await this.#pool.connect()
      this.#connecting--
      const next = this.#longestWaiting()
      if (next) next.take(client)
      else client.release()
    } catch (error) {
      this.#connecting--
      const next = this.#longestWaiting()
      // What failed may have begun long ago, for somebody who has given up: no news for those who came since.
      if (next && next.since >= attempt) {
        this.#waiting.add(next)
        void this.#connect()
      } else {
        next?.fail(error)
      }
    }
  }

  #longestWaiting(): Waiter | null {
    for (const waiter of this.#waiting) {
      this.#waiting.delete(waiter)
      return waiter
    }
    return null
  }
}

/**
 * Calls `act` at that time, unless cancelled. In the turn after it, so that an answer that has arrived while this process was busy is read
 * first.
 */
function at(deadline: number, act: () => void): () => void {
  let turn: NodeJS.Immediate | undefined
  const timer = setTimeout(() => {
    turn = setImmediate(act)
  }, deadline - performance.now())
  return function cancel() {
    clearTimeout(timer)
    clearImmediate(turn)
  }
}

function ignoreError(): void {
  // The statement that was under way has been told; the pool makes a new connection when one is needed.
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error('The pool failed without an error')
}
