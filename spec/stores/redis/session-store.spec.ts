import { randomBytes } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'

import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'

import { RedisSessionStore, type RedisSessionStoreOptions } from 'express-4d-directory/redis'
import { behavesLikeASessionStore } from '../../../lib/testing/behaves-like-a-session-store.js'
import {
  hour,
  minute,
  newGuest,
  newSignIn,
  open,
  opened,
  openConfirmed,
  present,
  start,
  tally,
  tryToOpen,
  watch
} from '../../../lib/testing/store-spec.js'
import { followsTheModel } from '../../contracts/follows-the-model.js'
import { keepsToItsBudgets } from '../../contracts/keeps-to-its-budgets.js'
import { patience } from '../../support/patience.js'
import { expectWarnings } from '../../support/quiet-warnings.js'
import { redisLibraries, type OpenedClient } from '../../support/redis-clients.js'
import { describeWithRedis } from '../../support/redis-server.js'

expectWarnings('EXPRESS_4D_DIRECTORY_LISTENER')

describeWithRedis('RedisSessionStore', (server) => {
  for (const { library, open: openClient } of redisLibraries) {
    describe(`through ${library}`, () => {
      let client: OpenedClient

      beforeAll(() => {
        client = openClient(server().url)
      })

      afterAll(() => client.close())

      behavesLikeASessionStore({ describe, it }, () => newStoreOf(client, {}))
      const budgets = { maxGuests: 3, maxUnconfirmed: 2 }
      followsTheModel(() => newStoreOf(client, budgets), { budgets, runs: 40 })

      it('forgets no session when the server forgets its scripts', async () => {
        const admin = await newAdmin()
        const store = newStoreOf(client, {})
        const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'))

        await admin.scriptFlush()
        const [resumed] = await store.resume([signIn.id], start + 1)
        await admin.scriptFlush()
        const updated = await store.update(signIn.id, 0, '{"a":1}', start + 1)
        await admin.scriptFlush()
        const answer = await tryToOpen(store, newSignIn(start + 1, 'jsmith'), { replaces: signIn, replacesVersion: 1 })

        expect(resumed?.handle).toBe(signIn.record.handle)
        expect([updated, answer]).toEqual(['updated', 'created'])
      })

      it('resumes with one plain read while no slide is due, whatever the number of candidates', async () => {
        const store = newStoreOf(client, {})
        const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'))
        const candidates = [...Array.from({ length: 31 }, () => newGuest(start).id), signIn.id]
        const commands = await monitor()

        await store.resume([signIn.id], start + 9999)
        await store.resume(candidates, start + 9999)

        expect(await commands()).toEqual(['mget', 'mget'])
      })

      it('writes the first visit, and then a slide when it is due', async () => {
        const store = newStoreOf(client, {})
        const signIn = await open(store, newSignIn(start, 'jsmith'))
        const commands = await monitor()

        const confirmed = await store.resume([signIn.id], start + 1)
        const due = await store.resume([signIn.id], start + 10_000)
        const again = await store.resume([signIn.id], start + 10_001)

        expect(await commands()).toEqual(['mget', 'evalsha', 'mget', 'evalsha', 'mget'])
        expect(confirmed).toEqual([{ ...opened(signIn), confirmed: true }])
        expect(due).toEqual([{ ...opened(signIn), confirmed: true, lastSeenAt: start + 10_000 }])
        expect(again).toEqual(due)
      })

      it('needs one command for every other verb', async () => {
        const store = newStoreOf(client, {})
        const everyVerb = async () => {
          const signIn = await open(store, newSignIn(start, 'jsmith'))
          await store.update(signIn.id, 0, '{"a":1}', start)
          await store.read(signIn.id, start)
          await store.count(start)
          for await (const { handle } of store.list({}, start)) await store.endByHandle(handle, start)
        }
        await everyVerb()
        const commands = await monitor()

        await everyVerb()

        expect(await commands()).toEqual(['evalsha', 'evalsha', 'mget', 'evalsha', 'evalsha', 'evalsha'])
      })
    })
  }

  describe('where each request slides', () => {
    let client: OpenedClient

    beforeAll(() => {
      client = redisLibraries[0].open(server().url)
    })

    afterAll(() => client.close())

    followsTheModel(() => newStoreOf(client, { slideAfterSeconds: 0 }), { runs: 20 })
    keepsToItsBudgets((budgets) => newStoreOf(client, { ...budgets, slideAfterSeconds: 0 }))
  })

  describe('two of them on one server', () => {
    it('A7.4.1, V CVE-2025-46336: what one has ended is dead for the other, with an update in flight there', async () => {
      const { here, there } = twoStores()

      for (let round = 0; round < 20; round++) {
        const signIn = await openConfirmed(here, newSignIn(start, 'jsmith'))
        const [, [ended]] = await Promise.all([
          there.update(signIn.id, 0, '{"late":true}', start),
          here.end([signIn.id], start),
          there.resume([signIn.id], start + 1)
        ])

        expect(ended?.handle).toBe(signIn.record.handle)
        expect(await there.resume([signIn.id], start + 1)).toEqual([null])
        expect(await there.update(signIn.id, 0, '{"late":true}', start)).toBe('ended')
        expect(await there.update(signIn.id, 1, '{"late":true}', start)).toBe('ended')
      }
    })

    it('loses none of 200 concurrent increments from both', async () => {
      const { here, there } = twoStores()
      const signIn = await open(here, newSignIn(start, 'jsmith', { storage: '{"n":0}' }))
      const increments = async (store: RedisSessionStore) => {
        for (let left = 100; left > 0;) {
          const { storage, version } = present(await store.read(signIn.id, start))
          const { n } = JSON.parse(storage) as { n: number }
          if ((await store.update(signIn.id, version, JSON.stringify({ n: n + 1 }), start)) === 'updated') left--
        }
      }

      await Promise.all([increments(here), increments(there)])

      expect((await here.read(signIn.id, start))?.storage).toBe('{"n":200}')
    })

    it('opens exactly 7 sessions when 50 logins from both race for 7 places', async () => {
      const { here, there } = twoStores()
      const logins = Array.from({ length: 50 }, (_, number) => newSignIn(start, `user ${number}`))

      const answers = await Promise.all(
        logins.map((signIn, number) => tryToOpen(number % 2 ? here : there, signIn, { quotas: { sessions: 7 } }))
      )

      expect(tally(answers)).toEqual({ created: 7, full: 43 })
      expect(await there.count(start)).toMatchObject({ signedIn: 7, guests: 0 })
    })

    it('tells of a removal in the process that removed', async () => {
      const { here, there } = twoStores()
      const [removedHere, removedThere] = [watch(here), watch(there)]
      const signIn = await open(here, newSignIn(start, 'jsmith'))

      await there.count(start + hour)
      await here.count(start + hour)

      expect(removedHere).toEqual([])
      expect(removedThere).toEqual([{ record: opened(signIn), reason: 'idle' }])
    })
  })

  it('V CVE-2019-16782: keeps no id in clear, in keys or in values', async () => {
    const prefix = newPrefix()
    const { store, admin } = await newStore({ prefix })
    const guest = await open(store, newGuest(start))
    const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'), { replaces: guest })
    await openConfirmed(store, newGuest(start))

    const kept = await everythingUnder(admin, prefix)

    expect(kept.toUpperCase()).toContain(signIn.record.handle.toUpperCase())
    expect(kept.toUpperCase()).not.toContain(signIn.id)
    expect(kept.toUpperCase()).not.toContain(guest.id)
  })

  it('keeps of a user what the port says, though the provider gives more', async () => {
    const prefix = newPrefix()
    const { store, admin } = await newStore({ prefix })
    const user = { ID: '1', userName: 'jsmith', fullName: '', passwordHash: 'a hash that nobody should see' }

    await open(store, newSignIn(start, user))

    expect(await everythingUnder(admin, prefix)).not.toContain('a hash that nobody should see')
  })

  it('leaves nothing behind but keys that collect themselves', async () => {
    const prefix = newPrefix()
    const { store, admin } = await newStore({ prefix })
    const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'))
    const guest = await open(store, newGuest(start))
    const [key] = await admin.keys(`${prefix}*}:session:*`)

    const milliseconds = await admin.pTTL(key ?? '')
    await store.end([signIn.id], start)
    await store.count(start + hour)

    expect(milliseconds).toBeGreaterThan(24 * hour)
    expect(milliseconds).toBeLessThanOrEqual(25 * hour)
    expect(await store.read(guest.id, start + hour)).toBeNull()
    expect(await admin.keys(`${prefix}*`)).toEqual([])
  })

  it.each([
    { by: 'counts', meet: (store: RedisSessionStore, now: number) => store.count(now) },
    {
      by: 'logins',
      meet: (store: RedisSessionStore, now: number) => open(store, newSignIn(now, 'somebody else', { idleMilliseconds: 1 }))
    },
    {
      by: 'visits of others',
      meet: (store: RedisSessionStore, now: number) => openConfirmed(store, newGuest(now, { idleMilliseconds: 1 }))
    }
  ])('meets hundreds that nobody touches after a clock was put back by two days, through $by', async ({ meet }) => {
    const { store } = await newStore({})
    const untouched = Array.from({ length: 250 }, (_, number) => newSignIn(start + 48 * hour + number, `user ${number}`))
    await Promise.all(untouched.map((signIn) => open(store, signIn)))

    for (let call = 0; call < 4; call++) await meet(store, start + call)
    const alive = await store.count(start + hour - 1)

    expect(alive.signedIn).toBe(250)
    expect(await store.count(start + hour + 3)).toMatchObject({ signedIn: 0, guests: 0 })
    expect(
      await store.resume(
        untouched.slice(0, 32).map(({ id }) => id),
        start + hour + 3
      )
    ).toEqual(Array(32).fill(null))
  })

  it('counts exactly though more has expired than one call clears away', async () => {
    const { store } = await newStore({})
    await Promise.all(Array.from({ length: 250 }, (_, number) => open(store, newSignIn(start, `user ${number}`))))
    const removals = watch(store)

    const counted = await store.count(start + hour)
    const answer = await tryToOpen(store, newSignIn(start + hour, 'jsmith'), { quotas: { sessions: 1 } })
    const second = await tryToOpen(store, newSignIn(start + hour, 'mmiller'), { quotas: { sessions: 1 } })
    await store.count(start + hour)

    expect(counted).toMatchObject({ signedIn: 0, guests: 0 })
    expect([answer, second]).toEqual(['created', 'full'])
    expect(new Set(removals?.map(({ record }) => record.handle)).size).toBe(250)
    expect(removals?.length).toBe(250)
  })

  it('carries a create and an update out once that a client sends twice', async () => {
    const prefix = newPrefix()
    const { client } = await newStore({ prefix })
    const sendsTwice = {
      mGet: (keys: string[]) => client.mGet(keys),
      eval: (...given: Parameters<typeof client.eval>) => client.eval(...given).then(() => client.eval(...given)),
      evalSha: (...given: Parameters<typeof client.evalSha>) => client.evalSha(...given).then(() => client.evalSha(...given))
    }
    const store = new RedisSessionStore({ client: sendsTwice, prefix, timeoutMilliseconds: patience })

    const signIn = newSignIn(start, 'jsmith')
    const created = await tryToOpen(store, signIn, { quotas: { sessions: 1, sessionsPerUser: 1, whenUserIsFull: 'refuse' } })
    const updated = await store.update(signIn.id, 0, '{"a":1}', start)
    const behind = await store.update(signIn.id, 0, '{"a":1}', start)

    expect([created, updated, behind]).toEqual(['created', 'updated', 'conflict'])
    expect((await store.read(signIn.id, start))?.version).toBe(1)
    expect(await store.count(start)).toMatchObject({ signedIn: 1, guests: 0 })
  })

  it("finds its keys under a prefix of the client's own", async () => {
    const client = new Redis(server().url, { keyPrefix: newPrefix() })
    onTestFinished(() => client.disconnect())
    const store = new RedisSessionStore({ client, timeoutMilliseconds: patience })
    const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'))

    const ended = await store.endByHandle(signIn.record.handle, start)

    expect(ended?.handle).toBe(signIn.record.handle)
    expect(await store.count(start)).toMatchObject({ signedIn: 0, guests: 0 })
  })

  it('keeps sites apart by their prefix', async () => {
    const { store } = await newStore({})
    const { store: other } = await newStore({})
    const signIn = await open(store, newSignIn(start, 'jsmith'))

    expect(await other.resume([signIn.id], start)).toEqual([null])
    expect(await other.endByHandle(signIn.record.handle, start)).toBeNull()
    expect(await other.count(start)).toMatchObject({ signedIn: 0, guests: 0 })
  })

  it.each([
    ['allkeys-lru', 1],
    ['volatile-lru', 1],
    ['volatile-ttl', 0],
    ['noeviction', 0]
  ])('warns of a server with the policy %s, so many times: %d', async (policy, times) => {
    const { store, admin } = await newStore({})
    const warnings: string[] = []
    const listener = (warning: Error & { code?: string }) => {
      if (warning.code === 'EXPRESS_4D_DIRECTORY_REDIS_EVICTION') warnings.push(warning.message)
    }
    process.on('warning', listener)
    onTestFinished(() => {
      process.off('warning', listener)
    })
    onTestFinished(async () => {
      await admin.configSet('maxmemory-policy', 'noeviction')
    })
    await admin.configSet('maxmemory-policy', policy)

    // Answers come in the order of the questions: the fourth comes after what the store asked of its own accord.
    for (let question = 0; question < 4; question++) await store.count(start)
    await setImmediate()

    expect(warnings).toHaveLength(times)
    for (const warning of warnings) expect(warning).toContain(policy)
  })

  it('takes less memory than the guides say', async () => {
    const { store, admin } = await newStore({})
    await store.count(start)
    const user = (number: number) => ({
      ID: randomBytes(16).toString('hex').toUpperCase(),
      userName: `user${number}`,
      fullName: 'Jane Smith'
    })
    const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
    const before = await usedMemory(admin)

    for (let number = 0; number < 2000; number += 100) {
      const signIns = Array.from({ length: 100 }, (_, index) => newSignIn(start, user(number + index), { userAgent }))
      await Promise.all(signIns.map((signIn) => openConfirmed(store, signIn)))
    }
    const bytes = ((await usedMemory(admin)) - before) / 2000

    expect(bytes).toBeLessThan(1500)
    expect(bytes).toBeGreaterThan(300)
  })

  function newStoreOf({ client }: OpenedClient, options: Partial<RedisSessionStoreOptions>): RedisSessionStore {
    return new RedisSessionStore({ client, prefix: newPrefix(), timeoutMilliseconds: patience, ...options })
  }

  function twoStores() {
    const prefix = newPrefix()
    const [one, , two] = redisLibraries
    const [a, b] = [one.open(server().url), two.open(server().url)]
    onTestFinished(() => {
      a.close()
      b.close()
    })
    const make = ({ client }: OpenedClient) => new RedisSessionStore({ client, prefix, timeoutMilliseconds: patience })
    return { here: make(a), there: make(b) }
  }

  async function newAdmin() {
    const client = await createClient({ url: server().url })
      .on('error', () => undefined)
      .connect()
    onTestFinished(() => client.destroy())
    return client
  }

  async function newStore(options: Partial<RedisSessionStoreOptions>) {
    const client = await newAdmin()
    const store = new RedisSessionStore({ client, prefix: newPrefix(), timeoutMilliseconds: patience, ...options })
    return { client, admin: await newAdmin(), store }
  }

  /** What clients send from now on; what scripts do inside is not told. */
  async function monitor(): Promise<() => Promise<readonly string[]>> {
    const lines: string[] = []
    const watcher = await newAdmin()
    await watcher.monitor((line) => lines.push(line))
    const admin = await newAdmin()
    const ownNoise = ['hello', 'client', 'echo', 'monitor', 'info', 'config', 'select']
    return async () => {
      const mark = randomBytes(6).toString('hex')
      await admin.echo(mark)
      await expect.poll(() => lines.some((line) => line.includes(mark))).toBe(true)
      const sent = lines.filter((line) => !line.includes(' lua] ')).map((line) => (/\] "(\w+)"/.exec(line)?.[1] ?? line).toLowerCase())
      return sent.filter((command) => !ownNoise.includes(command))
    }
  }
})

