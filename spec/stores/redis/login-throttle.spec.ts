import { randomUUID } from 'node:crypto'

import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { IoredisClient } from '../../../lib/stores/redis/client.js'
import type { ThrottleLimits } from '../../../lib/auth/throttle/login-throttle.js'
import { RedisLoginThrottle, type RedisLoginThrottleOptions } from '../../../lib/stores/redis/login-throttle.js'
import { agreesWithTheThrottleModel } from '../../contracts/agrees-with-the-throttle-model.js'
import { behavesLikeALoginThrottle } from '../../contracts/behaves-like-a-login-throttle.js'
import { askRedis } from '../../support/ask-redis.js'
import { LoginAttempts, noon, secondMilliseconds, strangersAddress, times } from '../../support/login-attempts.js'
import { patience } from '../../support/patience.js'
import { redisLibraries, type OpenedClient } from '../../support/redis-clients.js'
import { describeWithRedis } from '../../support/redis-server.js'

type Options = Omit<RedisLoginThrottleOptions, 'client'>

describeWithRedis('RedisLoginThrottle', (server) => {
  const opened: OpenedClient[] = []
  const open = (library: (typeof redisLibraries)[number] = redisLibraries[0]): OpenedClient => {
    const client = library.open(server().url)
    opened.push(client)
    return client
  }
  afterAll(() => opened.forEach((client) => client.close()))

  const start = (options: Options = {}, library?: (typeof redisLibraries)[number]): LoginAttempts => {
    const { client } = open(library)
    return new LoginAttempts(new RedisLoginThrottle({ prefix: randomUUID(), timeoutMilliseconds: patience, ...options, client }))
  }

  describe('over redis 6', () => {
    let client: OpenedClient
    beforeAll(() => {
      client = open()
    })

    const create = (limits?: ThrottleLimits): RedisLoginThrottle => {
      return new RedisLoginThrottle({ ...limits, client: client.client, prefix: randomUUID(), timeoutMilliseconds: patience })
    }
    behavesLikeALoginThrottle(create)
    agreesWithTheThrottleModel(create, { runs: 60, looksByItself: true })
  })

  it.each(redisLibraries)('A6.3.1: verifies ten of 100 parallel guesses over $library', async (library) => {
    const attempts = start({}, library)

    const verified = await attempts.verifyInParallel(
      'failure',
      times(100, () => ({}))
    )

    expect(verified).toBe(10)
  })

  it('A6.3.1: verifies ten of 200 parallel guesses that two processes share', async () => {
    const prefix = randomUUID()
    const [here, there] = [start({ prefix }), start({ prefix }, redisLibraries[2])]

    const guesses = (name: string) => times(100, (turn) => ({ secret: `${name} ${turn}` }))
    const verified = await Promise.all([here.verifyInParallel('failure', guesses('a')), there.verifyInParallel('failure', guesses('b'))])

    expect(verified[0] + verified[1]).toBe(10)
  })

  it('A6.3.1: knows in one process what was wrong in another, and counts it once', async () => {
    const prefix = randomUUID()
    const [here, there] = [start({ prefix }), start({ prefix })]

    for (const attempts of [here, there, here, there]) await attempts.failTimes(5, () => ({ secret: 'stale' }))

    expect(await here.peek()).toBe('allowed')
  })

  it('A6.3.1: lets an attempt go on that waited for one in another process', async () => {
    const prefix = randomUUID()
    const [here, there] = [start({ prefix, failuresPerAccount: 1 }), start({ prefix, failuresPerAccount: 1 })]
    const pending = await there.reserve({ secret: 'one' })
    const waiting = here.reserve({ secret: 'another' })
    await here.peek({ account: 'other' })

    if (pending.allowed) await pending.settle('abandoned', noon)

    expect(await waiting).toMatchObject({ allowed: true })
  })

  it('gives the place of a process that died to others after a minute', async () => {
    const attempts = start({ failuresPerAccount: 1 })
    await attempts.reserve()

    attempts.now += 60 * secondMilliseconds

    expect(await attempts.peek()).toBe('allowed')
  })

  it('still counts a failure that took longer than its place was held', async () => {
    const attempts = start({ failuresPerAccount: 1 })
    const slow = await attempts.reserve()

    attempts.now += 90 * secondMilliseconds
    await attempts.peek()
    const settlement = slow.allowed ? await slow.settle('failure', attempts.now) : null

    expect(settlement).toEqual({ limited: true, locked: false })
    expect(await attempts.peek()).toMatchObject({ limit: 'account' })
  })

  it('A6.3.1: counts a failure once when the client sends its command twice, as ioredis does after a reconnect', async () => {
    const inner = new Redis(server().url)
    const twice = async (send: () => Promise<unknown>): Promise<unknown> => {
      await send()
      return send()
    }
    const client: IoredisClient = {
      eval: (...values) => twice(() => inner.eval(...values)),
      evalsha: (...values) => twice(() => inner.evalsha(...values))
    }
    const attempts = new LoginAttempts(new RedisLoginThrottle({ client, prefix: randomUUID(), timeoutMilliseconds: patience }))

    await attempts.failTimes(10)
    const refusal = await attempts.peek()
    inner.disconnect()

    expect(refusal).toMatchObject({ retryAfterSeconds: 30 })
  })

  it('goes on after SCRIPT FLUSH', async () => {
    const attempts = start()
    await attempts.failTimes(5)

    await askRedis(server().port, 'SCRIPT FLUSH')
    await attempts.failTimes(5)

    expect(await attempts.peek()).toMatchObject({ allowed: false })
  })

  it('N 3.2.2: lets Redis collect everything that it keeps, locked accounts as well', async () => {
    const prefix = randomUUID()
    const attempts = start({ prefix })
    await attempts.succeed({ address: '203.0.113.7' })
    await attempts.failFromStrangers(100)
    await attempts.fail({ account: 'other' })
    await attempts.reserve({ account: 'other', address: '203.0.113.9' })

    const keys = (await askRedis(server().port, `KEYS ${prefix}*`)).match(/[^\s$*]+login-throttle[^\s]+/g) ?? []
    const kept = []
    for (const key of keys) if ((await askRedis(server().port, `TTL ${key}`)).trim() === ':-1') kept.push(key.slice(prefix.length))

    expect(keys.length).toBeGreaterThan(100)
    expect(kept).toEqual(['{login-throttle}:hash-key'])
  })

  it('A2.4.1 names: keeps no more made-up names than it may, and the latest', async () => {
    const prefix = randomUUID()
    const attempts = start({ prefix, maxKeys: 20 })

    for (let turn = 0; turn < 300; turn++) {
      await attempts.fail({ account: `made up ${turn}`, address: strangersAddress(turn) })
      attempts.now += 1
    }

    const keys = await askRedis(server().port, `KEYS ${prefix}*made*`)
    expect(keys.match(/failures:/g)).toHaveLength(20)
    expect(keys.match(/wrong:/g)).toHaveLength(20)
    expect(keys).toContain('made up 299')
  })

  it('A2.4.1 names: keeps accounts that wait, IDs and known addresses under a flood of made-up names', async () => {
    const attempts = start({ maxKeys: 20 })
    const home = { account: 'ann', userID: 'ID 2', address: '203.0.113.7' }
    await attempts.succeed(home)
    await attempts.failTimes(10)
    await attempts.failTimes(10, (turn) => ({ account: `alias ${turn}`, userID: 'ID 1' }))

    await attempts.failTimes(100, (turn) => ({ account: `made up ${turn}`, address: strangersAddress(turn) }))

    expect(await attempts.peek()).toMatchObject({ limit: 'account-and-address' })
    expect(await attempts.checkOf('abandoned', { account: 'alias 11', userID: 'ID 1' })).toBe('refuse-alike')
    expect(await attempts.reserve(home)).toMatchObject({ known: true })
  })

  it('A6.3.1: knows in one process the addresses that logged in to another', async () => {
    const prefix = randomUUID()
    const [here, there] = [start({ prefix }), start({ prefix })]
    await there.succeed({ userID: 'ID 1' })
    await there.failTimes(10, (turn) => ({ userID: 'ID 1', address: strangersAddress(turn) }))

    const known = await here.reserve({ userID: 'ID 1' })
    const stranger = await here.peek({ userID: 'ID 1', address: '203.0.113.7' })

    expect(known).toMatchObject({ allowed: true, known: true })
    expect(stranger).toMatchObject({ limit: 'account' })
  })

  it('A16.2.5: keeps no secret, and with a hashKey nothing to try guesses out with', async () => {
    const prefix = randomUUID()
    const attempts = start({ prefix, hashKey: 'k'.repeat(32) })
    await attempts.fail({ secret: 'hunter2' })
    await attempts.reserve({ secret: 'hunter3' })

    const keys = await askRedis(server().port, `KEYS ${prefix}*`)
    const wrong = await askRedis(server().port, `GET ${prefix}{login-throttle}:wrong:jsmith`)

    expect(keys).not.toContain('hash-key')
    expect(wrong).toMatch(/\s[\w+/]{43}=:1\s/)
    expect(wrong).not.toContain('hunter')
  })

  it('A16.5.2: rejects with ERR_STORE_UNAVAILABLE while Redis is away, and recovers by itself', async () => {
    const attempts = start({ timeoutMilliseconds: 300 })
    await attempts.succeed()

    server().freeze()
    const outcome = await attempts.reserve().catch((error: unknown) => error)
    server().thaw()
    const again = await retry(() => attempts.succeed())

    expect(outcome).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', status: 503 })
    expect(again).toEqual({ limited: false, locked: false })
  })
})

describe('the options of RedisLoginThrottle', () => {
  const client = { eval: () => Promise.resolve(), evalSha: () => Promise.resolve() }

  it.each([
    ['timeoutMilliseconds', { client, timeoutMilliseconds: 0 }, /timeoutMilliseconds .* received 0/],
    ['failuresPerAccount', { client, failuresPerAccount: 1.5 }, /failuresPerAccount .* received 1\.5/],
    ['hashKey', { client, hashKey: 'hunter2' }, /hashKey .* at least 32 characters, received a string of 7 characters/],
    ['prefix', { client, prefix: '{}' }, /prefix/],
    ['client', { client: {} as typeof client }, /client/]
  ])('are refused with the name of the option and what is wanted: %s', (_, options, message) => {
    expect(() => new RedisLoginThrottle(options)).toThrow(message)
  })
})

async function retry<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let left = 50; ; left--) {
    try {
      return await work()
    } catch (error) {
      if (left === 0) throw error
    }
  }
}
