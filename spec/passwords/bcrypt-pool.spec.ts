import { getEventListeners } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import type { Worker } from 'node:worker_threads'
import { hashSync } from 'bcryptjs'
import { afterEach, describe, expect, it } from 'vitest'

import { DirectoryError } from '../../lib/errors.js'
import { BcryptPool, type BcryptPoolOptions } from '../../lib/passwords/bcrypt-pool.js'
import { digest4D } from '../../lib/passwords/digest-4d.js'

const full = { code: 'ERR_LOGIN_QUEUE_FULL', status: 503 }
const pools: BcryptPool[] = []

function createPool(options: BcryptPoolOptions = {}): BcryptPool {
  const pool = new BcryptPool({ cost: 4, threads: 1, ...options })
  pools.push(pool)
  return pool
}

/** A hash as a pool of that cost makes it. */
function hashAt(cost: number, password: string): string {
  return `bcrypt_4d$${hashSync(digest4D(password), cost)}`
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()))
})

/** The threads that Node starts from now on, in order, until the end of the spec. */
function watchThreads() {
  const threads = {
    started: [] as Worker[],
    onStart: (worker: Worker) => void threads.started.push(worker),
    stop: () => void process.off('worker', listen)
  }
  function listen(worker: Worker): void {
    threads.onStart(worker)
  }
  process.on('worker', listen)
  return threads
}

/** Verifications that differ in their password, so that none shares a hash with another. */
function verifyDifferent(pool: BcryptPool, count: number, address?: string): Promise<PromiseSettledResult<boolean>[]> {
  const request = address === undefined ? {} : { address }
  return Promise.allSettled(Array.from({ length: count }, (_, index) => pool.verify(`${address ?? ''} ${index}`, null, request)))
}

function failures(results: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return results.filter((result) => result.status === 'rejected').map((result): unknown => result.reason)
}

