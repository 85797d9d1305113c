import { mkdir, rm } from 'node:fs/promises'

import { createClient } from 'redis'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'

import type { NodeRedisClient } from '../../../lib/stores/redis/client.js'
import { RedisSessionStore } from '../../../lib/stores/redis/session-store.js'
import { hashSessionId } from '../../../lib/stores/redis/session-record.js'
import { minute, newGuest, newSignIn, open, opened, openConfirmed, start, tryToOpen, unlimited } from '../../../lib/testing/store-spec.js'
import { redisLibraries } from '../../support/redis-clients.js'
import { hasRedisServer, RedisServer } from '../../support/redis-server.js'

const prefix = 'spec:'
const base = 'spec:{sessions}:'
const timeoutMilliseconds = 400

const available = hasRedisServer()

describe.skipIf(!available)(available ? 'Redis outages' : 'Redis outages (skipped: apt-get install redis-server)', () => {
  describe.each(redisLibraries)('through $library', ({ open: openClient }) => {
    it('V express-session on expiry of Redis: answers quickly while Redis is unreachable at start, and recovers by itself', async () => {
      const server = await newServer(RedisServer.prepare())
      const store = newStore(server)

      const refusals = await Promise.all([rejection(store.resume([newGuest(start).id], start)), rejection(store.count(start))])
      await server.restart()
      await untilItAnswers(store)

      expect(refusals).toEqual([unavailable, unavailable])
      expect(await tryToOpen(store, newGuest(start))).toBe('created')
    })

    it('A13.2.6 late: carries nothing out later that was refused while the server was frozen', async () => {
      const server = await newServer(RedisServer.start())
      const store = newStore(server)
      const guest = await open(store, newGuest(start))
      const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'))
      const late = newGuest(start + 1)
      const sentBefore = await commandsRun(server)

      server.freeze()
      const refusals = await Promise.all([
        rejection(tryToOpen(store, late, { replaces: guest })),
        rejection(store.update(signIn.id, 0, '{"late":true}', start + 1)),
        rejection(store.resume([guest.id, signIn.id], start + 1)),
        rejection(store.end([signIn.id], start + 1)),
        rejection(store.endByHandle(signIn.record.handle, start + 1))
      ])
      server.thaw()
      // They do arrive: the server has them in its buffers.
      await expect.poll(() => commandsRun(server)).toBe(sentBefore + refusals.length)
      await untilItAnswers(store)

      expect(refusals).toEqual(Array(5).fill(unavailable))
      expect(await store.count(start + 1)).toMatchObject({ signedIn: 1, guests: 1 })
      expect(await store.read(late.id, start + 1)).toBeNull()
      expect(await store.read(guest.id, start + 1)).toEqual(opened(guest))
      expect(await store.read(signIn.id, start + 1)).toEqual({ ...opened(signIn), confirmed: true })
    })

    it('A13.2.6 late: carries nothing out later that was refused while the server was down', async () => {
      const server = await newServer(RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always'))
      const store = newStore(server)
      const guest = await openConfirmed(store, newGuest(start))
      const late = newGuest(start + 1)

      await server.kill()
      const refusals = await Promise.all([rejection(tryToOpen(store, late)), rejection(store.end([guest.id], start + 1))])
      await server.restart()
      await untilItAnswers(store)

      expect(refusals).toEqual([unavailable, unavailable])
      expect(await store.count(start + 1)).toMatchObject({ signedIn: 0, guests: 1 })
      expect(await store.read(guest.id, start + 1)).toEqual({ ...opened(guest), confirmed: true })
    })

    it('goes on after a restart that has forgotten everything', async () => {
      const server = await newServer(RedisServer.start())
      const store = newStore(server)
      const guest = await open(store, newGuest(start))

      await server.restart()
      await untilItAnswers(store)

      expect(await store.resume([guest.id], start)).toEqual([null])
      expect(await tryToOpen(store, newGuest(start), { quotas: { sessions: 1 } })).toBe('created')
    })

    function newStore(server: RedisServer): RedisSessionStore {
      const opened = openClient(server.url)
      onTestFinished(() => opened.close())
      return new RedisSessionStore({ client: opened.client, prefix, timeoutMilliseconds })
    }
  })

  it('hands a client without a server no more commands than it can bear, and recovers', async () => {
    const server = await newServer(RedisServer.start())
    const { client } = await storeAndClient(server)
    let handedOver = 0
    const counting: NodeRedisClient = {
      eval: (script, options) => client.eval(script, options),
      evalSha: (sha1, options) => {
        handedOver++
        return client.evalSha(sha1, options)
      }
    }
    const store = new RedisSessionStore({ client: counting, prefix, timeoutMilliseconds })
    await store.count(start)

    server.freeze()
    await Promise.all(Array.from({ length: 150 }, () => rejection(store.count(start))))
    const before = handedOver
    const refusals = await Promise.all(Array.from({ length: 500 }, () => rejection(store.count(start))))
    const after = handedOver
    server.thaw()
    await untilItAnswers(store)

    expect(refusals).toEqual(Array(500).fill(unavailable))
    expect(after - before).toBeLessThanOrEqual(1)
  })

  it('A13.2.6 late: carries nothing out later on a server that has taken over with a clock far behind', async () => {
    const server = await newServer(RedisServer.start())
    const { client } = await storeAndClient(server)
    let ahead = 3_600_000
    const shift = (answer: unknown) => (Array.isArray(answer) ? [Number(answer[0]) + ahead, ...(answer.slice(1) as unknown[])] : answer)
    const shifting: NodeRedisClient = {
      eval: (script, options) => client.eval(script, options).then(shift),
      evalSha: (sha1, options) => client.evalSha(sha1, options).then(shift)
    }
    const store = new RedisSessionStore({ client: shifting, prefix, timeoutMilliseconds })
    await rejection(store.count(start))

    ahead = 0
    server.freeze()
    const refusal = await rejection(tryToOpen(store, newGuest(start)))
    server.thaw()
    await untilItAnswers(store)

    expect(refusal).toEqual(unavailable)
    expect(await store.count(start)).toMatchObject({ signedIn: 0, guests: 0 })
    expect(await tryToOpen(store, newGuest(start))).toBe('created')
  })

  it('begins anew after FLUSHALL, in mid-traffic', async () => {
    const { store, client } = await storeAndClient(await newServer(RedisServer.start()))
    const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'))

    const traffic = Array.from({ length: 20 }, () => store.resume([signIn.id], start + 1))
    await Promise.all([...traffic, client.flushAll(), store.update(signIn.id, 0, '{}', start + 1)])

    expect(await store.resume([signIn.id], start + 1)).toEqual([null])
    expect(await store.count(start + 1)).toMatchObject({ signedIn: 0, guests: 0 })
    expect(await tryToOpen(store, newSignIn(start + 1, 'jsmith'), { quotas: { sessions: 1 } })).toBe('created')
  })

  it('refuses on a read-only replica and goes on where it was when it is the master again', async () => {
    const { store, client } = await storeAndClient(await newServer(RedisServer.start()))
    const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'))

    await client.sendCommand(['REPLICAOF', '127.0.0.1', '1'])
    const refusals = await Promise.all([
      rejection(store.resume([signIn.id], start + minute)),
      rejection(tryToOpen(store, newGuest(start + 1))),
      rejection(store.update(signIn.id, 0, '{"a":1}', start + 1)),
      rejection(store.end([signIn.id], start + 1))
    ])
    const read = await store.read(signIn.id, start + 1)
    const resumed = await store.resume([signIn.id], start + 1)
    await client.sendCommand(['REPLICAOF', 'NO', 'ONE'])

    expect(refusals).toEqual(Array(4).fill(unavailable))
    expect([read, ...resumed]).toEqual(Array(2).fill({ ...opened(signIn), confirmed: true }))
    expect(await store.resume([signIn.id], start + minute)).toEqual([{ ...opened(signIn), confirmed: true, lastSeenAt: start + minute }])
  })

  it('keeps everybody in while the memory is full, lets them leave, and refuses what would need more of it', async () => {
    const { store, client } = await storeAndClient(await newServer(RedisServer.start('--maxmemory-policy', 'noeviction')))
    const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'))
    const guest = await open(store, newGuest(start))

    await client.configSet('maxmemory', '1')
    const refusals = await Promise.all([
      rejection(tryToOpen(store, newSignIn(start + 1, 'mmiller'), { replaces: guest })),
      rejection(store.update(signIn.id, 0, '{"a":1}', start + 1))
    ])
    const [resumed] = await store.resume([signIn.id], start + minute)
    const counted = await store.count(start + 1)
    const ended = await store.end([guest.id], start + 1)
    await client.configSet('maxmemory', '0')

    expect(refusals).toEqual([unavailable, unavailable])
    expect(resumed).toEqual({ ...opened(signIn), confirmed: true, lastSeenAt: start + minute })
    expect(counted).toMatchObject({ signedIn: 1, guests: 1 })
    expect(ended).toEqual([opened(guest)])
    expect(await store.update(signIn.id, 0, '{"a":1}', start + 1)).toBe('updated')
    expect(await tryToOpen(store, newGuest(start + 1))).toBe('created')
  })

  it('refuses while the disk is full and goes on where it was', async () => {
    const server = await newServer(RedisServer.start('--save', '3600', '1', '--enable-protected-configs', 'yes'))
    const { store, client } = await storeAndClient(server)
    const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'))
    const { dir } = await client.configGet('dir')
    if (dir === undefined) throw new Error('redis-server does not tell where it keeps its files')

    // A directory that is gone takes no file, as a full disk takes none.
    await rm(dir, { recursive: true })
    await client.bgSave()
    await expect.poll(() => rejection(store.end([newGuest(start).id], start + 1))).toEqual(unavailable)
    const read = await store.read(signIn.id, start + 1)
    await mkdir(dir)
    await client.configSet('dir', dir)
    await client.bgSave()
    await untilItAnswers(store)

    expect(read?.handle).toBe(signIn.record.handle)
    expect((await store.resume([signIn.id], start + minute))[0]?.handle).toBe(signIn.record.handle)
  })

  it('takes something else under the key of a session for none, and leaves it there', async () => {
    const { store, client } = await storeAndClient(await newServer(RedisServer.start()))
    const guest = await open(store, newGuest(start))
    const key = `${base}session:${hashSessionId(guest.id)}`
    await client.del(key)
    await client.lPush(key, 'of somebody else')

    const answers = await everyVerb(store, guest.id)
    await store.count(start + 365 * 86_400_000)

    expect(answers).toEqual(noSession)
    expect(await client.lRange(key, 0, -1)).toEqual(['of somebody else'])
  })

  it.each(['99 a later version', '2 0 but not in this form', ''])(
    'takes a record that reads %j for none, and leaves it there',
    async (text) => {
      const { store, client } = await storeAndClient(await newServer(RedisServer.start()))
      const guest = await open(store, newGuest(start))
      const key = `${base}session:${hashSessionId(guest.id)}`
      await client.set(key, text)

      const answers = await everyVerb(store, guest.id)
      const year = start + 365 * 86_400_000
      const counted = await store.count(year)

      expect(answers).toEqual(noSession)
      expect(await client.get(key)).toBe(text)
      expect(counted).toMatchObject({ signedIn: 0, guests: 0 })
      expect(await tryToOpen(store, newGuest(year), { quotas: { sessions: 1 } })).toBe('created')
    }
  )

  it.each(['sessions', 'guests:expiry', 'guests:unconfirmed:expiry', 'guests:order', 'handles'])(
    'refuses where something else is under the key %s, and recovers when it is gone',
    async (name) => {
      const { store, client } = await storeAndClient(await newServer(RedisServer.start()))
      await client.set(base + name, 'of somebody else')

      const refusal = await rejection(tryToOpen(store, newGuest(start)))
      const left = await client.get(base + name)
      await client.del(base + name)

      expect(refusal).toEqual(unavailable)
      expect(left).toBe('of somebody else')
      expect(await tryToOpen(store, newGuest(start))).toBe('created')
    }
  )

  it('takes a session for ended whose key somebody has deleted, and gives its place back when it expires', async () => {
    const { store, client } = await storeAndClient(await newServer(RedisServer.start()))
    const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'))
    await client.del(`${base}session:${hashSessionId(signIn.id)}`)

    const resumed = await store.resume([signIn.id], start)
    const counted = await store.count(start + 86_400_000)

    expect(resumed).toEqual([null])
    expect(counted).toMatchObject({ signedIn: 0, guests: 0 })
    expect(await client.keys(`${base}*`)).toEqual([])
  })
})

const servers: RedisServer[] = []

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

async function newServer(starting: Promise<RedisServer>): Promise<RedisServer> {
  const server = await starting
  servers.push(server)
  return server
}

async function storeAndClient(server: RedisServer) {
  const client = createClient({ url: server.url })
  client.on('error', () => undefined)
  onTestFinished(() => client.destroy())
  await client.connect()
  return { client, store: new RedisSessionStore({ client, prefix, timeoutMilliseconds }) }
}

/** How the answer to a request would begin: what was thrown, without its words. */
const unavailable = { code: 'ERR_STORE_UNAVAILABLE', status: 503, retryAfterSeconds: 1 }

async function rejection(answer: Promise<unknown>): Promise<unknown> {
  try {
    return { answer: await answer }
  } catch (error) {
    const { code, status, retryAfterSeconds } = error as typeof unavailable
    return { code, status, retryAfterSeconds }
  }
}

/** What the port answers where there is no session: the login opens its own. */
const noSession = [[null], null, 'ended', [null], 'created'].map((answer) => ({ answer }))

async function everyVerb(store: RedisSessionStore, id: string): Promise<unknown[]> {
  const listing: string[] = []
  for await (const { handle } of store.list({}, start)) listing.push(handle)
  expect(listing).toEqual([])
  return Promise.all([
    rejection(store.resume([id], start)),
    rejection(store.read(id, start)),
    rejection(store.update(id, 0, '{"a":1}', start)),
    rejection(store.end([id], start)),
    rejection(tryToOpen(store, newSignIn(start, 'jsmith'), { replaces: { id, record: newGuest(start).record } }))
  ])
}

async function untilItAnswers(store: RedisSessionStore): Promise<void> {
  const { id, record } = newGuest(start)
  const changesNothing = () => store.create(id, record, { replaces: null, quotas: { ...unlimited, sessions: 0 }, now: start })
  await expect.poll(() => rejection(changesNothing()), { timeout: 15_000 }).toEqual({ answer: 'full' })
}

async function commandsRun(server: RedisServer): Promise<number> {
  const client = await createClient({ url: server.url })
    .on('error', () => undefined)
    .connect()
  const information = await client.info('commandstats')
  client.destroy()
  const calls = ['evalsha', 'mget'].map((command) => Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(information)?.[1] ?? 0))
  return calls.reduce((sum, number) => sum + number)
}
