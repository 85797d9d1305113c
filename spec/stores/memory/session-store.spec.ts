import { inspect } from 'node:util'

import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { ExpiryQueue } from '../../../lib/stores/memory/expiry-queue.js'
import { MemoryRecord } from '../../../lib/stores/memory/memory-record.js'
import { LruSessionStore } from '../../../lib/stores/memory/session-store.js'
import { behavesLikeASessionStore } from '../../../lib/testing.js'
import { hour, living, minute, newGuest, newSignIn, open, openConfirmed, start, tryToOpen, watch } from '../../../lib/testing/store-spec.js'
import { followsTheModel } from '../../contracts/follows-the-model.js'
import { keepsToItsBudgets } from '../../contracts/keeps-to-its-budgets.js'
import { expectWarnings } from '../../support/quiet-warnings.js'

expectWarnings('EXPRESS_4D_DIRECTORY_LISTENER')

behavesLikeASessionStore({ describe, it }, () => new LruSessionStore())

const budgets = { maxSignedIn: 4, maxGuests: 3, maxUnconfirmed: 2 }
followsTheModel(() => new LruSessionStore(budgets), { budgets })

keepsToItsBudgets((options) => new LruSessionStore(options))

describe('the budgets of LruSessionStore', () => {
  it('evicts for a further guest those whose cookie never came back, first who stored nothing, then who came back, idle longest first', async () => {
    const store = new LruSessionStore({ maxGuests: 5 })
    const faithful = await openConfirmed(store, newGuest(start))
    const idle = await openConfirmed(store, newGuest(start + 1))
    await store.resume([faithful.id], start + 2)
    const young = await open(store, newGuest(start + 3))
    const old = await open(store, newGuest(start + 4))
    await store.update(old.id, 0, '{"cart":1}', start + 4)
    await store.update(young.id, 0, '{"cart":1}', start + 5)
    const empty = await open(store, newGuest(start + 6))
    const all = [empty, young, old, idle, faithful]

    const lived: (readonly boolean[])[] = []
    for (let more = 0; more < 5; more++) {
      await openConfirmed(store, newGuest(start + 10 + more))
      lived.push(await living(store, all, start + 10 + more))
    }

    expect(lived).toEqual([
      [false, true, true, true, true],
      [false, false, true, true, true],
      [false, false, false, true, true],
      [false, false, false, false, true],
      [false, false, false, false, false]
    ])
  })

  it('A2.4.1: bounds the sign-ins whose cookie has not come back, the oldest ends first', async () => {
    const store = new LruSessionStore({ maxUnconfirmed: 3 })
    const confirmed = await openConfirmed(store, newSignIn(start, 'confirmed'))
    const signIns = []
    for (let n = 1; n <= 5; n++) signIns.push(await open(store, newSignIn(start + n, `user ${n}`)))

    expect(await living(store, [confirmed, ...signIns], start + 5)).toEqual([true, false, false, true, true, true])
    expect((await store.count(start + 5)).unconfirmed).toEqual({ signedIn: 3, guests: 0 })
  })

  it("evicts one sign-in where both the user's and all unconfirmed ones are full", async () => {
    const store = new LruSessionStore({ maxUnconfirmed: 101 })
    const bystander = await open(store, newSignIn(start, 'jsmith'))
    for (let n = 1; n <= 100; n++) await open(store, newSignIn(start + n, 'loop'))

    await open(store, newSignIn(start + 101, 'loop'))

    expect(await living(store, [bystander], start + 101)).toEqual([true])
    expect((await store.count(start + 101)).unconfirmed).toEqual({ signedIn: 101, guests: 0 })
  })

  it('evicts no guest for a login and no sign-in for a guest', async () => {
    const store = new LruSessionStore({ maxGuests: 1, maxSignedIn: 1 })
    const guest = await open(store, newGuest(start))
    const signIn = await open(store, newSignIn(start, 'jsmith'))

    const nextGuest = await open(store, newGuest(start + 1))

    expect(await living(store, [guest, signIn, nextGuest], start + 1)).toEqual([false, true, true])
  })

  it('evicts the oldest sign-in that was never confirmed, however young', async () => {
    const store = new LruSessionStore({ maxSignedIn: 3 })
    const confirmed = await openConfirmed(store, newSignIn(start, 'confirmed'))
    const older = await open(store, newSignIn(start + 1, 'drops cookies'))
    const younger = await open(store, newSignIn(start + 2, 'drops cookies'))

    const signIn = await open(store, newSignIn(start + 3, 'jsmith'))

    expect(await living(store, [confirmed, older, younger, signIn], start + 3)).toEqual([true, false, true, true])
  })

  it('refuses a login rather than evict a confirmed sign-in, and leaves its guest alone', async () => {
    const store = new LruSessionStore({ maxSignedIn: 1 })
    const confirmed = await openConfirmed(store, newSignIn(start, 'confirmed'))
    const guest = await open(store, newGuest(start))

    const answer = await tryToOpen(store, newSignIn(start + 10 * minute, 'jsmith'), { replaces: guest })

    expect(answer).toBe('full')
    expect(await living(store, [confirmed, guest], start + 10 * minute)).toEqual([true, true])
  })

  it('lets a login that replaces the last sign-in have its place', async () => {
    const store = new LruSessionStore({ maxSignedIn: 1 })
    const before = await openConfirmed(store, newSignIn(start, 'jsmith'))

    const after = await open(store, newSignIn(start + 1, 'jsmith'), { replaces: before })

    expect(await living(store, [before, after], start + 1)).toEqual([false, true])
  })

  it('loses no confirmed sign-in to a flood of guests and of logins without cookies', async () => {
    const store = new LruSessionStore({ maxSignedIn: 20, maxGuests: 50 })
    const confirmed = await Promise.all(Array.from({ length: 15 }, (_, n) => openConfirmed(store, newSignIn(start, `user ${n}`))))

    for (let n = 0; n < 5000; n++) {
      await open(store, newGuest(start + n))
      await open(store, newSignIn(start + n, 'drops cookies'))
    }

    expect(await living(store, confirmed, start + 5000)).not.toContain(false)
    expect(await store.count(start + 5000)).toMatchObject({ signedIn: 20, guests: 50 })
  })

  it.each([
    ['maxSignedIn', 0],
    ['maxSignedIn', 1.5],
    ['maxGuests', -1],
    ['maxGuests', NaN],
    ['maxGuests', Infinity],
    ['maxUnconfirmed', 0]
  ])('refuses %s: %s at construction, and says what is wanted', (name, value) => {
    expect(() => new LruSessionStore({ [name]: value })).toThrow(
      `${name} must be a whole number of sessions from 1 to 9007199254740991, received ${value}`
    )
  })
})