describe('the queue of a BcryptPool', () => {
  it('refuses a login with 503 when it is full, and serves all that wait', async () => {
    const pool = createPool({ maxWaiting: 4 })

    const results = await verifyDifferent(pool, 7)

    expect(failures(results)).toEqual([expect.objectContaining(full), expect.objectContaining(full)])
    expect(results.slice(0, 5)).toEqual(Array(5).fill({ status: 'fulfilled', value: false }))
    expect(pool.statistics).toMatchObject({ completed: 5, refused: 2, waiting: 0, running: 0 })
  })

  it('gives one address a quarter of its places, and others the rest', async () => {
    const pool = createPool({ maxWaiting: 8 })

    const [flood, other, unnamed] = await Promise.all([
      verifyDifferent(pool, 10, '192.0.2.1'),
      verifyDifferent(pool, 2, '192.0.2.2'),
      verifyDifferent(pool, 4)
    ])

    expect(failures(flood)).toHaveLength(7) // one runs at once, two wait
    expect(failures([...other, ...unnamed])).toEqual([])
  })

  it('gives an address its quarter again once its logins have been served', async () => {
    const pool = createPool({ maxWaiting: 8 })
    await verifyDifferent(pool, 10, '192.0.2.1')

    const results = await verifyDifferent(pool, 3, '192.0.2.1')

    expect(failures(results)).toEqual([])
  })

  it('tells when to come again: the measured mean, for each that waits, over the threads', async () => {
    const pool = createPool({ cost: 9, maxWaiting: 500 })
    await pool.verify('warm', null)
    const waiting = verifyDifferent(pool, 501)
    const { meanMilliseconds } = pool.statistics

    const refusal: unknown = await pool.verify('too late', null).catch((error: unknown) => error)

    await pool.close()
    await waiting
    expect(refusal).toBeInstanceOf(DirectoryError)
    expect(refusal).toMatchObject({ ...full, retryAfterSeconds: Math.max(1, Math.ceil((meanMilliseconds * 500) / 1000)) })
    expect(refusal).toHaveProperty(
      'retryAfterSeconds',
      expect.toSatisfy((seconds: number) => seconds > 1)
    )
  })

  it('A2.4.1 queue: lets 14 known users in while four networks send 300 logins', async () => {
    const pool = createPool({ maxWaiting: 64 })
    const networks = (index: number) => [`2001:db8:${index % 4}::/56`, `2001:db8:${index % 4}::/48`]
    const flood = Array.from({ length: 300 }, (_, index) =>
      pool.verify(`wrong ${index}`, null, { address: `2001:db8:${index % 4}::/64`, networks: networks(index) })
    )
    const users = Array.from({ length: 14 }, (_, index) => pool.verify(`user ${index}`, null, { address: `192.0.2.${index}`, known: true }))

    const [flooded, served] = await Promise.all([Promise.allSettled(flood), Promise.allSettled(users)])

    expect(failures(served)).toEqual([])
    // One runs at once, 64 find a place, and 14 of those make room.
    expect(failures(flooded)).toHaveLength(300 - 1 - 64 + 14)
    expect(failures(flooded)).toEqual(Array(249).fill(expect.objectContaining(full)))
  })

  it('forgets a login that had to make room, so that an identical one is hashed anew', async () => {
    const pool = createPool({ maxWaiting: 1 })
    const running = pool.verify('runs', null)
    const waiting = pool.verify('waits', null, { address: '192.0.2.1' }).catch((error: unknown) => error)
    const known = pool.verify('known', null, { address: '192.0.2.2', known: true })
    await running

    const again = await pool.verify('waits', null, { address: '192.0.2.1' })

    expect(await waiting).toMatchObject(full)
    expect([again, await known]).toEqual([false, false])
    expect(pool.statistics).toMatchObject({ completed: 3, refused: 1, shared: 0 })
  })

  it('is left by a login whose client hangs up, which is then never hashed and frees its place', async () => {
    const pool = createPool({ maxWaiting: 4 })
    const client = new AbortController()
    const running = pool.verify('runs', null)
    const gone = pool.verify('gone', null, { address: '192.0.2.1', signal: client.signal })
    const refusedBefore = await pool.verify('too many', null, { address: '192.0.2.1' }).catch((error: unknown) => error)

    client.abort()

    const accepted = pool.verify('accepted', null, { address: '192.0.2.1' })
    await expect(gone).rejects.toMatchObject({ ...full, cause: client.signal.reason as unknown })
    await Promise.all([running, accepted])
    expect(refusedBefore).toMatchObject(full)
    expect(pool.statistics).toMatchObject({ completed: 2, abandoned: 1, work: 2 * 2 ** 4 })
  })

  it('is not entered by a login whose client has hung up before', async () => {
    const pool = createPool()

    const gone = pool.verify('gone', null, { signal: AbortSignal.abort() })

    await expect(gone).rejects.toMatchObject(full)
    expect(pool.statistics).toMatchObject({ completed: 0, running: 0, waiting: 0 })
  })

  it('does not end a thread because the client of a hash that is being made hangs up', async () => {
    const threads = watchThreads()
    const pool = createPool({ cost: 8 })
    const client = new AbortController()
    const running = pool.verify('runs', null, { signal: client.signal })
    const next = pool.verify('next', null)

    client.abort()

    await expect(running).rejects.toMatchObject(full)
    await next
    threads.stop()
    expect(threads.started).toHaveLength(1)
    expect(pool.statistics).toMatchObject({ completed: 2, abandoned: 0, retried: 0 })
  })

  it('keeps no listener on a signal after the answer', async () => {
    const pool = createPool()
    const { signal } = new AbortController()

    await Promise.all([pool.verify('a', null, { signal }), pool.verify('b', null, { signal })])

    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})

describe('identical verifications', () => {
  it('share one hash while it is being made: 50 right ones all succeed with one', async () => {
    const pool = createPool()
    const hash = await pool.hash('secret')
    const before = pool.statistics.completed

    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => pool.verify('secret', hash, { account: '1', address: '192.0.2.1' }))
    )

    expect(outcomes).toEqual(Array(50).fill(true))
    expect(pool.statistics.completed - before).toBe(1)
    expect(pool.statistics.shared).toBe(49)
  })

  it('do not share once it is made', async () => {
    const pool = createPool()
    await pool.verify('secret', null)

    await pool.verify('secret', null)

    expect(pool.statistics).toMatchObject({ completed: 2, shared: 0 })
  })

  it.each([
    ['accounts, so that nobody learns by the time which of them exist', { account: '1' }, { account: '2' }, 'secret', null],
    ['hashes', {}, {}, 'secret', '$2y$04$abcdefghijklmnopqrstuOHAaFgMEOClarCCel/CCFxFJxa3fcx7i'],
    ['passwords', {}, {}, 'Secret', null]
  ])('do not share over different %s', async (_difference, request, otherRequest, otherSecret, otherHash) => {
    const pool = createPool()

    await Promise.all([pool.verify('secret', null, request), pool.verify(otherSecret, otherHash, otherRequest)])

    expect(pool.statistics).toMatchObject({ completed: 2, shared: 0 })
  })

  it('do not share over a password and a digest of the same spelling', async () => {
    const pool = createPool()
    const digest = digest4D('secret')

    const outcomes = await Promise.all([pool.verify({ password: digest }, digest), pool.verify({ hashedPassword: digest }, digest)])

    expect(outcomes).toEqual([false, true])
  })

  it('leave the queue only when the last of their clients has hung up', async () => {
    const pool = createPool()
    const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()]
    const running = pool.verify('runs', null)
    const kept = [first, second].map(({ signal }) => pool.verify('kept', null, { signal }))
    const given = pool.verify('given up', null, { signal: third.signal })

    first.abort()
    third.abort()

    const outcomes = await Promise.allSettled([running, ...kept, given])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
    expect(pool.statistics).toMatchObject({ completed: 2, abandoned: 1 })
  })

  it('begin anew after all have hung up', async () => {
    const pool = createPool()
    const client = new AbortController()
    const running = pool.verify('runs', null)
    const gone = pool.verify('secret', null, { signal: client.signal }).catch((error: unknown) => error)
    client.abort()

    const outcome = await pool.verify('secret', null)

    expect(outcome).toBe(false)
    expect(await gone).toMatchObject(full)
    await running
  })
})

