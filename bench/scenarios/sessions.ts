import { cookieOfSession, type Population } from '../apps/population.js'
import type { Bench } from '../bench.js'
import { requestText } from '../load/request-plan.js'
import { type Comparison, compareBursts, type Side } from '../measure/compare-bursts.js'
import type { Child } from '../processes/calls.js'
import type { LoadVerbs } from '../processes/load-process.js'
import { judge, type ScenarioResult, type Target } from '../result.js'

const kinds = [
  { label: 'express-4d-directory, guests', store: 'lru', kind: 'guests', heapLimit: 350, lookupLimit: 1.2 },
  { label: 'express-4d-directory, signed in', store: 'lru', kind: 'signed-in', heapLimit: 600, lookupLimit: 1.2 },
  { label: 'express-session MemoryStore, guests', store: 'memory-store', kind: 'guests', heapLimit: null, lookupLimit: null }
] as const

interface Measured {
  readonly count: number
  readonly bytesPerSession: number
  readonly comparison: Comparison | undefined
}

/** What a session takes of the heap, and what it costs to find one among many. */
export async function sessions(bench: Bench): Promise<ScenarioResult> {
  const rows = []
  const targets: Target[] = []
  for (const { label, heapLimit, lookupLimit, ...population } of kinds) {
    const measured = await measure(bench, population)
    for (const { count, bytesPerSession, comparison } of measured) {
      rows.push({
        label: `${label}, ${count.toLocaleString('en')}`,
        figures: { bytesPerSession, ratio: comparison?.ratio.median ?? null, microseconds: comparison?.microseconds ?? null }
      })
    }
    const most = measured.at(-1)
    if (most === undefined) continue
    const at = `at ${most.count.toLocaleString('en')}`
    const { bytesPerSession: bytes, comparison } = most
    if (heapLimit !== null)
      targets.push(judge(`heap bytes per session, ${label}, ${at}`, 'at most', heapLimit, { median: bytes, low: bytes, high: bytes }))
    if (lookupLimit !== null && comparison)
      targets.push(judge(`CPU per request ${at}, against the fewest, ${label}`, 'at most', lookupLimit, comparison.ratio))
  }
  return {
    name: 'sessions',
    title: 'Many sessions',
    columns: {
      bytesPerSession: 'bytes of heap per session',
      ratio: 'CPU per request of a random one, with the fewest = 1',
      microseconds: 'CPU microseconds per request'
    },
    rows,
    targets,
    noise: []
  }
}

/** All sizes in one process: what a large heap costs the collector is shared by all, and not in the ratio. */
async function measure(bench: Bench, kind: Pick<Population, 'store' | 'kind'>): Promise<readonly Measured[]> {
  const load = bench.startLoad()
  const apps = bench.startApps()
  const heaps: { readonly count: number; readonly bytesPerSession: number }[] = []
  const sides: Side[] = []
  for (const count of bench.size.populations) {
    const population: Population = { ...kind, count }
    const { port, bytesPerSession } = await apps.ask('openPopulation', population)
    heaps.push({ count, bytesPerSession })
    sides.push({ ...randomVisits(bench, load, population, port), cpuMicroseconds: () => apps.ask('cpuMicroseconds', undefined) })
  }
  const comparisons = await compareBursts(sides, bench.size)
  await Promise.all([apps.end(), load.end()])
  return heaps.map((heap, index) => ({ ...heap, comparison: comparisons[index] }))
}

function randomVisits(bench: Bench, load: Child<LoadVerbs>, population: Population, port: number): Omit<Side, 'cpuMicroseconds'> {
  const { requestsPerBurst, connections } = bench.size
  let requests: readonly string[] = []
  return {
    name: String(population.count),
    prepare: () => {
      requests = Array.from({ length: requestsPerBurst }, () => {
        const cookie = cookieOfSession(population, Math.floor(Math.random() * population.count))
        return requestText({ path: '/rest/visit', cookie })
      })
      return Promise.resolve()
    },
    burst: async () => {
      await load.ask('burst', { port, requests, status: 200, connections, count: requestsPerBurst })
      return requestsPerBurst
    }
  }
}
