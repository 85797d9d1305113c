import { type ContenderName, contenders } from '../apps/contenders.js'
import type { Bench, OpenedApp } from '../bench.js'
import { requestText } from '../load/request-plan.js'
import { compareBursts, type Comparison, type Side } from '../measure/compare-bursts.js'
import { medianOf } from '../measure/median.js'
import { countRedisCommands } from '../measure/redis-commands.js'
import type { Child } from '../processes/calls.js'
import type { LoadVerbs } from '../processes/load-process.js'
import { judge, noiseOf, type ScenarioResult } from '../result.js'

const path = '/rest/me'

/** Requests of somebody who is logged in: what a session costs, all day long. */
export async function liveSession(bench: Bench): Promise<ScenarioResult> {
  const names = bench.withServers([
    'control',
    'cookie-only',
    'least',
    'directory',
    'directory-traced',
    'least-redis',
    'directory-redis',
    'directory-postgres',
    'express-session',
    'connect-redis',
    'cookie-session',
    'passport'
  ])
  const load = bench.startLoad()
  const opened: Entered[] = []
  const comparisons: Comparison<ContenderName>[] = []
  for (const name of names) {
    const [bare, app] = await openPair(bench, load, name)
    const [ofBare, ofApp] = await compareBursts([sideOf(bench, load, bare), sideOf(bench, load, app)], bench.size)
    if (opened.length === 0) {
      opened.push(bare)
      if (ofBare) comparisons.push(ofBare)
    }
    opened.push(app)
    if (ofApp) comparisons.push(ofApp)
  }
  const latencies = await measureLatencies(bench, load, opened)
  const rates = await measureRates(bench, load, opened)

  const ratioOf = (name: string) => comparisons.find((comparison) => comparison.name === name)?.ratio
  const control = ratioOf('control')
  const noise = control ? noiseOf(control) : []
  const [onLru, onRedis] = [ratioOf('directory'), ratioOf('directory-redis')]
  const { redisUrl } = bench.servers
  const roundTrips = new Map<string, number>()
  for (const { app, cookie } of opened) {
    if (redisUrl === undefined || contenders[app.name].server !== 'redis') continue
    const requests = [requestText({ path, cookie })]
    const send = (count: number) => load.ask('burst', { port: app.port, requests, status: 200, connections: 1, count })
    roundTrips.set(app.name, (await countRedisCommands(redisUrl, () => send(20))) / 20)
  }
  const trips = roundTrips.get('directory-redis')
  return {
    name: 'live-session',
    title: 'A live session',
    columns: {
      ratio: 'CPU per request, bare Express = 1',
      low: 'no less than',
      high: 'no more than',
      microseconds: 'CPU microseconds per request',
      perSecond: 'requests a second (autocannon)',
      p50: 'p50 in microseconds',
      p99: 'p99 in microseconds',
      commands: 'commands to Redis per request'
    },
    rows: comparisons.map(({ name, ratio, microseconds }) => ({
      label: contenders[name].label,
      figures: {
        ratio: ratio.median,
        low: ratio.low,
        high: ratio.high,
        microseconds,
        perSecond: rates.get(name) ?? null,
        p50: latencies.get(name)?.p50 ?? null,
        p99: latencies.get(name)?.p99 ?? null,
        commands: roundTrips.get(name) ?? null
      }
    })),
    targets: [
      ...(onLru ? [judge('CPU per request with a live session, against bare Express', 'at most', 1.1, onLru, noise)] : []),
      ...(onRedis ? [judge('the same over Redis', 'at most', 1.25, onRedis, noise)] : []),
      ...(trips === undefined ? [] : [judge('commands to Redis per request', 'at most', 1, { median: trips, low: trips, high: trips })])
    ],
    noise
  }
}

/** An app, and the cookie of somebody who is logged in there. */
interface Entered {
  readonly app: OpenedApp
  readonly cookie: string | null
}

/**
 * An app with bare Express beside it, the two alone in a process: as it is served. Among a dozen others what they share, Express and the stores' callers, would be
 * compiled for all of them.
 */
async function openPair(bench: Bench, load: Child<LoadVerbs>, name: ContenderName): Promise<readonly [Entered, Entered]> {
  const process = bench.startApps()
  const [bare, app] = [await bench.open(process, 'bare'), await bench.open(process, name)]
  return [
    { app: bare, cookie: await bench.enter(load, bare) },
    { app, cookie: await bench.enter(load, app) }
  ]
}

function sideOf(bench: Bench, load: Child<LoadVerbs>, { app, cookie }: Entered): Side<ContenderName> {
  const side = bench.side(load, app, { path, cookie })
  return app.name === 'directory-traced' ? traced(side, app) : side
}

/** Somebody listens while this side has its burst: the channels are the process's, and bare Express is in it too. */
function traced(side: Side<ContenderName>, { process }: OpenedApp): Side<ContenderName> {
  return {
    ...side,
    async burst() {
      await process.ask('trace', true)
      const sent = await side.burst()
      await process.ask('trace', false)
      return sent
    }
  }
}

async function measureLatencies(bench: Bench, load: Child<LoadVerbs>, opened: readonly Entered[]) {
  const { connections, latencyPerSecond: perSecond, latencyMilliseconds: milliseconds } = bench.size
  const results = new Map<string, { p50Microseconds: number; p99Microseconds: number }[]>()
  for (let burst = 0; burst < 5; burst++) {
    for (const { app, cookie } of opened) {
      const requests = [requestText({ path, cookie })]
      const result = await load.ask('fixedRate', { port: app.port, requests, status: 200, connections, perSecond, milliseconds })
      results.set(app.name, [...(results.get(app.name) ?? []), result])
    }
  }
  return new Map(
    Array.from(results, ([name, bursts]) => [
      name,
      { p50: medianOf(bursts.map((burst) => burst.p50Microseconds)), p99: medianOf(bursts.map((burst) => burst.p99Microseconds)) }
    ])
  )
}

async function measureRates(bench: Bench, load: Child<LoadVerbs>, opened: readonly Entered[]) {
  const { connections, autocannonSeconds: seconds } = bench.size
  const rates = new Map<string, number[]>()
  for (let run = 0; run < 3 && seconds > 0; run++) {
    for (const { app, cookie } of opened) {
      const rate = await load.ask('autocannon', { port: app.port, path, cookie, connections, seconds })
      rates.set(app.name, [...(rates.get(app.name) ?? []), rate])
    }
  }
  return new Map(Array.from(rates, ([name, runs]) => [name, medianOf(runs)]))
}