describe('equal work', () => {
  it('A6.3.8: is raised for everybody once a hash of a higher cost has come by', async () => {
    const pool = createPool({ cost: 4 })
    const costly = hashAt(7, 'secret')

    await pool.verify('secret', costly)
    const workBefore = pool.statistics.work
    await pool.verify('anything', null)

    expect(workBefore).toBe(2 ** 7)
    expect(pool.statistics.work - workBefore).toBe(2 ** 7)
    expect(pool.statistics.targetCost).toBe(7)
  })

  it('A6.3.8: is what the cost says also for those that waited when it was raised', async () => {
    const pool = createPool({ cost: 4 })
    const costly = hashAt(6, 'secret')

    await Promise.all([pool.verify('a', null), pool.verify('b', null), pool.verify('secret', costly), pool.verify('c', null)])

    expect(pool.statistics.work).toBe(2 ** 4 + 3 * 2 ** 6) // the first ran already
  })

  it('does not change the cost of new hashes', async () => {
    const pool = createPool({ cost: 4 })
    await pool.verify('secret', hashAt(6, 'secret'))

    const hash = await pool.hash('secret')

    expect(hash).toMatch(/^bcrypt_4d\$\$2b\$04\$[./A-Za-z0-9]{53}$/)
  })
})

describe('upgrade', () => {
  const plainAtFour = '$2y$04$abcdefghijklmnopqrstuOHAaFgMEOClarCCel/CCFxFJxa3fcx7i' // 72 times x
  const x72 = 'x'.repeat(72)

  it.each([
    ['a 4D digest', { password: 'secret' }, () => digest4D('secret')],
    ['a 4D digest, from the digest', { hashedPassword: digest4D('secret') }, () => digest4D('secret')],
    ['bcrypt_4d of a lower cost', { password: 'secret' }, () => hashAt(4, 'secret')],
    ['bcrypt_4d of a lower cost, from the digest', { hashedPassword: digest4D('secret') }, () => hashAt(4, 'secret')],
    ['bcrypt of a lower cost', { password: x72 }, () => plainAtFour]
  ])('O passwords: makes a new hash, good for both headers, of %s', async (_format, secret, stored) => {
    const pool = createPool({ cost: 5 })

    const upgraded = await pool.upgrade(secret, stored())

    expect(upgraded).toMatch(/^bcrypt_4d\$\$2b\$05\$/)
    const digest = 'password' in secret ? digest4D(secret.password) : secret.hashedPassword
    expect(await pool.verify(secret, upgraded)).toBe(true)
    expect(await pool.verify({ hashedPassword: digest }, upgraded)).toBe(true)
  })

  it.each([
    ['bcrypt of the same cost', () => plainAtFour],
    ['bcrypt_4d of the same cost', () => hashAt(4, x72)],
    ['bcrypt_4d of a higher cost', () => hashAt(5, x72)],
    ['a text of no format', () => 'none']
  ])('O passwords: leaves %s alone', async (_format, stored) => {
    const pool = createPool({ cost: 4 })

    const upgraded = await pool.upgrade({ password: x72 }, stored())

    expect(upgraded).toBeNull()
    expect(pool.statistics.completed).toBe(0)
  })
})

