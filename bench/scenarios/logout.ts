import { contenders } from '../apps/contenders.js'
import type { Bench } from '../bench.js'
import { requestText } from '../load/request-plan.js'
import { compareBursts, type Side } from '../measure/compare-bursts.js'
import { noiseOf, type ScenarioResult } from '../result.js'

/** Logouts, each of a session of its own, which is opened before and not measured. */
export async function logout(bench: Bench): Promise<ScenarioResult> {
  const names = bench.withServers([
    'bare',
    'control',
    'directory',
    'directory-redis',
    'directory-postgres',
    'express-session',
    'connect-redis',
    'cookie-session'
  ])
  const { requestsPerBurst: count, connections } = bench.size
  const load = bench.startLoad()
  const apps = bench.startApps()
  const sides: Side<(typeof names)[number]>[] = []
  for (const name of names) {
    const app = await bench.open(apps, name)
    let requests: readonly string[] = []
    sides.push({
      name,
      cpuMicroseconds: () => apps.ask('cpuMicroseconds', undefined),
      prepare: async () => {
        const cookies = await bench.enterAll(load, app, count)
        requests = cookies.map((cookie) => requestText({ path: contenders[name].logoutPath, cookie }))
      },
      burst: async () => {
        await load.ask('burst', { port: app.port, requests, status: 200, connections, count })
        return count
      }
    })
  }

  const comparisons = await compareBursts(sides, { ...bench.size, rounds: Math.ceil(bench.size.rounds / 2) })
  const control = comparisons.find(({ name }) => name === 'control')
  return {
    name: 'logout',
    title: 'A logout',
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
