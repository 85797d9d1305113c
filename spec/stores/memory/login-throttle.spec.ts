import { setImmediate } from 'node:timers/promises'
import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { FailureCache } from '../../../lib/stores/memory/failure-cache.js'
import { MemoryLoginThrottle } from '../../../lib/stores/memory/login-throttle.js'
import { agreesWithTheThrottleModel } from '../../contracts/agrees-with-the-throttle-model.js'
import { behavesLikeALoginThrottle } from '../../contracts/behaves-like-a-login-throttle.js'
import { LoginAttempts, noon, strangersAddress, times } from '../../support/login-attempts.js'

describe('MemoryLoginThrottle', () => {
  behavesLikeALoginThrottle((limits) => new MemoryLoginThrottle(limits))
  agreesWithTheThrottleModel((limits) => new MemoryLoginThrottle(limits), { runs: 250, looksByItself: false })

  it('A6.3.1: keeps a locked account locked under a flood of made-up names', async () => {
    const attempts = new LoginAttempts(new MemoryLoginThrottle({ maxKeys: 50 }))
    await attempts.failFromStrangers(100)

    await attempts.failTimes(1000, flood)

    expect(await attempts.peek({ address: '203.0.113.7' })).toMatchObject({ limit: 'account-locked' })
  })

  it('A6.3.1: keeps a waiting account waiting under a flood of made-up names', async () => {
    const attempts = new LoginAttempts(new MemoryLoginThrottle({ maxKeys: 50 }))
    await attempts.failTimes(10)

    await attempts.failTimes(1000, flood)

    expect(await attempts.peek()).toMatchObject({ limit: 'account-and-address' })
    expect(await attempts.peek({ address: '203.0.113.7' })).toMatchObject({ limit: 'account' })
  })

  it('A6.3.1: still knows an address after a flood of made-up names', async () => {
    const attempts = new LoginAttempts(new MemoryLoginThrottle({ maxKeys: 50 }))
    await attempts.succeed()

    await attempts.failTimes(1000, flood)
    await attempts.failTimes(10, (turn) => ({ address: strangersAddress(turn) }))

    expect(await attempts.peek()).toBe('allowed')
    expect(await attempts.peek({ address: '203.0.113.7' })).toMatchObject({ limit: 'account' })
  })

  it('A6.3.1: still knows an address after another user has logged in from everywhere', async () => {
    const attempts = new LoginAttempts(new MemoryLoginThrottle({ maxKeys: 200 }))
    await attempts.succeed()

    for (let turn = 0; turn < 1000; turn++) await attempts.succeed({ account: 'mallory', address: strangersAddress(turn) })
    await attempts.failTimes(10, (turn) => ({ address: strangersAddress(turn) }))

    expect(await attempts.peek()).toBe('allowed')
  })

  it('forgets the address that has logged in least lately when there are too many', async () => {
    const attempts = new LoginAttempts(new MemoryLoginThrottle({ maxKeys: 3 }))
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']) await attempts.succeed({ address })
    await attempts.failTimes(10, (turn) => ({ address: strangersAddress(turn) }))

    const answers = await Promise.all(['192.0.2.1', '192.0.2.2', '192.0.2.4'].map((address) => attempts.peek({ address })))

    expect(answers).toEqual([{ allowed: false, limit: 'account', retryAfterSeconds: 30 }, 'allowed', 'allowed'])
  })

  it('A6.3.1: serves those that wait first come first served', async () => {
    const throttle = new MemoryLoginThrottle({ failuresPerAccountAndAddress: 1 })
    const attempts = new LoginAttempts(throttle)
    const order: number[] = []
    const serve = async (turn: number): Promise<void> => {
      const answer = await attempts.reserve()
      order.push(turn)
      await setImmediate()
      if (answer.allowed) await answer.settle('abandoned', noon)
    }

    await Promise.all(times(10, serve))

    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('A6.3.1: tells one that waited how long it is from the moment when the others failed', async () => {
    const attempts = new LoginAttempts(new MemoryLoginThrottle({ failuresPerAccountAndAddress: 1 }))
    const pending = await attempts.reserve()
    const waiting = attempts.reserve()

    if (pending.allowed) await pending.settle('failure', noon + 5000)

    expect(await waiting).toMatchObject({ retryAfterSeconds: 30 })
  })

  it('O secrets: shows no secret when it is inspected or written as JSON', async () => {
    const throttle = new MemoryLoginThrottle()
    const attempts = new LoginAttempts(throttle)
    await attempts.fail({ secret: 'hunter2' })

    const reservation = await attempts.reserve({ secret: 'hunter2' })

    expect(inspect([throttle, reservation], { depth: Infinity, showHidden: true })).not.toContain('hunter2')
    expect(JSON.stringify([throttle, reservation])).not.toContain('hunter2')
  })

  it.each([0, 1.5, '10' as unknown as number])('refuses maxKeys %j, naming it and what is wanted', (maxKeys) => {
    expect(() => new MemoryLoginThrottle({ maxKeys })).toThrow(/^maxKeys .* a whole number from 1 to 10000000, received/)
  })
})

describe('FailureCache', () => {
  it('keeps no more than its bound under a flood, in each of its kinds', () => {
    const cache = new FailureCache(100, [2, 4])

    for (let turn = 0; turn < 6000; turn++) cache.set(`key ${turn}`, { failures: (turn % 6) + 1, lastFailureAt: noon })

    expect(cache.size).toBe(300)
  })

  it('moves a key to the kind that it has come to', () => {
    const cache = new FailureCache(1, [2])
    cache.set('one', { failures: 1, lastFailureAt: noon })
    cache.set('one', { failures: 2, lastFailureAt: noon })

    cache.set('other', { failures: 1, lastFailureAt: noon })

    expect([cache.size, cache.get('one').failures]).toEqual([2, 2])
  })
})

/** A name and an address that nobody has used before. */
function flood(turn: number): { account: string; address: string } {
  return { account: `made up ${turn}`, address: `flood ${turn}` }
}
