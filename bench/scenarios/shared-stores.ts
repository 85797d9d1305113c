import { type ContenderName, contenders } from '../apps/contenders.js'
import type { Bench } from '../bench.js'
import { type RequestPlan, requestText } from '../load/request-plan.js'
import { medianOf } from '../measure/median.js'
import type { AppVerbs } from '../processes/app-process.js'
import type { Child } from '../processes/calls.js'
import type { LoadVerbs } from '../processes/load-process.js'
import type { ScenarioResult } from '../result.js'

const bursts = 5

/** One store for several processes: a session that the first has opened, asked of one process and of two. */
export async function sharedStores(bench: Bench): Promise<ScenarioResult> {
  const load = bench.startLoad('anywhere')
  const processes = [bench.startApps('anywhere'), bench.startApps('anywhere')]
  const rows = []
  for (const name of bench.withServers(['directory-redis', 'connect-redis', 'directory-postgres'])) {
    rows.push({ label: contenders[name].label, figures: await measure(bench, name, load, processes) })
  }
  return {
    name: 'shared-stores',
    title: 'Redis and PostgreSQL, on one process and on two',
    columns: {
      perSecond: 'requests a second on one process',
      perSecondOfTwo: 'on two',
      p50: 'p50 at a fixed rate in microseconds, one process',
      p99: 'p99',
      p50OfTwo: 'p50, two processes',
      p99OfTwo: 'p99, two processes'
    },
    rows,
    targets: [],
    noise: rows.length === 0 ? ['neither redis-server nor PostgreSQL is installed here'] : []
  }
}

async function measure(bench: Bench, name: ContenderName, load: Child<LoadVerbs>, processes: readonly Child<AppVerbs>[]) {
  const { connections } = bench.size
  const apps = []
  for (const process of processes) apps.push(await bench.open(process, name))
  const [first] = apps
  if (first === undefined) throw new Error('there are always two processes')
  const requests = [requestText({ path: '/rest/me', cookie: await bench.enter(load, first) })]
  const plans = apps.map(({ port }): RequestPlan => ({ port, requests, status: 200, connections }))
  const shared = plans.map((plan) => ({ ...plan, connections: connections / 2 }))

  const measured = { perSecond: [] as number[], perSecondOfTwo: [] as number[], one: [] as Latency[], two: [] as Latency[] }
  for (let burst = 0; burst < bursts; burst++) {
    measured.perSecond.push(await rateOf(bench, load, plans.slice(0, 1)))
    measured.perSecondOfTwo.push(await rateOf(bench, load, shared))
    measured.one.push(await latencyOf(bench, load, plans.slice(0, 1)))
    measured.two.push(await latencyOf(bench, load, shared))
  }
  return {
    perSecond: medianOf(measured.perSecond),
    perSecondOfTwo: medianOf(measured.perSecondOfTwo),
    p50: medianOf(measured.one.map(({ p50 }) => p50)),
    p99: medianOf(measured.one.map(({ p99 }) => p99)),
    p50OfTwo: medianOf(measured.two.map(({ p50 }) => p50)),
    p99OfTwo: medianOf(measured.two.map(({ p99 }) => p99))
  }
}

interface Latency {
  readonly p50: number
  readonly p99: number
}

/** Over all of the processes at once. */
async function rateOf(bench: Bench, load: Child<LoadVerbs>, plans: readonly RequestPlan[]): Promise<number> {
  const count = Math.ceil((5 * bench.size.requestsPerBurst) / plans.length)
  const results = await Promise.all(plans.map((plan) => load.ask('burst', { ...plan, count })))
  return (count * plans.length * 1000) / Math.max(...results.map(({ milliseconds }) => milliseconds))
}

/** At the same rate over all of the processes; the slower of them counts. */
async function latencyOf(bench: Bench, load: Child<LoadVerbs>, plans: readonly RequestPlan[]): Promise<Latency> {
  const { latencyMilliseconds: milliseconds, latencyPerSecond } = bench.size
  const perSecond = latencyPerSecond / plans.length
  const results = await Promise.all(plans.map((plan) => load.ask('fixedRate', { ...plan, perSecond, milliseconds })))
  return {
    p50: Math.max(...results.map(({ p50Microseconds }) => p50Microseconds)),
    p99: Math.max(...results.map(({ p99Microseconds }) => p99Microseconds))
  }
}
