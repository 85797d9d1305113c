import { contenders } from '../apps/contenders.js'
import type { Bench } from '../bench.js'
import { compareBursts } from '../measure/compare-bursts.js'
import { noiseOf, type ScenarioResult } from '../result.js'

/** Requests without a cookie, each of which opens a session. */
export async function firstVisit(bench: Bench): Promise<ScenarioResult> {
  const names = bench.withServers([
    'bare',
    'control',
    'cookie-only',
    'directory',
    'directory-redis',
    'directory-postgres',
    'express-session',
    'connect-redis',
    'cookie-session'
  ])
  const load = bench.startLoad()
  const apps = bench.startApps()
  const sides = []
  for (const name of names) sides.push(bench.side(load, await bench.open(apps, name), { path: '/rest/visit' }))

  const comparisons = await compareBursts(sides, bench.size)
  const control = comparisons.find(({ name }) => name === 'control')
  return {
    name: 'first-visit',
    title: 'A first visit',
    columns: {
      ratio: 'CPU per request, bare Express = 1',
      low: 'no less than',
      high: 'no more than',
      microseconds: 'CPU microseconds per request'
    },
    rows: comparisons.map(({ name, ratio, microseconds }) => ({
      label: contenders[name].label,
      figures: { ratio: ratio.median, low: ratio.low, high: ratio.high, microseconds }
    })),
    targets: [],
    noise: control ? noiseOf(control.ratio) : []
  }
}