describe('the threads of a BcryptPool', () => {
  it('start with the first login, not before', async () => {
    const threads = watchThreads()
    const pool = createPool()
    const before = threads.started.length

    await pool.verify('secret', null)

    threads.stop()
    expect(before).toBe(0)
    expect(threads.started).toHaveLength(1)
  })

  it('are at most as many as asked for', async () => {
    const threads = watchThreads()
    const pool = createPool({ threads: 2 })

    await verifyDifferent(pool, 20)

    threads.stop()
    expect(threads.started).toHaveLength(2)
  })

  it.runIf(process.platform === 'linux')('run at a lower priority than the event loop', async () => {
    const pool = createPool()

    await pool.verify('secret', null)

    const niceOf = (task: string) => Number(readFileSync(`/proc/self/task/${task}/stat`, 'utf8').replace(/^.*\)/s, '').split(' ')[17])
    const own = niceOf(String(process.pid))
    expect(readdirSync('/proc/self/task').filter((task) => niceOf(task) > own)).toHaveLength(1)
  })

  it('are replaced when one dies in mid-hash, and its login is tried once more', async () => {
    const threads = watchThreads()
    const pool = createPool({ cost: 11 })
    const hash = hashAt(4, 'secret')
    await pool.verify('warm', hash)
    const before = pool.statistics.completed

    const login = pool.verify('secret', hash)
    await threads.started.at(-1)?.terminate()

    await expect(login).resolves.toBe(true)
    threads.stop()
    expect(pool.statistics).toMatchObject({ retried: 1, completed: before + 1 })
  })

  it('give up a login whose second thread dies as well, with 503, and serve the next', async () => {
    const threads = watchThreads()
    const pool = createPool({ cost: 10 })
    await pool.verify('warm', null)
    const doomed = pool.verify('doomed', null)
    const waiting = pool.verify('waits', null)
    threads.onStart = (second) => {
      threads.onStart = () => undefined
      void second.terminate()
    }

    await threads.started.at(-1)?.terminate()

    await expect(doomed).rejects.toMatchObject({ ...full, cause: expect.any(Error) as Error })
    await expect(waiting).resolves.toBe(false)
    threads.stop()
    expect(pool.statistics).toMatchObject({ retried: 1, completed: 2 })
  })

  it('leave the event loop free: it turns on while a password is hashed', async () => {
    const pool = createPool({ cost: 10 })
    let turns = 0
    let isHashing = true
    setImmediate(function turn() {
      turns++
      if (isHashing) setImmediate(turn)
    })

    await pool.verify('secret', null)

    isHashing = false
    // Hashed on the event loop, it would have turned once or twice.
    expect(turns).toBeGreaterThan(20)
  })
})

