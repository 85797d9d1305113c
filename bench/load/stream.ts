import type { ConnectionPool } from './connection-pool.js'
import { requestAt, type RequestPlan } from './request-plan.js'

/** As many requests under way as there are connections, all the time, until it is stopped. */
export class Stream {
  readonly #done: Promise<void>
  #sent = 0
  #isStopping = false

  constructor(pool: ConnectionPool, plan: RequestPlan) {
    this.#done = this.#run(pool, plan)
    // Told by `stop`.
    this.#done.catch(() => undefined)
  }

  /** Sends no more, and waits for what is under way. Rejects if an answer was not the expected one. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#done
  }

  async #run(pool: ConnectionPool, plan: RequestPlan): Promise<void> {
    const open = await pool.take(plan.port, plan.connections, plan.addresses)
    await Promise.all(
      open.map(async (connection) => {
        while (!this.#isStopping) {
          const { status } = await connection.ask(requestAt(plan, this.#sent++))
          if (status !== plan.status) throw new Error(`expected ${plan.status}, got ${status}`)
        }
      })
    )
  }
}
