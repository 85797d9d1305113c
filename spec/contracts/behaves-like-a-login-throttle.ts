import { setImmediate } from 'node:timers/promises'

import { describe, expect, it } from 'vitest'

import type { LoginRefusal, LoginReservation, LoginThrottle, ThrottleLimits } from '../../lib/auth/throttle/login-throttle.js'
import { dayMilliseconds, LoginAttempts, secondMilliseconds, strangersAddress, times } from '../support/login-attempts.js'

/** Every promise of `LoginThrottle`, with the default limits unless a spec says otherwise. */
export function behavesLikeALoginThrottle(createThrottle: (limits?: ThrottleLimits) => LoginThrottle): void {
  const start = (limits?: ThrottleLimits): LoginAttempts => new LoginAttempts(createThrottle(limits))

  describe('an account from one address', () => {
    it('A6.3.1, N 3.2.2: waits after ten failures, from 30 seconds doubling to an hour', async () => {
      const attempts = start()
      await attempts.succeed()

      await attempts.failTimes(9)
      const waits: number[] = []
      for (let failure = 10; failure <= 18; failure++) {
        await attempts.fail()
        const refusal = refusalOf(await attempts.peek())
        expect(refusal.limit).toBe('account-and-address')
        waits.push(refusal.retryAfterSeconds)
        attempts.now += refusal.retryAfterSeconds * secondMilliseconds
      }

      expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600])
    })

    it('A6.3.1: is refused up to the last millisecond of the wait', async () => {
      const attempts = start()
      await attempts.failTimes(10)

      attempts.now += 30 * secondMilliseconds - 1
      const before = await attempts.peek()
      attempts.now += 1
      const after = await attempts.peek()

      expect(before).toMatchObject({ allowed: false, retryAfterSeconds: 1 })
      expect(after).toBe('allowed')
    })

    it('A6.3.1: is not refused for ten failures when one was a login', async () => {
      const attempts = start()
      await attempts.succeed()

      await attempts.failTimes(9)
      await attempts.succeed()
      await attempts.failTimes(9)

      expect(await attempts.peek()).toBe('allowed')
    })

    it('A6.3.1: says with which failure a wait begins', async () => {
      const attempts = start()
      await attempts.succeed()

      await attempts.failTimes(8)

      expect(await attempts.fail()).toEqual({ limited: false, locked: false })
      expect(await attempts.fail()).toEqual({ limited: true, locked: false })
    })

    it('A6.3.1: starts anew after a day without a failure, and not before', async () => {
      const attempts = start()
      await attempts.succeed()
      await attempts.failTimes(9)

      attempts.now += dayMilliseconds - 1
      const within = await attempts.fail()
      attempts.now += dayMilliseconds
      const after = await attempts.fail()

      expect([within.limited, after.limited]).toEqual([true, false])
    })

    it('A6.3.1: is told apart from another whose names run into each other', async () => {
      const attempts = start()
      await attempts.failTimes(10, () => ({ account: 'jsmith1', address: '92.0.2.1' }))

      expect(await attempts.peek({ account: 'jsmith', address: '192.0.2.1' })).toBe('allowed')
    })

    it('A6.3.1: counts under names of any length and any characters', async () => {
      const attempts = start()
      const account = '\u0000 \ud800"\\' + 'x'.repeat(10_000)
      await attempts.failTimes(10, () => ({ account, address: 'unix socket' }))

      expect(await attempts.peek({ account, address: 'unix socket' })).toMatchObject({ retryAfterSeconds: 30 })
      expect(await attempts.peek({ account: account + 'x', address: 'unix socket' })).toBe('allowed')
    })
  })

  describe('an account over all addresses it is not known from', () => {
    it('A6.3.1, N 3.2.2: waits from the tenth failure on', async () => {
      const attempts = start()
      await attempts.failTimes(9, (turn) => ({ address: strangersAddress(turn) }))

      const ninth = await attempts.peek()
      const tenth = await attempts.fail({ address: strangersAddress(9) })

      expect(ninth).toBe('allowed')
      expect(tenth).toEqual({ limited: true, locked: false })
      expect(await attempts.peek()).toEqual({ allowed: false, limit: 'account', retryAfterSeconds: 30 })
    })

    it('A6.3.1, N 3.2.2: takes nothing for a day after the hundredth failure', async () => {
      const attempts = start()
      await attempts.failFromStrangers(99)
      attempts.now += 3600 * secondMilliseconds

      const hundredth = await attempts.fail()
      const atOnce = await attempts.peek()
      attempts.now += dayMilliseconds - secondMilliseconds
      const atTheEnd = await attempts.peek({ address: '203.0.113.7' })

      expect(hundredth).toEqual({ limited: true, locked: true })
      expect(atOnce).toEqual({ allowed: false, limit: 'account-locked', retryAfterSeconds: 3600 })
      expect(atTheEnd).toEqual({ allowed: false, limit: 'account-locked', retryAfterSeconds: 1 })
    })

    it('A6.3.1 lock: runs out after a day without attempts that count, and the count begins again where the waits begin', async () => {
      const attempts = start()
      await attempts.failFromStrangers(100)
      for (let hour = 0; hour < 24; hour++) {
        expect(await attempts.peek({ address: strangersAddress(200 + hour) })).toMatchObject({ limit: 'account-locked' })
        attempts.now += 3600 * secondMilliseconds
      }

      const first = await attempts.fail({ address: '203.0.113.7' })
      const next = await attempts.peek({ address: '203.0.113.8' })
      await attempts.failFromStrangers(88)
      const almost = await attempts.peek({ address: '203.0.113.9' })

      expect(first).toEqual({ limited: true, locked: false })
      expect(next).toEqual({ allowed: false, limit: 'account', retryAfterSeconds: 60 })
      expect(almost).toMatchObject({ limit: 'account' })
      attempts.now += 3600 * secondMilliseconds
      expect(await attempts.fail({ address: '203.0.113.9' })).toEqual({ limited: true, locked: true })
    })

    it('A6.3.1 lock: lets one attempt through a day also where waits begin with the lock', async () => {
      const attempts = start({ failuresPerAccount: 3, failuresUntilLocked: 3 })
      await attempts.failTimes(3, (turn) => ({ address: strangersAddress(turn) }))
      const locked = await attempts.peek()

      attempts.now += dayMilliseconds
      const again = await attempts.fail({ address: '203.0.113.7' })

      expect(locked).toMatchObject({ limit: 'account-locked' })
      expect(again).toEqual({ limited: true, locked: true })
    })

    it('A6.3.1 lock: never locks out a user at a known address', async () => {
      const attempts = start()
      const home = { address: '203.0.113.7' }
      await attempts.succeed(home)

      for (let day = 0; day < 3; day++) {
        await attempts.failFromStrangers(day === 0 ? 100 : 90)
        expect(await attempts.peek({ address: '203.0.113.8' })).toMatchObject({ limit: 'account-locked' })
        expect(await attempts.peek(home)).toBe('allowed')
        attempts.now += dayMilliseconds
      }
    })

    it('A6.3.1, N 3.2.2: is open again to strangers after a login from a known address', async () => {
      const attempts = start()
      const home = { address: '203.0.113.7' }
      await attempts.failFromStrangers(100)
      await attempts.unlock()
      await attempts.succeed(home)
      await attempts.failFromStrangers(100)
      const locked = await attempts.peek()

      await attempts.succeed(home)

      expect(locked).toMatchObject({ limit: 'account-locked' })
      expect(await attempts.peek()).toBe('allowed')
    })

    it('N 3.2.2: is not opened by a login of a stranger who came before the wait', async () => {
      const attempts = start()
      const early = await attempts.reserve({ address: '203.0.113.7' })
      await attempts.failTimes(9, (turn) => ({ address: strangersAddress(turn) }))

      await settle(early, 'success', attempts.now)
      await attempts.fail({ address: strangersAddress(10) })

      expect(await attempts.peek()).toMatchObject({ limit: 'account' })
    })

    it('A6.3.1: is open again after unlock, also at the addresses that had to wait', async () => {
      const attempts = start()
      await attempts.failFromStrangers(100)
      await attempts.failTimes(10, () => ({ account: 'other' }))

      await attempts.unlock()

      expect(await attempts.peek({ address: strangersAddress(99) })).toBe('allowed')
      expect(await attempts.peek({ account: 'other' })).toMatchObject({ allowed: false })
    })

    it('A6.3.1: waits no more at an address after unlock', async () => {
      const attempts = start()
      await attempts.succeed()
      await attempts.failTimes(10)

      await attempts.unlock()

      expect(await attempts.peek()).toBe('allowed')
    })

    it('N 3.2.2: starts anew after 30 days without a failure, and not before', async () => {
      const attempts = start()
      await attempts.failTimes(9, (turn) => ({ address: strangersAddress(turn) }))

      attempts.now += 30 * dayMilliseconds - 1
      const within = await attempts.fail({ address: strangersAddress(9) })
      attempts.now += 30 * dayMilliseconds
      const after = await attempts.fail({ address: strangersAddress(10) })

      expect([within.limited, after.limited]).toEqual([true, false])
    })
  })

  describe('an address over all accounts', () => {
    it('A6.3.1: has a hundred failures, and one more each 864 seconds', async () => {
      const attempts = start()
      await attempts.failTimes(100, (turn) => ({ account: `name ${turn}` }))

      const empty = await attempts.peek()
      attempts.now += 864 * secondMilliseconds - 1
      const almost = await attempts.peek()
      attempts.now += 1
      await attempts.fail()

      expect(empty).toEqual({ allowed: false, limit: 'address', retryAfterSeconds: 864 })
      expect(almost).toEqual({ allowed: false, limit: 'address', retryAfterSeconds: 1 })
      expect(await attempts.peek({ account: 'other' })).toMatchObject({ limit: 'address', retryAfterSeconds: 864 })
    })

    it('A6.3.1: holds a hundred failures again after a day, and no more after a year', async () => {
      const attempts = start()
      await attempts.failTimes(100, (turn) => ({ account: `name ${turn}` }))

      attempts.now += 365 * dayMilliseconds
      await attempts.failTimes(100, (turn) => ({ account: `name ${turn}` }))

      expect(await attempts.peek()).toMatchObject({ limit: 'address' })
    })

    it('A6.3.1: is not refilled by a login', async () => {
      const attempts = start()
      await attempts.failTimes(99, (turn) => ({ account: `name ${turn}` }))

      await attempts.succeed({ account: 'mallory' })
      await attempts.fail()

      expect(await attempts.peek()).toMatchObject({ limit: 'address' })
    })

    it('A6.3.1: lets everybody of an office in who comes at the same time', async () => {
      const attempts = start({ failuresPerAddress: 3 })

      const verified = await attempts.verifyInParallel(
        'success',
        times(20, (turn) => ({ account: `colleague ${turn}` }))
      )

      expect(verified).toBe(20)
    })

    it('A6.3.1: does not let parallel guesses at many accounts through', async () => {
      const attempts = start({ failuresPerAddress: 7 })

      const verified = await attempts.verifyInParallel(
        'failure',
        times(100, (turn) => ({ account: `name ${turn}` }))
      )

      expect(verified).toBe(7)
    })
  })

  describe('a known address', () => {
    it('A6.3.1, N 3.2.2: gets in while a thousand strangers guess', async () => {
      const attempts = start()
      await attempts.succeed({ address: '203.0.113.7' })

      let verified = 0
      for (let turn = 0; turn < 1000; turn++) {
        const answer = await attempts.attempt('failure', { address: strangersAddress(turn) })
        if (!('limit' in answer)) verified += 1
      }

      expect(verified).toBe(10)
      expect(await attempts.succeed({ address: '203.0.113.7' })).toEqual({ limited: false, locked: false })
    })

    it('A6.3.1: gets in when all the failures of its address are used up', async () => {
      const attempts = start()
      await attempts.succeed()

      await attempts.failTimes(100, (turn) => ({ account: `name ${turn}` }))

      expect(await attempts.peek({ account: 'other' })).toMatchObject({ limit: 'address' })
      expect(await attempts.peek()).toBe('allowed')
    })

    it('A6.3.1: uses up nothing of its address and nothing of what strangers have', async () => {
      const attempts = start()
      await attempts.succeed()

      await attempts.failTimes(10)

      expect(await attempts.peek({ address: '203.0.113.7' })).toBe('allowed')
      await attempts.failTimes(100, (turn) => ({ account: `name ${turn}` }))
    })

    it('A6.3.1: is known for 30 days', async () => {
      const attempts = start()
      await attempts.succeed()
      attempts.now += 30 * dayMilliseconds - 1
      await attempts.failTimes(10, (turn) => ({ address: strangersAddress(turn) }))

      const before = await attempts.peek()
      attempts.now += 1
      const after = await attempts.peek()

      expect(before).toBe('allowed')
      expect(after).toMatchObject({ limit: 'account' })
    })

    it('A6.3.1: is one for an account, not for others', async () => {
      const attempts = start()
      await attempts.succeed({ account: 'mallory' })
      await attempts.failTimes(10, (turn) => ({ address: strangersAddress(turn) }))

      expect(await attempts.peek()).toMatchObject({ limit: 'account' })
    })
  })

  describe('one wrong secret', () => {
    it('A6.3.1, N 3.2.2: counts once, however often it is sent', async () => {
      const attempts = start()

      await attempts.failTimes(100, () => ({ secret: 'stale' }))
      await attempts.failTimes(8)

      expect(await attempts.fail()).toMatchObject({ limited: true })
    })

    it('A2.4.1 queue: costs no hash any more from the eleventh time on, and counts against its address', async () => {
      const attempts = start()
      const stale = { secret: 'stale', passwordHash: 'hash' }
      const checks: unknown[] = []

      for (let turn = 0; turn < 12; turn++) checks.push(await attempts.checkOf('failure', stale))
      await attempts.failTimes(97, (turn) => ({ account: `name ${turn}` }))

      expect(checks).toEqual([...times(10, () => 'verify'), 'refuse-at-once', 'refuse-at-once'])
      expect(await attempts.peek(stale)).toMatchObject({ limit: 'address' })
      expect(await attempts.checkOf('abandoned', { ...stale, address: '203.0.113.7' })).toBe('refuse-at-once')
    })

    it('A2.4.1 queue: is hashed again for another hash, and when another provider than a hash decides', async () => {
      const attempts = start()
      await attempts.failTimes(11, () => ({ secret: 'stale', passwordHash: 'hash' }))
      await attempts.failTimes(11, () => ({ account: 'ann', secret: 'stale' }))

      const answers = [
        await attempts.checkOf('abandoned', { secret: 'stale', passwordHash: 'hash' }),
        await attempts.checkOf('abandoned', { secret: 'stale', passwordHash: 'another' }),
        await attempts.checkOf('abandoned', { secret: 'stale', passwordHash: null }),
        await attempts.checkOf('abandoned', { account: 'ann', secret: 'stale' })
      ]

      expect(answers).toEqual(['refuse-at-once', 'verify', 'verify', 'verify'])
    })

    it('A2.4.1 queue: uses up nothing of the address where that is known to the account', async () => {
      const attempts = start()
      await attempts.succeed()

      await attempts.failTimes(150, () => ({ secret: 'stale' }))

      expect(await attempts.peek({ account: 'other' })).toBe('allowed')
    })

    it('is not what is refused for another reason than the secret: that counts each time', async () => {
      const attempts = start()
      await attempts.succeed()

      for (let turn = 0; turn < 9; turn++) await attempts.attempt('refused', { secret: 'right' })

      expect(await attempts.attempt('refused', { secret: 'right' })).toMatchObject({ limited: true })
    })

    it('A6.3.1: counts once when three take turns', async () => {
      const attempts = start()

      await attempts.failTimes(30, (turn) => ({ secret: `stale ${turn % 3}` }))

      expect(await attempts.peek()).toBe('allowed')
    })

    it('A6.3.1: counts again when three others came in between', async () => {
      const attempts = start()
      await attempts.succeed()

      await attempts.failTimes(9, (turn) => ({ secret: `stale ${turn % 4}` }))

      expect(await attempts.fail({ secret: 'stale 1' })).toMatchObject({ limited: true })
    })

    it('A6.3.1: counts once over all addresses', async () => {
      const attempts = start()

      await attempts.failTimes(50, (turn) => ({ secret: 'stale', address: strangersAddress(turn) }))

      expect(await attempts.peek()).toBe('allowed')
    })

    it('A6.3.1: counts for each account', async () => {
      const attempts = start()

      await attempts.failTimes(100, (turn) => ({ secret: 'Summer2026', account: `name ${turn}` }))

      expect(await attempts.peek()).toMatchObject({ limit: 'address' })
    })

    it('A6.3.1: counts once when it is sent in parallel', async () => {
      const attempts = start()

      const verified = await attempts.verifyInParallel(
        'failure',
        times(50, () => ({ secret: 'stale' }))
      )
      await attempts.failTimes(8)

      expect(verified).toBe(50)
      expect(await attempts.fail()).toMatchObject({ limited: true })
    })

    it('A6.3.1: is a login when it has become the right one', async () => {
      const attempts = start()
      await attempts.fail({ secret: 'new' })

      await attempts.succeed({ secret: 'new' })
      await attempts.failTimes(9, (turn) => ({ address: strangersAddress(turn) }))

      expect(await attempts.peek()).toBe('allowed')
    })
  })

  describe('several names of one ID', () => {
    const alias = (turn: number) => ({ account: `alias ${turn}`, userID: 'ID 1' })

    it('A6.3.8 spellings: are refused one by one by what was tried under each, like names that nobody has', async () => {
      const attempts = start()
      await attempts.failTimes(9, () => alias(1))
      await attempts.fail({ account: 'nobody' })

      const tenth = await attempts.fail(alias(1))
      const answers = [await attempts.peek(alias(1)), await attempts.peek(alias(2)), await attempts.peek({ account: 'nobody' })]

      expect(tenth).toEqual({ limited: true, locked: false })
      expect(answers).toEqual([expect.objectContaining({ allowed: false, retryAfterSeconds: 30 }), 'allowed', 'allowed'])
    })

    it('A6.3.8 spellings: have one count between them, which refuses without a word, after the same work', async () => {
      const attempts = start()
      await attempts.failTimes(10, alias)

      const refused = await attempts.reserve(alias(11))
      const settled = await settle(refused, 'failure', attempts.now)

      expect(refused).toMatchObject({ allowed: true, check: 'refuse-alike', limit: 'account-and-address' })
      expect(settled).toEqual({ limited: false, locked: false })
      attempts.now += 30 * secondMilliseconds
      expect(await attempts.checkOf('abandoned', alias(11))).toBe('verify')
    })

    it('A6.3.8 spellings: what was refused without a word counts under its name, and prolongs nothing', async () => {
      const attempts = start()
      await attempts.failTimes(10, alias)
      const other = alias(11)

      for (let turn = 0; turn < 10; turn++) expect(await attempts.checkOf('failure', other)).toBe('refuse-alike')

      expect(await attempts.peek(other)).toMatchObject({ limit: 'account-and-address', retryAfterSeconds: 30 })
      attempts.now += 30 * secondMilliseconds
      expect(await attempts.checkOf('abandoned', alias(12))).toBe('verify')
    })

    it('A6.3.8 spellings: the right secret that was refused without a word is not taken for a wrong one later', async () => {
      const attempts = start({ failuresPerAccountAndAddress: 100, failuresPerAccount: 100 })
      await attempts.failTimes(100, (turn) => ({ ...alias(turn), address: strangersAddress(turn) }))
      const right = { ...alias(101), secret: 'right', passwordHash: 'hash' }
      const refused: unknown[] = []
      for (let turn = 0; turn < 11; turn++) refused.push(await attempts.checkOf('failure', right))

      attempts.now += dayMilliseconds
      const later = await attempts.checkOf('abandoned', right)

      expect(refused).toEqual([...times(10, () => 'refuse-alike'), 'refuse-at-once'])
      expect(later).toBe('verify')
    })

    it('A6.3.8 spellings: a known address is known under each of them', async () => {
      const attempts = start()
      await attempts.succeed(alias(1))
      await attempts.failTimes(10, (turn) => ({ ...alias(2), address: strangersAddress(turn) }))

      expect(await attempts.reserve(alias(2))).toMatchObject({ allowed: true, known: true, check: 'verify' })
    })

    it('A6.3.1: parallel guesses under many of them do not slip through', async () => {
      const attempts = start()

      let verified = 0
      const guess = async (turn: number): Promise<void> => {
        const answer = await attempts.reserve(alias(turn))
        if (!answer.allowed) return
        if (answer.check === 'verify') verified += 1
        await setImmediate()
        await answer.settle('failure', attempts.now)
      }
      await Promise.all(times(50, guess))

      expect(verified).toBe(10)
    })

    it('A6.3.1: are all open again after unlock of the ID', async () => {
      const attempts = start()
      await attempts.failTimes(10, () => alias(1))

      const unlocked = await attempts.unlock('ID 1')

      expect(unlocked).toBe(true)
      expect(await attempts.reserve(alias(1))).toMatchObject({ allowed: true, check: 'verify' })
    })
  })

  describe('unlock', () => {
    it('says whether anything was locked or had to wait', async () => {
      const attempts = start()
      await attempts.failTimes(9, () => ({ account: 'ann' }))
      await attempts.failTimes(10)

      expect([await attempts.unlock(), await attempts.unlock(), await attempts.unlock('ann'), await attempts.unlock('nobody')]).toEqual([
        true,
        false,
        false,
        false
      ])
    })
  })

  describe('the count of those that have to wait', () => {
    const count = (attempts: LoginAttempts) => attempts.throttle.countWaiting?.(attempts.now)

    it('holds each name once, from its wait to the end of it', async () => {
      const attempts = start()
      await attempts.failTimes(9)
      const before = await count(attempts)

      await attempts.fail()
      await attempts.failTimes(10, () => ({ account: 'ann', userID: 'ID 7', passwordHash: 'hash' }))
      const during = await count(attempts)
      attempts.now += 30 * secondMilliseconds
      const after = await count(attempts)

      expect([before, during, after]).toEqual([0, 2, 0])
    })

    it('holds a locked name for the day that it is locked', async () => {
      const attempts = start()
      await attempts.failFromStrangers(100)

      attempts.now += dayMilliseconds - 1
      const within = await count(attempts)
      attempts.now += 1
      const after = await count(attempts)

      expect([within, after]).toEqual([1, 0])
    })

    it('is without those that were unlocked, or got in', async () => {
      const attempts = start()
      const ann = { account: 'ann', userID: 'ID 7', passwordHash: 'hash' }
      await attempts.succeed()
      for (const account of ['jsmith', 'bob']) await attempts.failTimes(10, () => ({ account }))
      await attempts.failTimes(10, () => ann)
      const before = await count(attempts)

      await attempts.unlock('ID 7')
      attempts.now += 30 * secondMilliseconds - 1
      await attempts.throttle.noteLogin?.({ account: 'jsmith', address: '192.0.2.1', now: attempts.now })

      expect([before, await count(attempts)]).toEqual([3, 1])
    })
  })

  describe('a login that was proved by other means', () => {
    it('A6.5.1 second step: resets failures and makes the address known, as a first step does not', async () => {
      const attempts = start()
      await attempts.failTimes(9)

      await attempts.attempt('abandoned')
      const first = await attempts.reserve()
      await settle(first, 'abandoned', attempts.now)
      await attempts.throttle.noteLogin?.({ account: 'jsmith', address: '192.0.2.1', now: attempts.now })
      await attempts.failTimes(9)

      expect(first).toMatchObject({ known: false })
      expect(await attempts.reserve()).toMatchObject({ allowed: true, known: true })
    })

    it('opens a locked account to strangers only from an address that was known before', async () => {
      const attempts = start()
      await attempts.failFromStrangers(100)

      await attempts.throttle.noteLogin?.({ account: 'jsmith', address: '203.0.113.7', now: attempts.now })
      const before = await attempts.peek({ address: '203.0.113.8' })
      await attempts.throttle.noteLogin?.({ account: 'jsmith', address: '203.0.113.7', now: attempts.now })

      expect(before).toMatchObject({ limit: 'account-locked' })
      expect(await attempts.peek({ address: '203.0.113.8' })).toBe('allowed')
    })
  })

  describe('an address that is not known', () => {
    it('is never counted: strangers behind one socket lock each other out no more than their accounts do', async () => {
      const attempts = start()
      await attempts.failTimes(150, (turn) => ({ account: `name ${turn}`, address: '' }))

      expect(await attempts.peek({ address: '' })).toBe('allowed')
    })

    it('is never known, and its account counts all the same', async () => {
      const attempts = start()
      await attempts.succeed({ address: '' })
      await attempts.failTimes(10, () => ({ address: '' }))

      expect(await attempts.peek({ address: '' })).toMatchObject({ limit: 'account', retryAfterSeconds: 30 })
    })
  })

  describe('a clock that is put back', () => {
    it.each([
      ['an hour', 1 / 24],
      ['two days', 2],
      ['a year', 365]
    ])('by %s makes no wait longer', async (_what, days) => {
      const attempts = start()
      await attempts.failTimes(100, (turn) => ({ account: `name ${turn}` }))
      await attempts.failTimes(10, () => ({ address: '203.0.113.7' }))
      const elsewhere = { address: '203.0.113.8' }

      attempts.now -= days * dayMilliseconds
      const waits = [await attempts.peek({ account: 'new' }), await attempts.peek(elsewhere), await attempts.peek(elsewhere)]
      attempts.now += 30 * secondMilliseconds

      expect(waits).toEqual([
        { allowed: false, limit: 'address', retryAfterSeconds: 864 },
        { allowed: false, limit: 'account', retryAfterSeconds: 30 },
        { allowed: false, limit: 'account', retryAfterSeconds: 30 }
      ])
      expect(await attempts.peek(elsewhere)).toBe('allowed')
      attempts.now += 834 * secondMilliseconds
      expect(await attempts.peek({ account: 'new' })).toBe('allowed')
    })

    it.each([1 / 24, 2, 365])('by %d days fills no bucket, and ends the wait of an ID with that of its name', async (days) => {
      const attempts = start()
      await attempts.failTimes(10, () => ({ userID: 'ID 1' }))

      attempts.now -= days * dayMilliseconds
      const answers = [await attempts.peek({ userID: 'ID 1' }), await attempts.peek({ account: 'new' })]
      attempts.now += 30 * secondMilliseconds

      expect(answers).toEqual([{ allowed: false, limit: 'account-and-address', retryAfterSeconds: 30 }, 'allowed'])
      expect(await attempts.reserve({ userID: 'ID 1' })).toMatchObject({ allowed: true, check: 'verify' })
    })

    it('keeps no lock and no known address for longer than they are meant to last', async () => {
      const attempts = start({ failuresUntilLocked: 10 })
      await attempts.succeed({ address: '203.0.113.7' })
      await attempts.failFromStrangers(10)
      attempts.now -= 365 * dayMilliseconds
      const locked = await attempts.peek()
      const known = await attempts.reserve({ address: '203.0.113.7' })

      attempts.now += dayMilliseconds
      const afterADay = await attempts.peek()
      attempts.now += 29 * dayMilliseconds
      const afterAMonth = await attempts.reserve({ address: '203.0.113.7' })

      expect([locked, known]).toMatchObject([{ limit: 'account-locked' }, { known: true }])
      expect(afterADay).toBe('allowed')
      expect(afterAMonth).toMatchObject({ known: false })
    })
  })

  describe('attempts at the same time', () => {
    it('A6.3.1, N 3.2.2: verifies ten of 500 parallel guesses', async () => {
      const attempts = start()

      const verified = await attempts.verifyInParallel(
        'failure',
        times(500, () => ({}))
      )

      expect(verified).toBe(10)
    })

    it('A6.3.1, N 3.2.2: verifies ten of 500 parallel guesses from 500 addresses', async () => {
      const attempts = start()

      const verified = await attempts.verifyInParallel(
        'failure',
        times(500, (turn) => ({ address: strangersAddress(turn) }))
      )

      expect(verified).toBe(10)
    })

    it('A6.3.1: verifies one guess after a wait, however many come at once', async () => {
      const attempts = start()
      await attempts.failTimes(10)
      attempts.now += 30 * secondMilliseconds

      const verified = await attempts.verifyInParallel(
        'failure',
        times(50, () => ({}))
      )

      expect(verified).toBe(1)
    })

    it('A6.3.1: lets 50 parallel right ones go on at once', async () => {
      const attempts = start()

      const answers = await Promise.all(times(50, () => attempts.reserve({ secret: 'right' })))

      expect(answers.every(({ allowed }) => allowed)).toBe(true)
    })

    it('A6.3.1: lets 50 parallel right ones from 50 new addresses in', async () => {
      const attempts = start()

      const verified = await attempts.verifyInParallel(
        'success',
        times(50, (turn) => ({ secret: 'right', address: strangersAddress(turn) }))
      )

      expect(verified).toBe(50)
    })

    it('A6.3.1: keeps one waiting that might be one too many, and lets it go on after a login', async () => {
      const attempts = start()
      const pending = await Promise.all(times(10, () => attempts.reserve()))
      let answered = false
      const waiting = attempts.reserve().finally(() => (answered = true))
      await attempts.peek({ account: 'other', address: '203.0.113.7' })
      const answeredBefore = answered

      await settle(pending[0], 'success', attempts.now)

      expect(answeredBefore).toBe(false)
      expect(await waiting).toMatchObject({ allowed: true })
    })

    it('A6.3.1: refuses the one that waited when all the others failed', async () => {
      const attempts = start()
      const pending = await Promise.all(times(10, () => attempts.reserve()))
      const waiting = attempts.reserve()
      await attempts.peek({ account: 'other', address: '203.0.113.7' })

      for (const reservation of pending) await settle(reservation, 'failure', attempts.now)

      expect(await waiting).toEqual({ allowed: false, limit: 'account-and-address', retryAfterSeconds: 30 })
    })

    it('A6.3.1: counts nothing for what was abandoned, and gives its place to the next', async () => {
      const attempts = start()

      const verified = await attempts.verifyInParallel(
        'abandoned',
        times(50, () => ({}))
      )

      expect(verified).toBe(50)
      expect(await attempts.peek()).toBe('allowed')
    })

    it('A6.3.1: keeps the place of a secret while one of its attempts is under way', async () => {
      const attempts = start({ failuresPerAccountAndAddress: 1 })
      const [first, second] = await Promise.all([attempts.reserve({ secret: 'same' }), attempts.reserve({ secret: 'same' })])
      await settle(first, 'abandoned', attempts.now)
      const waiting = attempts.reserve()
      await attempts.peek({ account: 'other' })

      await settle(second, 'failure', attempts.now)

      expect(await waiting).toMatchObject({ allowed: false })
    })

    it('A6.3.1: keeps it at its address, too', async () => {
      const attempts = start({ failuresPerAddress: 1 })
      const [first, second] = await Promise.all([attempts.reserve({ secret: 'same' }), attempts.reserve({ secret: 'same' })])
      await settle(first, 'abandoned', attempts.now)
      const waiting = attempts.reserve({ account: 'other' })
      await attempts.peek({ address: '203.0.113.7' })

      await settle(second, 'failure', attempts.now)

      expect(await waiting).toMatchObject({ allowed: false, limit: 'address' })
    })

    it('A6.3.1: counts one secret once, though three others failed before its second attempt is decided', async () => {
      const attempts = start({ failuresPerAccountAndAddress: 5 })
      const [first, second] = await Promise.all([attempts.reserve({ secret: 'same' }), attempts.reserve({ secret: 'same' })])
      await settle(first, 'failure', attempts.now)
      await attempts.failTimes(3)

      await settle(second, 'failure', attempts.now)

      expect(await attempts.fail()).toMatchObject({ limited: true })
    })

    it('A6.3.1: does nothing when an attempt is settled twice', async () => {
      const attempts = start()
      await attempts.succeed()
      const reservation = await attempts.reserve()
      await settle(reservation, 'failure', attempts.now)

      const again = await settle(reservation, 'failure', attempts.now)
      await attempts.failTimes(8)

      expect(again).toEqual({ limited: false, locked: false })
      expect(await attempts.fail()).toMatchObject({ limited: true })
    })
  })
}

function refusalOf(answer: LoginRefusal | 'allowed'): LoginRefusal {
  if (answer === 'allowed') throw new Error('allowed, where a refusal was expected')
  return answer
}

function settle(answer: LoginReservation | LoginRefusal | undefined, ...outcome: Parameters<LoginReservation['settle']>): unknown {
  if (answer?.allowed !== true) throw new Error('no reservation')
  return answer.settle(...outcome)
}
