import { type ContenderName, contenders } from '../apps/contenders.js'
import type { Bench, OpenedApp } from '../bench.js'
import { clientAddresses, loginRequests } from '../load/login-request.js'
import { compareBursts, type Side } from '../measure/compare-bursts.js'
import { medianOf } from '../measure/median.js'
import type { Child } from '../processes/calls.js'
import type { LoadVerbs } from '../processes/load-process.js'
import { noiseOf, type ScenarioResult } from '../result.js'

/** Logins, one after the other on four connections: what is around the hash, and the whole. */
export async function login(bench: Bench): Promise<ScenarioResult> {
  const names = bench.withServers([
    'bare',
    'control',
    'directory',
    'directory-redis',
    'directory-postgres',
    'express-session',
    'connect-redis',
    'cookie-session',
    'passport'
  ])
  const load = bench.startLoad()
  const apps = bench.startApps()
  const opened: OpenedApp[] = []
  for (const name of names) opened.push(await bench.open(apps, name))

  const entering = opened.map((app) => bench.side(load, app, { method: 'POST', path: '/rest/enter' }))
  const latencies = new Map<ContenderName, number[]>()
  const loggingIn = opened.map((app) => loginSide(bench, load, app, latencies))
  const withoutPassword = await compareBursts(entering, bench.size)
  const withPassword = await compareBursts(loggingIn, { rounds: Math.ceil(bench.size.rounds / 8), warmUpBursts: 1 })

  const control = withoutPassword.find(({ name }) => name === 'control')
  return {
    name: 'login',
    title: 'A login',
    columns: {
      signInRatio: 'CPU of a sign-in without a password, bare Express = 1',
      signInMicroseconds: 'its CPU microseconds',
      loginRatio: 'CPU of a login with a password, hash included, bare Express = 1',
      loginMicroseconds: 'its CPU microseconds',
      loginP50: 'its p50 in microseconds'
    },
    rows: withoutPassword.map(({ name, ratio, microseconds }) => {
      const whole = withPassword.find((comparison) => comparison.name === name)
      return {
        label: contenders[name].label,
        figures: {
          signInRatio: ratio.median,
          signInMicroseconds: microseconds,
          loginRatio: whole?.ratio.median ?? null,
          loginMicroseconds: whole?.microseconds ?? null,
          loginP50: medianOf(latencies.get(name) ?? [])
        }
      }
    }),
    targets: [],
    noise: control ? noiseOf(control.ratio) : []
  }
}

function loginSide(bench: Bench, load: Child<LoadVerbs>, app: OpenedApp, latencies: Map<ContenderName, number[]>): Side<ContenderName> {
  const { loginsPerBurst: count } = bench.size
  const requests = loginRequests(contenders[app.name].loginPath)
  const measured: number[] = []
  latencies.set(app.name, measured)
  return {
    name: app.name,
    cpuMicroseconds: () => app.process.ask('cpuMicroseconds', undefined),
    burst: async () => {
      const addresses = clientAddresses(4)
      const { p50Microseconds } = await load.ask('burst', { port: app.port, requests, status: 200, connections: 4, count, addresses })
      measured.push(p50Microseconds)
      return count
    }
  }
}
