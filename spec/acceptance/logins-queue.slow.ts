import { once } from 'node:events'
import { request } from 'node:http'
import { availableParallelism } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'

import { describe, expect, it, onTestFinished } from 'vitest'

import { BcryptPool, type BcryptPoolOptions, type DirectoryRouterOptions, LruSessionStore, StaticProvider } from '../../lib/index.js'
import { Crowd } from '../support/crowd.js'
import { Gate } from '../support/gate.js'
import { readError, readResult } from '../support/read-result.js'
import { groups, users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { type Answer, Visitor } from '../support/visitor.js'
import { mountBehindProxy } from '../support/ways-to-log-in.js'

function createPool(options: BcryptPoolOptions): BcryptPool {
  const pool = new BcryptPool({ threads: 1, ...options })
  onTestFinished(() => pool.close())
  return pool
}

/** The first `crowdSize` logins reach the pool in one turn of the event loop. Each is of another name, from an address that may be chosen. */
async function serveCrowd(crowdSize: number, options: Partial<DirectoryRouterOptions>) {
  const people = new StaticProvider({ users, groups })
  const crowd = new Crowd(crowdSize)
  const findUser = async (userName: string) => {
    await crowd.arrive()
    return people.findUser(userName)
  }
  const served = await serve({ provider: { findUser, belongsTo: () => Promise.resolve(false) }, ...options }, mountBehindProxy)
  const logIn = (userName: string, address: string): Promise<Answer> =>
    new Visitor(served.url).logsInAs(userName, 'smith', { 'x-forwarded-for': address })
  return { ...served, crowd, logIn }
}

function times<Result>(count: number, make: (turn: number) => Result): Promise<Awaited<Result>[]> {
  return Promise.all(Array.from({ length: count }, (_, turn) => make(turn)))
}

/** The directory makes its own, and so closes it. */
const defaultPool = { passwords: undefined }

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate()
}

describe('the queue of logins', () => {
  it('serves as many as it holds, and answers the others with 503 and when to come again', async () => {
    const passwords = createPool({ cost: 4, maxWaiting: 8 })
    const { logIn } = await serveCrowd(20, { passwords })

    const answers = await times(20, (turn) => logIn(`nobody ${turn}`, `192.0.2.${turn}`))

    const refused = answers.filter(({ status }) => status === 503)
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(9)
    expect(refused).toHaveLength(11)
    expect(refused.map((answer) => [readResult(answer), readError(answer)?.errCode])).toEqual(Array(11).fill([false, 9]))
    expect(refused.every(({ headers }) => /^[1-9]\d*$/.test(headers['retry-after'] ?? ''))).toBe(true)
    expect(passwords.statistics).toMatchObject({ completed: 9, refused: 11 })
  })

  it('gives one address a quarter, and another address gets in', async () => {
    const passwords = createPool({ cost: 4, maxWaiting: 8 })
    const { logIn } = await serveCrowd(21, { passwords })

    const [other, ...flood] = await times(21, (turn) =>
      logIn(turn === 0 ? 'jsmith' : `nobody ${turn}`, turn === 0 ? '203.0.113.9' : '192.0.2.1')
    )

    const served = flood.filter(({ status }) => status === 401)
    expect(other?.status).toBe(200)
    // Two places, and a third login where the first found the thread free.
    expect([2, 3]).toContain(served.length)
    expect(flood.filter(({ status }) => status === 503)).toHaveLength(20 - served.length)
  })

  it('counts a login that it refused for nothing', async () => {
    const { url } = await serveCrowd(12, { passwords: createPool({ cost: 4, maxWaiting: 1 }) })
    const throttled = await times(12, (turn) => new Visitor(url).logsInAs('jsmith', `guess ${turn}`))

    const right = await new Visitor(url).logsInAs('jsmith', 'smith')

    expect(throttled.some(({ status }) => status === 503)).toBe(true)
    expect(right.status).toBe(200)
  })
})

