import type { ConnectionPool } from './connection-pool.js'
import { requestAt, type RequestPlan } from './request-plan.js'

export type StreamPlan = RequestPlan

/** As many requests under way as there are connections, all the time, until it is stopped. */
export class Stream {
  readonly #startedAt = performance.now()
  readonly #done: Promise<unknown>
  #requests = 0
  #answered = 0
  #isStopping = false

  constructor(pool: ConnectionPool, plan: StreamPlan) {
    this.#done = this.#run(pool, plan)
    // Told by `stop`.
    this.#done.catch(() => undefined)
  }

  /** How many were answered, and in what time. */
  async stop(): Promise<{ readonly requests: number; readonly milliseconds: number }> {
    const result = { requests: this.#answered, milliseconds: performance.now() - this.#startedAt }
    this.#isStopping = true
    await this.#done
    return result
  }

  async #run(pool: ConnectionPool, plan: StreamPlan): Promise<void> {
    const open = await pool.take(plan.port, plan.connections, plan.addresses)
    await Promise.all(
      open.map(async (connection) => {
        while (!this.#isStopping) {
          const { status } = await connection.ask(requestAt(plan, this.#requests++))
          if (status !== plan.status) throw new Error(`expected ${plan.status}, got ${status}`)
          this.#answered++
        }
      })
    )
  }
}
