import { type ContenderName, contenders } from '../apps/contenders.js'
import type { Bench, OpenedApp } from '../bench.js'
import { clientAddresses, loginRequests } from '../load/login-request.js'
import { type RequestPlan, requestText } from '../load/request-plan.js'
import { describeMachine } from '../measure/machine.js'
import { medianOf, spreadOf } from '../measure/median.js'
import type { AppVerbs } from '../processes/app-process.js'
import type { Child } from '../processes/calls.js'
import type { LoadVerbs } from '../processes/load-process.js'
import { judge, type ScenarioResult, type Target } from '../result.js'

const bursts = 5

/** What one app is like while nobody and while many log in. */
interface LoginBurst {
  readonly capacity: number
  readonly idleP99: number
  readonly burstP99: number
  readonly p99Ratios: readonly number[]
  readonly loginsPerSecond: number
}

/** Many logins at once: what becomes of everybody else's requests, and how many logins come through. */
export async function logins(bench: Bench): Promise<ScenarioResult> {
  const { cores } = describeMachine()
  const load = bench.startLoad('anywhere')
  const children = Array.from({ length: cores }, () => bench.startApps('anywhere'))
  const before = await comparisonRates(bench, children.slice(0, 1))
  const ours = await measure(bench, 'directory', load)
  const theirs = await measure(bench, 'passport', load)
  const together = await comparisonRates(bench, children)
  const after = await comparisonRates(bench, children.slice(0, 1))

  const oneThread = (before + after) / 2
  const noise =
    Math.abs(before - after) / oneThread > 0.05
      ? [`one thread made ${before.toFixed(1)} comparisons a second before, and ${after.toFixed(1)} after`]
      : []
  const share = ours.loginsPerSecond / (cores * oneThread)
  return {
    name: 'logins',
    title: `${bench.size.concurrentLogins} concurrent logins`,
    columns: {
      capacity: 'currentUser a second, idle',
      idleP99: 'p99 of currentUser at half of that, in microseconds',
      burstP99: 'p99 during the logins, in microseconds',
      loginsPerSecond: 'logins a second, CPUs otherwise idle',
      share: 'logins over cores x one thread'
    },
    rows: [
      rowOf('directory', ours, share),
      rowOf('passport', theirs, theirs.loginsPerSecond / (cores * oneThread)),
      row('one thread that does nothing but compare', oneThread, null),
      row(`${cores} of them at once`, together, together / (cores * oneThread))
    ],
    targets: targetsOf(ours, share, noise),
    noise
  }
}

function targetsOf(ours: LoginBurst, share: number, noise: readonly string[]): readonly Target[] {
  const exactly = { median: share, low: share, high: share }
  return [
    judge('p99 of currentUser during a burst of logins, against idle', 'at most', 2, spreadOf(ours.p99Ratios), noise),
    judge('logins a second over cores x one thread', 'at least', 0.9, exactly, noise)
  ]
}

async function measure(bench: Bench, name: ContenderName, load: Child<LoadVerbs>): Promise<LoginBurst> {
  const { size } = bench
  const apps = bench.startApps('anywhere')
  const app = await bench.open(apps, name)
  const requests = [requestText({ path: contenders[name].currentUserPath, cookie: await bench.enter(load, app) })]
  const plan = { port: app.port, requests, status: 200, connections: size.connections }
  const capacity = await capacityOf(load, plan, size.requestsPerBurst)
  const askAtHalf = async () => {
    const atHalf = { ...plan, connections: 5 * size.connections, perSecond: capacity / 2, milliseconds: size.loginBurstMilliseconds }
    return (await load.ask('fixedRate', atHalf)).p99Microseconds
  }

  const idle: number[] = []
  const busy: number[] = []
  for (let burst = 0; burst < bursts; burst++) {
    idle.push(await askAtHalf())
    await load.ask('startStream', loginPlan(bench, app))
    busy.push(await askAtHalf())
    await load.ask('stopStream', undefined)
  }

  // To the end, not for a time: where hashes take turns on the event loop, none is done before all nearly are.
  const count = 2 * size.concurrentLogins
  const { milliseconds } = await load.ask('burst', { ...loginPlan(bench, app), count })
  return {
    capacity,
    idleP99: medianOf(idle),
    burstP99: medianOf(busy),
    p99Ratios: busy.map((p99, index) => p99 / (idle[index] ?? NaN)),
    loginsPerSecond: (count * 1000) / milliseconds
  }
}

/** As many logins in flight as the scenario is named after, all the time, each from an address of its own. */
function loginPlan(bench: Bench, { name, port }: OpenedApp): RequestPlan {
  const { concurrentLogins } = bench.size
  return {
    port,
    requests: loginRequests(contenders[name].loginPath),
    status: 200,
    connections: concurrentLogins,
    addresses: clientAddresses(concurrentLogins)
  }
}

async function capacityOf(load: Child<LoadVerbs>, plan: RequestPlan, count: number): Promise<number> {
  const rates: number[] = []
  for (let burst = 0; burst < 10; burst++) rates.push((count * 1000) / (await load.ask('burst', { ...plan, count })).milliseconds)
  return medianOf(rates)
}

/** Comparisons a second, over all of these processes, which do nothing else. */
async function comparisonRates(bench: Bench, children: readonly Child<AppVerbs>[]): Promise<number> {
  const { cost, loginBurstMilliseconds: milliseconds } = bench.size
  const rates = await Promise.all(children.map((child) => child.ask('comparisonsPerSecond', { cost, milliseconds })))
  return rates.reduce((sum, rate) => sum + rate, 0)
}

function rowOf(name: ContenderName, { capacity, idleP99, burstP99, loginsPerSecond }: LoginBurst, share: number) {
  return { label: contenders[name].label, figures: { capacity, idleP99, burstP99, loginsPerSecond, share } }
}

function row(label: string, loginsPerSecond: number, share: number | null) {
  return { label, figures: { capacity: null, idleP99: null, burstP99: null, loginsPerSecond, share } }
}