describe('RedisSessionStore at start-up', () => {
  const client = { eval: () => Promise.resolve(), evalSha: () => Promise.resolve() }

  it.each([
    [{ timeoutMilliseconds: 0 }, 'timeoutMilliseconds'],
    [{ timeoutMilliseconds: 1.5 }, 'timeoutMilliseconds'],
    [{ timeoutMilliseconds: 2 ** 31 }, 'timeoutMilliseconds'],
    [{ maxGuests: -1 }, 'maxGuests'],
    [{ maxGuests: Number.NaN }, 'maxGuests'],
    [{ prefix: 'a{}b' }, 'prefix'],
    [{ client: {} as typeof client }, 'client'],
    [{ client: undefined as unknown as typeof client }, 'client']
  ])('refuses %j and names what is wrong', (options, name) => {
    expect(() => new RedisSessionStore({ client, ...options })).toThrow(name)
  })

  it('asks a client nothing before there is a request', () => {
    let asked = 0
    const counting = { eval: () => Promise.resolve(asked++), evalSha: () => Promise.resolve(asked++) }

    new RedisSessionStore({ client: counting })

    expect(asked).toBe(0)
  })

  it('shows no address, no password and no stored text of a client that fails', async () => {
    const command = { args: ['{"secret":"stored text"}'] }
    const failing = {
      eval: () => Promise.reject(new Error('gone')),
      evalSha: () => Promise.reject(Object.assign(new Error('gone'), { command }))
    }
    const store = new RedisSessionStore({ client: failing })

    const error: unknown = await store
      .update('A'.repeat(32), 0, '{"secret":"stored text"}', start + minute)
      .catch((reason: unknown) => reason)

    expect(error).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', cause: { message: 'gone' } })
    expect((error as Error).cause).not.toHaveProperty('command')
  })
})

function newPrefix(): string {
  return `spec-${randomBytes(6).toString('hex')}:`
}

type Admin = ReturnType<typeof createClient>

async function usedMemory(admin: Pick<Admin, 'info'>): Promise<number> {
  return Number(/used_memory_dataset:(\d+)/.exec(await admin.info('memory'))?.[1])
}

/** Every key under a prefix, and the serialised value of each. */
async function everythingUnder(
  admin: Pick<Admin, 'keys' | 'type' | 'get' | 'hGetAll' | 'zRangeWithScores'>,
  prefix: string
): Promise<string> {
  const keys = await admin.keys(`${prefix}*`)
  const values = await Promise.all(
    keys.map(async (key) => {
      const type = await admin.type(key)
      if (type === 'string') return admin.get(key)
      return type === 'hash' ? admin.hGetAll(key) : admin.zRangeWithScores(key, 0, -1)
    })
  )
  return JSON.stringify([keys, values])
}
