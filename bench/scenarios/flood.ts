import { type ContenderName, contenders } from '../apps/contenders.js'
import type { Bench } from '../bench.js'
import { requestText } from '../load/request-plan.js'
import { judge, type ScenarioResult } from '../result.js'

/** Visitors who never bring their cookie back: what they leave in memory, and what becomes of who is logged in. */
export async function flood(bench: Bench): Promise<ScenarioResult> {
  const ours = await measure(bench, 'directory')
  const theirs = await measure(bench, 'express-session')
  const isStillIn = { median: ours.stillLoggedIn, low: ours.stillLoggedIn, high: ours.stillLoggedIn }
  return {
    name: 'flood',
    title: `A flood of ${bench.size.floodVisits.toLocaleString('en')} guests`,
    columns: {
      bytesPerVisit: 'bytes of heap that a visit leaves behind',
      lateBytesPerVisit: 'the same in the second half of the flood',
      microseconds: 'CPU microseconds per visit',
      stillLoggedIn: 'of those logged in before, still logged in'
    },
    rows: [
      { label: contenders.directory.label, figures: ours },
      { label: contenders['express-session'].label, figures: theirs }
    ],
    targets: [judge('of those logged in before the flood, still logged in after it', 'at least', 1, isStillIn)],
    noise: []
  }
}

async function measure(bench: Bench, name: ContenderName) {
  const { floodVisits, connections } = bench.size
  const load = bench.startLoad()
  const apps = bench.startApps()
  const app = await bench.open(apps, name)
  const cookie = await bench.enter(load, app)
  // The cookie comes back once.
  const me = { port: app.port, requests: [requestText({ path: '/rest/me', cookie })], status: 200, connections: 1, count: 1 }
  await load.ask('burst', me)

  const visits = { port: app.port, requests: [requestText({ path: '/rest/visit' })], status: 200, connections, count: floodVisits / 2 }
  const [before, cpuBefore] = [await apps.ask('heapBytes', undefined), await apps.ask('cpuMicroseconds', undefined)]
  await load.ask('burst', visits)
  const halfway = await apps.ask('heapBytes', undefined)
  await load.ask('burst', visits)
  const cpuAfter = await apps.ask('cpuMicroseconds', undefined)
  const after = await apps.ask('heapBytes', undefined)
  const stillLoggedIn = await load.ask('burst', me).then(
    () => 1,
    () => 0
  )
  await Promise.all([apps.end(), load.end()])
  return {
    bytesPerVisit: (after - before) / floodVisits,
    lateBytesPerVisit: (after - halfway) / (floodVisits / 2),
    microseconds: (cpuAfter - cpuBefore) / floodVisits,
    stillLoggedIn
  }
}