describe('the listeners of LruSessionStore', () => {
  it('harm no caller when they throw, and do not keep others from hearing', async () => {
    const store = new LruSessionStore()
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
    store.watchRemovals(() => {
      throw new Error('broken listener')
    })
    const removals = watch(store)
    const guest = await open(store, newGuest(start))

    const answer = await tryToOpen(store, newSignIn(start, 'jsmith'), { replaces: guest })

    expect(answer).toBe('created')
    expect(removals).toHaveLength(1)
    expect((await warned).message).toBe('A listener of watchRemovals failed: broken listener')
  })

  it('find the store as it is after the removal', async () => {
    const store = new LruSessionStore()
    const counts: unknown[] = []
    store.watchRemovals(() => void store.count(start).then((count) => counts.push(count)))
    const guest = await open(store, newGuest(start))

    await open(store, newSignIn(start, 'jsmith'), { replaces: guest })
    await store.count(start)

    expect(counts).toMatchObject([{ signedIn: 1, guests: 0 }])
  })
})

describe('the secrets of LruSessionStore', () => {
  it('O secrets: shows no id in console.log, JSON.stringify or util.inspect', async () => {
    const store = new LruSessionStore()
    const guest = await openConfirmed(store, newGuest(start))
    const signIn = await open(store, newSignIn(start, 'jsmith'))

    const shown = [inspect(store, { depth: Infinity, showHidden: true }), JSON.stringify(store), Object.keys(store).join()].join()

    expect(shown).toContain('LruSessionStore')
    for (const secret of [guest.id, signIn.id, 'jsmith']) expect(shown).not.toContain(secret)
  })
})

describe('the clock of LruSessionStore', () => {
  it('corrects every record once when it is put back, and none on other calls', async () => {
    const corrections = vi.spyOn(MemoryRecord.prototype, 'putTimesBack')
    onTestFinished(() => corrections.mockRestore())
    const store = new LruSessionStore()
    const signIns = await Promise.all(Array.from({ length: 50 }, (_, n) => open(store, newSignIn(start + 5 * hour, `user ${n}`))))
    await store.count(start + 5 * hour - minute)
    const before = corrections.mock.calls.length

    await store.count(start)
    await store.resume([signIns[0]?.id ?? ''], start + 1)
    await store.count(start + 1 - minute)

    expect([before, corrections.mock.calls.length]).toEqual([0, 50])
    expect(await store.count(start + hour - 1)).toMatchObject({ signedIn: 50 })
    expect(await store.count(start + hour)).toMatchObject({ signedIn: 1 })
  })
})

describe('the expiry of LruSessionStore', () => {
  it('A7.3.1: removes the record of an expired session, not only its answer', async () => {
    const store = new LruSessionStore()
    const removals = watch(store)
    const guest = await open(store, newGuest(start))

    const resumed = await store.resume([guest.id], start + hour)

    expect(resumed).toEqual([null])
    expect(removals?.map(({ reason }) => reason)).toEqual(['idle'])
  })

  it('A2.4.1: keeps no more than two entries to a session, however many have come and gone', async () => {
    const add = vi.spyOn(ExpiryQueue.prototype, 'add')
    onTestFinished(() => add.mockRestore())
    const store = new LruSessionStore()
    for (let n = 0; n < 100; n++) await openConfirmed(store, newSignIn(start, `user ${n}`))

    let longest = 0
    for (let n = 0; n < 3000; n++) {
      const signIn = await open(store, newSignIn(start + n, 'comes and goes'))
      await store.end([signIn.id], start + n)
      longest = Math.max(longest, lengthOf(add.mock.contexts[0]))
    }

    expect(add).toHaveBeenCalledTimes(3100)
    expect(longest).toBeLessThanOrEqual(2 * 101 + 64)
  })

  it('keeps one entry of a session, however often it is visited', async () => {
    const add = vi.spyOn(ExpiryQueue.prototype, 'add')
    onTestFinished(() => add.mockRestore())
    const store = new LruSessionStore()
    const signIn = await open(store, newSignIn(start, 'jsmith'))

    for (let visit = 1; visit <= 1000; visit++) await store.resume([signIn.id], start + visit * minute)

    expect(lengthOf(add.mock.contexts[0])).toBe(1)
    expect(await living(store, [signIn], start + 1000 * minute)).toEqual([true])
  })

  it('keeps no timer', async () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const store = new LruSessionStore()

    await open(store, newGuest(start))

    expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout')).toHaveLength(before)
  })
})

function lengthOf(queue: unknown): number {
  return queue instanceof ExpiryQueue ? queue.length : Infinity
}
