import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { describe, expect, it, onTestFinished } from 'vitest'

import { RedisLoginThrottle, RedisSessionStore, type RedisClient } from 'express-4d-directory/redis'
import { createScript } from '../../../lib/stores/redis/create-script.js'
import * as sessionScripts from '../../../lib/stores/redis/session-scripts.js'
import * as throttleScripts from '../../../lib/stores/redis/throttle-scripts.js'
import { listed, newGuest, newSignIn, open, openConfirmed, start } from '../../../lib/testing/store-spec.js'
import { page } from '../../support/pages.js'
import { patience } from '../../support/patience.js'
import { describeWithRedis } from '../../support/redis-server.js'

/** What the guides give operators for an account of its own: these keys, and these commands, inside scripts and out. */
const access = /`(~express-4d-directory:\* [^`]*)`/.exec(page('docs/several-processes.md').text)?.[1] ?? ''

describe("the guides' account for Redis", () => {
  it('is the same in the README', () => {
    expect(page('README.md').text).toContain(`\`${access}\``)
  })

  it('may do what any script does', () => {
    const scripts = [createScript, ...Object.values(sessionScripts), ...Object.values(throttleScripts)]

    const commands = scripts.flatMap(({ text }) => [...text.matchAll(/redis\.p?call\('(\w+)'/g)].map(([, name = '']) => name.toLowerCase()))

    expect(commands.length).toBeGreaterThan(40)
    expect([...new Set(commands)].filter((name) => !access.split(' ').includes(`+${name}`))).toEqual([])
  })
})

describeWithRedis("the guides' account for Redis, used", (server) => {
  it.each([
    { library: 'redis', openClient: openNodeRedis },
    { library: 'ioredis', openClient: openIoredis }
  ])('is enough for a store and a throttle on one client of $library', async ({ openClient }) => {
    const admin = await newAdmin()
    await admin.sendCommand(['ACL', 'SETUSER', 'sessions', 'reset', 'on', '>secret', ...access.split(' ')])
    const client = await openClient()
    const store = new RedisSessionStore({ client, minReplicas: 0, timeoutMilliseconds: patience })
    const throttle = new RedisLoginThrottle({ client, timeoutMilliseconds: patience })

    const guest = await open(store, newGuest(start), { quotas: { sessions: 1, guestSessions: 1 } })
    const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'), { replaces: guest, quotas: { sessionsPerUser: 1 } })
    await openConfirmed(store, newSignIn(start + 1, 'jsmith'), { quotas: { sessions: 1, sessionsPerUser: 1 } })
    const [last] = await listed(store, start + 1)
    await store.update(signIn.id, 0, '{"a":1}', start + 1)
    const ended = await store.endByHandle(last?.handle ?? '', start + 1)
    const attempt = { account: 'jsmith', userID: 'ID 1', address: '192.0.2.1', secret: 'wrong', now: start }
    for (const outcome of ['failure', 'success'] as const) {
      const reservation = await throttle.reserve({ ...attempt, secret: outcome })
      if (reservation.allowed) await reservation.settle(outcome, start)
    }
    await throttle.noteLogin({ account: 'jsmith', userID: 'ID 1', address: '192.0.2.1', now: start })
    await throttle.unlock('jsmith', start)

    expect(ended?.handle).toBe(last?.handle)
    expect(await store.count(start + 1)).toMatchObject({ signedIn: 0, guests: 0 })
    expect(await refusedBeside(admin, ['client|setinfo', 'hello'])).toEqual([])
  })

  it('is enough for minReplicas', async () => {
    const admin = await newAdmin()
    await admin.sendCommand(['ACL', 'SETUSER', 'sessions', 'reset', 'on', '>secret', ...access.split(' ')])
    const store = new RedisSessionStore({ client: await openNodeRedis(), minReplicas: 1, timeoutMilliseconds: 300 })
    onTestFinished(() => store.close())

    const answer = await store.end([newGuest(start).id], start).catch((error: unknown) => error)

    expect(answer).toMatchObject({ code: 'ERR_STORE_NOT_REPLICATED', cause: undefined })
  })

  async function newAdmin() {
    const client = await createClient({ url: server().url })
      .on('error', () => undefined)
      .connect()
    onTestFinished(() => client.destroy())
    return client
  }

  async function openNodeRedis(): Promise<RedisClient> {
    const client = createClient({ url: server().url, username: 'sessions', password: 'secret' })
    client.on('error', () => undefined)
    await client.connect()
    onTestFinished(() => client.destroy())
    return client
  }

  function openIoredis(): Promise<RedisClient> {
    const client = new Redis(server().url, { username: 'sessions', password: 'secret' })
    client.on('error', () => undefined)
    onTestFinished(() => client.disconnect())
    return Promise.resolve(client)
  }

  /** Which commands the server has refused, but for what the libraries ask in vain without harm. */
  async function refusedBeside(admin: Awaited<ReturnType<typeof newAdmin>>, harmless: readonly string[]): Promise<readonly string[]> {
    const entries = await admin.aclLog()
    return entries.map(({ object }) => object).filter((command) => !harmless.includes(command))
  }
})
