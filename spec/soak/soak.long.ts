import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { BcryptPool, LruSessionStore } from '../../lib/index.js'
import { RedisSessionStore } from '../../lib/redis.js'
import { redisLibraries } from '../support/redis-clients.js'
import { hasRedisServer, RedisServer } from '../support/redis-server.js'
import { counts, expires, floods, hangsUp, type SoakClient, staysForEver } from './soak-clients.js'
import { SoakedApp, userNames } from './soaked-app.js'

const soakMinutes = Number(process.env['SOAK_MINUTES'] ?? 1)
/** What the engine's own caches and a test runner need in the time. */
const mostGrowthBytes = 6_000_000

/** Who comes to each app, each as a user of its own. */
const crowd: readonly SoakClient[] = [
  ...Array<SoakClient>(16).fill(counts),
  ...Array<SoakClient>(8).fill(expires),
  ...Array<SoakClient>(4).fill(staysForEver),
  ...Array<SoakClient>(4).fill(hangsUp),
  ...Array<SoakClient>(2).fill(floods)
]

describe(`${soakMinutes} minutes of mixed traffic`, () => {
  const apps: SoakedApp[] = []
  const closers: (() => unknown)[] = []

  beforeAll(async () => {
    const passwords = new BcryptPool({ cost: 4, threads: 1, maxWaiting: 10_000 })
    closers.push(() => passwords.close())
    apps.push(await SoakedApp.start(new LruSessionStore({ maxGuests: 1000 }), passwords))
    if (!hasRedisServer()) return
    const server = await RedisServer.start()
    const opened = redisLibraries[0].open(server.url)
    // A busy machine is not an outage.
    apps.push(
      await SoakedApp.start(new RedisSessionStore({ client: opened.client, maxGuests: 1000, timeoutMilliseconds: 20_000 }), passwords)
    )
    closers.push(
      () => opened.close(),
      () => server.stop()
    )
  })

  afterAll(async () => {
    for (const app of apps) await app.close()
    for (const close of closers) await close()
  })

  it('loses nothing, and leaves heap, handles, timers and stores as they were', async () => {
    // The first rounds compile code and fill what is bounded.
    await soakFor(Math.min(30, soakMinutes * 15))
    const before = await whatIsLeft()

    await soakFor(soakMinutes * 60)
    const after = await whatIsLeft()

    const answers = apps.map((app) => app.answers)
    console.log(
      `soak: ${answers.join(' and ')} answers, heap ${Math.round((after.heap - before.heap) / 1000)} kB, ${JSON.stringify(after.handles)}`
    )
    expect(after.handles).toEqual(before.handles)
    expect(after.heap - before.heap).toBeLessThan(mostGrowthBytes)
    expect(apps.flatMap((app) => app.degraded)).toEqual([])
    for (const app of apps) expect(app.answers).toBeGreaterThan(soakMinutes * 300)
  })

  async function soakFor(seconds: number): Promise<void> {
    const absoluteEndAt = performance.now() + seconds * 1000
    let hasFailed = false
    const isOver = () => hasFailed || performance.now() > absoluteEndAt
    const clients = apps.flatMap((app) => crowd.map((client, index) => client(app, userNames[index] ?? '', isOver)))
    await Promise.all(
      clients.map((client) =>
        client.catch((error: unknown) => {
          hasFailed = true
          throw error
        })
      )
    )
  }

  /** What is there when everybody has gone and every session has expired. */
  async function whatIsLeft(): Promise<{ heap: number; handles: Readonly<Record<string, number>> }> {
    for (const app of apps) {
      app.clock.skipHours(2)
      app.hangUp()
      expect(await app.directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
    }
    // Sockets close, and hashing that nobody waits for any more ends, in their own time.
    await wait(2000)
    return { heap: heapAfterCollection(), handles: countHandles() }
  }
})

function countHandles(): Readonly<Record<string, number>> {
  const counted: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) counted[kind] = (counted[kind] ?? 0) + 1
  return counted
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose_gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}