describe('close', () => {
  it('answers those who wait with 503, and lets the hash that is being made come to its end', async () => {
    const pool = createPool()
    const hash = await pool.hash('secret')
    const logins = Promise.allSettled([pool.verify('secret', hash), pool.verify('waits', hash), pool.verify('waits too', hash)])

    await pool.close()

    expect(await logins).toEqual([
      { status: 'fulfilled', value: true },
      { status: 'rejected', reason: expect.objectContaining(full) as DirectoryError },
      { status: 'rejected', reason: expect.objectContaining(full) as DirectoryError }
    ])
  })

  it('ends the threads', async () => {
    const threads = watchThreads()
    const pool = createPool({ threads: 2 })
    await verifyDifferent(pool, 2)

    await pool.close()

    threads.stop()
    expect(threads.started.map((worker) => worker.threadId)).toEqual(threads.started.map(() => -1))
  })

  it('is for good: later logins and hashes get 503, and closing again does no harm', async () => {
    const pool = createPool()
    await pool.verify('secret', null)

    await Promise.all([pool.close(), pool.close()])
    await pool.close()

    await expect(pool.verify('secret', null)).rejects.toMatchObject(full)
    await expect(pool.hash('secret')).rejects.toMatchObject(full)
  })

  it('starts no thread when there was none', async () => {
    const threads = watchThreads()
    const pool = createPool()

    await pool.close()

    threads.stop()
    expect(threads.started).toHaveLength(0)
  })

  it('refuses a login that is identical to one still being verified', async () => {
    const pool = createPool()
    const running = pool.verify('secret', null)
    const closing = pool.close()

    const late = pool.verify('secret', null)

    await expect(late).rejects.toMatchObject(full)
    await expect(running).resolves.toBe(false)
    await closing
  })

  it('leaves another pool of the same process alone', async () => {
    const [pool, other] = [createPool(), createPool()]
    await Promise.all([pool.verify('secret', null), other.verify('secret', null)])
    const hash = other.hash('secret')

    await pool.close()

    expect(await other.verify('secret', await hash)).toBe(true)
    expect(other.statistics.retried).toBe(0)
  })
})

describe('the options of a BcryptPool', () => {
  it.each([
    [{ cost: 3 }, 'cost must be a whole number from 4 to 15, received 3'],
    [{ cost: 16 }, 'cost must be a whole number from 4 to 15, received 16'],
    [{ cost: 10.5 }, 'cost must be a whole number from 4 to 15, received 10.5'],
    [{ cost: '10' }, "cost must be a whole number from 4 to 15, received '10'"],
    [{ cost: null }, 'cost must be a whole number from 4 to 15, received null'],
    [{ threads: 0 }, 'threads must be a whole number from 1 to 1024, received 0'],
    [{ threads: Infinity }, 'threads must be a whole number from 1 to 1024, received Infinity'],
    [{ maxWaiting: 0 }, 'maxWaiting must be a whole number from 1 to 1000000, received 0'],
    [{ maxWaiting: NaN }, 'maxWaiting must be a whole number from 1 to 1000000, received NaN']
  ])('are checked at start-up: %j', (options, message) => {
    const create = () => new BcryptPool(options as never)

    expect(create).toThrow(new TypeError(message))
  })

  it('take undefined as absent', async () => {
    const pool = new BcryptPool({ cost: 4, threads: undefined, maxWaiting: undefined })

    const hash = await pool.hash('secret')

    await pool.close()
    expect(hash).toMatch(/^bcrypt_4d\$\$2b\$04\$/)
  })

  it('default to cost 10', () => {
    const pool = new BcryptPool()

    expect(pool.statistics.targetCost).toBe(10)
  })

  it('default to 32 places for each thread, and at least 64', async () => {
    const refusedOf = async (threads: number, logins: number) => {
      const pool = createPool({ threads })
      const results = verifyDifferent(pool, logins)
      await pool.close()
      await results
      return pool.statistics.refused
    }

    const refused = [await refusedOf(1, 66), await refusedOf(3, 100)]

    expect(refused).toEqual([1, 1])
  })
})

describe('the arguments of a BcryptPool', () => {
  const secretIs = 'secret must be a string, { password: string } or { hashedPassword: string }'

  it.each<[string, (pool: BcryptPool) => Promise<unknown>, string]>([
    ['hash', (pool) => pool.hash(undefined as never), 'password must be a string, received undefined'],
    ['verify, the secret', (pool) => pool.verify(undefined as never, null), secretIs],
    ['verify, the password in it', (pool) => pool.verify({ password: 1234 } as never, null), secretIs],
    ['verify, the hash', (pool) => pool.verify('secret', undefined as never), 'passwordHash must be a string or null, received undefined'],
    ['upgrade', (pool) => pool.upgrade(null as never, 'hash'), secretIs]
  ])('of %s are named when they are of another type, in a rejection', async (_method, call, message) => {
    const pool = createPool()

    const outcome = call(pool)

    await expect(outcome).rejects.toEqual(new TypeError(message))
  })
})