describe('A client that hangs up', () => {
  it('leaves the queue, and counts for nothing in the throttle', async () => {
    const passwords = createPool({ cost: 11, maxWaiting: 40 })
    const { url } = await serveCrowd(10, { passwords })
    const clients = Array.from({ length: 10 }, (_, turn) => {
      const headers = { 'username-4D': 'jsmith', 'password-4D': `guess ${turn}` }
      return request(`${url}/rest/$directory/login`, { method: 'POST', headers, agent: false })
        .on('error', () => undefined)
        .end()
    })
    await until(() => passwords.statistics.waiting === 9)

    for (const client of clients) client.destroy()
    await until(() => passwords.statistics.waiting === 0)
    const right = await new Visitor(url).logsInAs('jsmith', 'smith')

    expect(passwords.statistics.abandoned).toBeGreaterThan(0)
    expect(right.status).toBe(200)
  })

  it('before its login begins is never hashed', async () => {
    const gate = new Gate()
    class SlowStore extends LruSessionStore {
      override async resume(...args: Parameters<LruSessionStore['resume']>) {
        await gate.pass()
        return super.resume(...args)
      }
    }
    const passwords = createPool({ cost: 4 })
    const { url, server, directory } = await serve({ passwords, store: new SlowStore() })
    const told: string[] = []
    directory.events.on('event', ({ event }) => told.push(event))
    const answers: Promise<unknown>[] = []
    server.prependListener('request', (_req, res) => answers.push(once(res, 'close')))
    const headers = { 'username-4D': 'jsmith', 'password-4D': 'guess', cookie: `WASID4D=${'A'.repeat(32)}` }
    const client = request(`${url}/rest/$directory/login`, { method: 'POST', headers, agent: false })
      .on('error', () => undefined)
      .end()
    await gate.reached

    client.destroy()
    await Promise.all(answers)
    gate.open()
    await setImmediate()
    await new Visitor(url).logsInAs('john', '123')

    expect(passwords.statistics.completed).toBe(1)
    expect(told).toEqual(['authn_login_success', 'session_created'])
  })
})

describe('A thread that dies in mid-hash', () => {
  it('is replaced, and its login is answered all the same', async () => {
    const started: Worker[] = []
    const onStart = (worker: Worker) => void started.push(worker)
    process.on('worker', onStart)
    onTestFinished(() => void process.off('worker', onStart))
    const passwords = createPool({ cost: 11 })
    const { url } = await serve({ passwords })
    await new Visitor(url).logsInAs('nobody', 'warms the thread up')

    const login = new Visitor(url).logsInAs('jsmith', 'smith')
    await until(() => passwords.statistics.running === 1)
    await started.at(-1)?.terminate()
    const answer = await login

    expect(answer.status).toBe(200)
    expect(passwords.statistics.retried).toBe(1)
  })
})

describe('directory.close()', () => {
  it('answers logins that wait with 503, and lets those come to their end that are being hashed', async () => {
    const threads = availableParallelism()
    const count = threads + 10
    const { logIn, crowd, directory } = await serveCrowd(count, defaultPool)
    const logins = times(count, (turn) => logIn(`nobody ${turn}`, `192.0.2.${turn}`))

    await crowd.completed
    await setImmediate()
    await directory.close()
    const answers = await logins

    expect(answers.filter(({ status }) => status === 401)).toHaveLength(threads)
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(10)
    expect((await logIn('jsmith', '192.0.2.200')).status).toBe(503)
  })
})

describe('Two directories in one process', () => {
  it('share neither throttle nor threads nor sessions', async () => {
    const one = await serve({ passwords: createPool({ cost: 4 }) })
    const other = await serve({ passwords: createPool({ cost: 4 }) })
    const visitor = new Visitor(one.url)
    await visitor.logsInAs('jsmith', 'smith')
    for (let guess = 0; guess < 10; guess++) await new Visitor(one.url).logsInAs('john', `guess ${guess}`)

    const throttled = await new Visitor(one.url).logsInAs('john', '123')
    await one.directory.passwords.close?.()
    const free = await new Visitor(other.url).logsInAs('john', '123')
    const stranger = new Visitor(other.url)
    stranger.sessionId = visitor.sessionId

    expect([throttled.status, free.status]).toEqual([429, 200])
    expect(await stranger.isKnownAs()).toBeNull()
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })
})

describe('A burst of 200 logins', () => {
  it('leaves the event loop turning: currentUser is answered between the hashes', async () => {
    const passwords = createPool({ cost: 4, threads: 2, maxWaiting: 400 })
    const { url, logIn } = await serveCrowd(200, { passwords, throttle: false })
    const guest = new Visitor(url)
    const seen = new Set<number>()

    const burst = times(200, (turn) => logIn(`nobody ${turn}`, `198.51.100.${turn}`))
    while (passwords.statistics.completed < 200) {
      await guest.isKnownAs()
      seen.add(passwords.statistics.completed)
    }
    const answers = await burst

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]))
    // On the event loop, all of the burst would be hashed before the next answer, or one long slice of each in turn.
    expect(seen.size).toBeGreaterThan(10)
  }, 60_000)
})
