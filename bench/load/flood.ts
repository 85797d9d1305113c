import { createHistogram } from 'node:perf_hooks'

import type { Connection, RawAnswer } from './connection.js'
import type { ConnectionPool } from './connection-pool.js'

export interface FloodPlan {
  readonly port: number
  /** A visitor's whole request, sent without a cookie again and again. */
  readonly visit: string
  /** Of somebody who is logged in and works meanwhile, one request at a time. */
  readonly live: string
  /** Of the visitors. */
  readonly connections: number
  readonly milliseconds: number
}

export interface FloodResult {
  /** Visitors who got a session, a second. */
  readonly visitorsPerSecond: number
  readonly refusedVisitors: number
  readonly liveP50Microseconds: number
  readonly liveP99Microseconds: number
  /** Requests of the live session that were not answered with 200. */
  readonly refusedLive: number
}

/** Visitors who drop their cookies, as many at once as there are connections, beside somebody who works. */
export async function runFlood(pool: ConnectionPool, plan: FloodPlan): Promise<FloodResult> {
  const { port, visit, live, connections, milliseconds } = plan
  const [worker, ...others] = await pool.take(port, 1 + connections)
  if (worker === undefined) throw new Error('there is always one connection')
  const latencies = createHistogram()
  const counts = { visitors: 0, refusedVisitors: 0, refusedLive: 0 }
  const startedAt = performance.now()
  const isOver = () => performance.now() - startedAt >= milliseconds

  await Promise.all([
    ...others.map((connection) =>
      repeat(connection, visit, ({ status, cookie }) => {
        if (status === 200 && cookie !== null) counts.visitors++
        else counts.refusedVisitors++
      })
    ),
    repeat(worker, live, ({ status }, askedAt) => {
      latencies.record(Math.max(1, Math.round((performance.now() - askedAt) * 1000)))
      if (status !== 200) counts.refusedLive++
    })
  ])
  const seconds = (performance.now() - startedAt) / 1000
  return {
    visitorsPerSecond: counts.visitors / seconds,
    refusedVisitors: counts.refusedVisitors,
    liveP50Microseconds: latencies.percentile(50),
    liveP99Microseconds: latencies.percentile(99),
    refusedLive: counts.refusedLive
  }

  async function repeat(connection: Connection, request: string, note: (answer: RawAnswer, askedAt: number) => void): Promise<void> {
    while (!isOver()) {
      const askedAt = performance.now()
      note(await connection.ask(request), askedAt)
    }
  }
}
