import { afterAll, describe, expect, it } from 'vitest'

import { BcryptPool, MemoryLoginThrottle } from '../../lib/index.js'
import { readError, readResult } from '../support/read-result.js'
import { users } from '../support/seed-directory.js'
import { addresses, serveToTheWorld } from '../support/serve-to-the-world.js'
import { Visitor } from '../support/visitor.js'
import { waysToLogIn } from '../support/ways-to-log-in.js'

const passwords = new BcryptPool({ cost: 4, threads: 1 })
afterAll(() => passwords.close())

const daySeconds = 86_400

describe.each(waysToLogIn)('A6.3.1, N 3.2.2: guessing by $way', ({ send, answersResult }) => {
  it('is answered with 429 after ten failures, the right password included, and nothing is hashed for it', async () => {
    const { url } = await serveToTheWorld({ passwords })
    const failures: number[] = []
    for (let guess = 0; guess < 10; guess++) failures.push((await send(url, 'jsmith', `guess ${guess}`)).status)
    const hashed = passwords.statistics.completed

    const another = await send(url, 'jsmith', 'another guess')
    const right = await send(url, 'jsmith', 'smith')

    expect(failures).toEqual(Array(10).fill(401))
    expect([another.status, another.headers['retry-after'], another.setCookies]).toEqual([429, '30', []])
    expect(readError(another)).toMatchObject({ errCode: 8, componentSignature: 'exdr' })
    expect(readResult(another)).toBe(answersResult ? false : undefined)
    expect([right.status, right.text]).toEqual([429, another.text])
    expect(passwords.statistics.completed).toBe(hashed)
  })

  it('is over when the wait is, with the right password', async () => {
    const { url, clock } = await serveToTheWorld()
    for (let guess = 0; guess < 10; guess++) await send(url, 'jsmith', `guess ${guess}`)

    clock.passMilliseconds(29_999)
    const early = await send(url, 'jsmith', 'smith')
    clock.passMilliseconds(1)
    const inTime = await send(url, 'jsmith', 'smith')

    expect([early.status, early.headers['retry-after'], inTime.status]).toEqual([429, '1', 200])
  })

  it('is not limited with throttle: false', async () => {
    const { url } = await serveToTheWorld({ throttle: false })
    for (let guess = 0; guess < 12; guess++) await send(url, 'jsmith', `guess ${guess}`)

    const answer = await send(url, 'jsmith', 'smith')

    expect(answer.status).toBe(200)
  })
})

describe('A6.3.1: an account from one address', () => {
  it('waits from 30 seconds doubling to an hour', async () => {
    const { guess, clock } = await serveToTheWorld()
    for (let turn = 0; turn < 9; turn++) await guess()
    const waits: number[] = []

    for (let turn = 0; turn < 9; turn++) {
      await guess()
      const wait = Number((await guess()).headers['retry-after'])
      waits.push(wait)
      clock.passSeconds(wait)
    }

    expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600])
  })

  it.each([
    ['jsmith', 'JSmith'],
    ['Jos\u00e9', 'JOSE\u0301']
  ])('is one in every spelling of its name, and of a name that nobody has: %s', async (one, other) => {
    const { guess } = await serveToTheWorld()
    for (let turn = 0; turn < 10; turn++) await guess(turn % 2 ? one : other)

    const statuses = [(await guess(one)).status, (await guess(other)).status, (await guess('john')).status]

    expect(statuses).toEqual([429, 429, 401])
  })

  it('starts anew after a login', async () => {
    const { guess, logIn } = await serveToTheWorld()
    for (let turn = 0; turn < 9; turn++) await guess()
    await logIn('jsmith', 'smith', '192.0.2.1')

    for (let turn = 0; turn < 9; turn++) await guess()
    const tenth = await guess()
    const eleventh = await guess()

    expect([tenth.status, eleventh.status]).toEqual([401, 429])
  })

  it('counts one wrong secret once, by whichever header and however often it is sent', async () => {
    const { url } = await serveToTheWorld()
    const stale = 'the password of last year'

    const statuses = new Set<number>()
    for (let turn = 0; turn < 12; turn++) {
      for (const { send } of waysToLogIn) statuses.add((await send(url, 'jsmith', stale)).status)
    }
    const right = await new Visitor(url).logsInAs('jsmith', 'smith')

    expect([...statuses]).toEqual([401])
    expect(right.status).toBe(200)
  })
})

