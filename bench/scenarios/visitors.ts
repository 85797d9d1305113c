import { type ContenderName, contenders } from '../apps/contenders.js'
import type { Bench } from '../bench.js'
import type { FloodResult } from '../load/flood.js'
import { requestText } from '../load/request-plan.js'
import { judge, type ScenarioResult, type Target } from '../result.js'

type Figures = Readonly<Record<string, number>>

/** A flood of visitors who drop their cookies, over a full budget of guests: how fast it is served, and what everybody else notices. */
export async function visitors(bench: Bench): Promise<ScenarioResult> {
  const names = bench.withServers(['directory', 'directory-redis', 'connect-redis', 'directory-postgres', 'connect-pg-simple'])
  const measured = new Map<ContenderName, Figures>()
  for (const name of names) measured.set(name, await measure(bench, name))
  return {
    name: 'visitors',
    title: `Visitors who drop their cookies, over ${bench.size.fullGuests.toLocaleString('en')} guests`,
    columns: {
      visitorsPerSecond: `visitors a second who got a session, over ${bench.size.floodConnections} connections`,
      liveP50: 'p50 of a live session meanwhile, in microseconds',
      liveP99: 'p99 of it',
      refusedLive: `its refusals with ${bench.size.manyFloodConnections} connections`
    },
    rows: names.map((name) => ({ label: contenders[name].label, figures: measured.get(name) ?? {} })),
    targets: targetsOf(measured.get('directory-postgres'), measured.get('connect-pg-simple')),
    noise: []
  }
}

function targetsOf(ours: Figures | undefined, theirs: Figures | undefined): readonly Target[] {
  if (ours === undefined || theirs === undefined) return []
  const ratio = (column: string) => (ours[column] ?? NaN) / (theirs[column] ?? NaN)
  return [
    judge('visitors a second over PostgreSQL, against connect-pg-simple', 'at least', 1, exactly(ratio('visitorsPerSecond'))),
    judge("a live session's p50 meanwhile, against the same", 'at most', 1, exactly(ratio('liveP50'))),
    judge('refusals of a live session over PostgreSQL in the larger flood', 'at most', 0, exactly(ours['refusedLive'] ?? NaN))
  ]
}

function exactly(figure: number) {
  return { median: figure, low: figure, high: figure }
}

async function measure(bench: Bench, name: ContenderName): Promise<Figures> {
  const { fullGuests, floodConnections, manyFloodConnections, floodMilliseconds } = bench.size
  const load = bench.startLoad()
  const apps = bench.startApps()
  const app = await bench.open(apps, name)
  const cookie = await bench.enter(load, app)
  const requests = {
    port: app.port,
    visit: requestText({ path: '/rest/visit' }),
    live: requestText({ path: '/rest/me', cookie }),
    milliseconds: floodMilliseconds
  }
  const fill = { port: app.port, requests: [requests.visit], status: 200, connections: 4, count: fullGuests }
  await load.ask('burst', fill)

  const flooded: FloodResult = await load.ask('flood', { ...requests, connections: floodConnections })
  const many = await load.ask('flood', { ...requests, connections: manyFloodConnections })
  await Promise.all([apps.end(), load.end()])
  return {
    visitorsPerSecond: flooded.visitorsPerSecond,
    liveP50: flooded.liveP50Microseconds,
    liveP99: flooded.liveP99Microseconds,
    refusedLive: many.refusedLive
  }
}
