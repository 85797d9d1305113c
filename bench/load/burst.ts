import { createHistogram } from 'node:perf_hooks'

import type { ConnectionPool } from './connection-pool.js'
import { requestAt, type RequestPlan } from './request-plan.js'

export interface BurstPlan extends RequestPlan {
  /** How many requests, over all connections. */
  readonly count: number
}

export interface BurstResult {
  readonly milliseconds: number
  readonly p50Microseconds: number
  readonly p99Microseconds: number
  /** What each request got, in the order of the requests. */
  readonly cookies: readonly (string | null)[]
}

/** So many requests as fast as they are answered, one at a time on each connection. */
export async function runBurst(pool: ConnectionPool, plan: BurstPlan): Promise<BurstResult> {
  const { port, count, connections, addresses, status } = plan
  const open = await pool.take(port, Math.min(connections, count), addresses)
  const histogram = createHistogram()
  const cookies: (string | null)[] = Array.from({ length: count }, () => null)
  const startedAt = performance.now()
  let next = 0
  await Promise.all(
    open.map(async (connection) => {
      while (next < count) {
        const index = next++
        const sentAt = performance.now()
        const answer = await connection.ask(requestAt(plan, index))
        if (answer.status !== status)
          throw new Error(`expected ${status}, got ${answer.status} for ${requestAt(plan, index).split('\r\n', 1).join()}`)
        histogram.record(Math.max(1, Math.round((performance.now() - sentAt) * 1000)))
        cookies[index] = answer.cookie
      }
    })
  )
  return {
    milliseconds: performance.now() - startedAt,
    p50Microseconds: histogram.percentile(50),
    p99Microseconds: histogram.percentile(99),
    cookies
  }
}
