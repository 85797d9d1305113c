import { createHistogram } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'

import type { Connection } from './connection.js'
import type { ConnectionPool } from './connection-pool.js'
import { requestAt, type RequestPlan } from './request-plan.js'

export interface FixedRatePlan extends RequestPlan {
  readonly perSecond: number
  readonly milliseconds: number
}

/**
 * Requests that are sent when they are due, whether or not earlier ones have been answered: who waits for answers before it asks again does not
 * see a server that stalls. `connections` are open; a request that finds none free waits for one, and its waiting counts.
 */
export async function runAtFixedRate(
  pool: ConnectionPool,
  plan: FixedRatePlan
): Promise<{ readonly p50Microseconds: number; readonly p99Microseconds: number }> {
  const { port, connections, addresses, status, perSecond, milliseconds } = plan
  const free = [...(await pool.take(port, connections, addresses))]
  const histogram = createHistogram()
  const waiting: ((connection: Connection) => void)[] = []
  const underWay: Promise<void>[] = []
  const startedAt = performance.now()
  const total = Math.max(1, Math.floor((perSecond * milliseconds) / 1000))
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, 1 + Math.floor(((performance.now() - startedAt) * perSecond) / 1000))
    for (; sent < due; sent++) underWay.push(send(sent))
    await wait(1)
  }
  await Promise.all(underWay)
  return { p50Microseconds: histogram.percentile(50), p99Microseconds: histogram.percentile(99) }

  async function send(index: number): Promise<void> {
    const sentAt = performance.now()
    const connection = free.pop() ?? (await new Promise<Connection>((resolve) => waiting.push(resolve)))
    const answer = await connection.ask(requestAt(plan, index))
    if (answer.status !== status) throw new Error(`expected ${status}, got ${answer.status}`)
    histogram.record(Math.max(1, Math.round((performance.now() - sentAt) * 1000)))
    const next = waiting.shift()
    if (next) next(connection)
    else free.push(connection)
  }
}