describe('A6.3.1, N 3.2.2: an account over all addresses', () => {
  it('waits from the tenth failure on, at every address that it has not logged in from', async () => {
    const { guess, logIn } = await serveToTheWorld()
    for (const address of addresses(10)) await guess('jsmith', address)

    const stranger = await guess('jsmith', '203.0.113.9')
    const right = await logIn('jsmith', 'smith', '203.0.113.8')

    expect([stranger.status, stranger.headers['retry-after'], right.status]).toEqual([429, '30', 429])
  })

  it('takes nothing for a day after the hundredth failure, and then one guess after the other', async () => {
    const { failFrom, guess, logIn, clock } = await serveToTheWorld()
    await failFrom(addresses(100))
    const atOnce = await logIn('jsmith', 'smith', '203.0.113.8')
    clock.passSeconds(daySeconds - 1)
    const almost = await logIn('jsmith', 'smith', '203.0.113.8')

    clock.passSeconds(1)
    const guessed = await guess('jsmith', '203.0.113.7')
    const next = await logIn('jsmith', 'smith', '203.0.113.8')
    clock.passSeconds(60)
    const right = await logIn('jsmith', 'smith', '203.0.113.8')

    expect([atOnce, almost].map((answer) => [answer.status, answer.headers['retry-after']])).toEqual([
      [429, '3600'],
      [429, '1']
    ])
    expect([guessed.status, next.status, next.headers['retry-after'], right.status]).toEqual([401, 429, '60', 200])
  })

  it('is open again to all after a login from a known address, and after unlock', async () => {
    for (const cure of ['login', 'unlock']) {
      const throttle = new MemoryLoginThrottle({ failuresUntilLocked: 12 })
      const { failFrom, logIn, directory } = await serveToTheWorld({ throttle })
      await logIn('jsmith', 'smith', '192.0.2.77')
      await failFrom(addresses(12))
      const locked = await logIn('jsmith', 'smith', '203.0.113.8')

      if (cure === 'login') await logIn('jsmith', 'smith', '192.0.2.77')
      else await directory.unlock(users[0].ID.toLowerCase())
      const open = await logIn('jsmith', 'smith', '203.0.113.8')

      expect([cure, locked.status, locked.headers['retry-after'], open.status]).toEqual([cure, 429, '3600', 200])
    }
  })

  it('lets a known address in while a thousand strangers guess, for 30 days', async () => {
    const { guess, logIn, clock } = await serveToTheWorld()
    await logIn('jsmith', 'smith', '192.0.2.77')
    const strangers: number[] = []
    const known: number[] = []

    for (let turn = 0; turn < 10; turn++) {
      const hundred = addresses(1000).slice(turn * 100, turn * 100 + 100)
      const guesses = hundred.map((address) => guess('jsmith', address))
      known.push((await logIn('jsmith', 'smith', '192.0.2.77')).status)
      strangers.push(...(await Promise.all(guesses)).map(({ status }) => status))
    }
    clock.passSeconds(30 * daySeconds - 1)
    for (const address of addresses(10)) await guess('jsmith', address)
    known.push((await logIn('jsmith', 'smith', '192.0.2.77')).status)

    expect(known).toEqual(Array(11).fill(200))
    expect(new Set(strangers)).toEqual(new Set([401, 429]))
    // A login from the known address lets strangers start anew: ten for each at most.
    expect(strangers.filter((status) => status === 401).length).toBeLessThanOrEqual(110)
  })
})

describe('A6.3.1: an address over all accounts', () => {
  it('has a hundred failures, on names that nobody has as well, and one more each 864 seconds', async () => {
    const { guess, logIn, clock } = await serveToTheWorld()
    for (let turn = 0; turn < 100; turn++) await guess(`nobody ${turn}`)

    const empty = await guess('somebody else')
    const elsewhere = await logIn('jsmith', 'smith', '192.0.2.2')
    clock.passSeconds(864)
    const refilled = [await guess('nobody 100'), await guess('nobody 101')]

    expect([empty.status, empty.headers['retry-after'], elsewhere.status]).toEqual([429, '864', 200])
    expect(refilled.map(({ status }) => status)).toEqual([401, 429])
  })
})
