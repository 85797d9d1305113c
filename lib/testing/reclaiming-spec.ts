import { strict as assert } from 'node:assert'

import { unconfirmedGraceMilliseconds } from '../sessions/session-store.js'
import {
  counted,
  handlesOf,
  listed,
  living,
  minute,
  newGuest,
  newSignIn,
  open,
  openConfirmed,
  slideInterval,
  start,
  type StoreSpec,
  tryToOpen
} from './store-spec.js'

const later = start + 2 * minute

export function specifyReclaiming(it: StoreSpec): void {
  it('reclaims for a login what was never confirmed, oldest first, guests and sign-ins in one queue', async (store) => {
    const quotas = { sessions: 4 }
    const confirmedGuest = await openConfirmed(store, newGuest(start - 10), { quotas })
    const guest = await open(store, newGuest(start + 2), { quotas })
    const oldestSignIn = await open(store, newSignIn(start + 1, 'drops cookies'), { quotas })
    const signIn = await open(store, newSignIn(start + 3, 'drops cookies'), { quotas })
    const all = [confirmedGuest, guest, oldestSignIn, signIn]

    await openConfirmed(store, newSignIn(later, 'first'), { quotas })
    const afterFirst = await living(store, all, later)
    await openConfirmed(store, newSignIn(later + 1, 'second'), { quotas })
    const afterSecond = await living(store, all, later + 1)
    await openConfirmed(store, newSignIn(later + 2, 'third'), { quotas })
    const afterThird = await living(store, all, later + 2)

    assert.deepEqual(afterFirst, [true, true, false, true])
    assert.deepEqual(afterSecond, [true, false, false, true])
    assert.deepEqual(afterThird, [true, false, false, false])
  })

  it('leaves a sign-in its minute to confirm, to the millisecond', async (store) => {
    const quotas = { sessions: 1 }
    const signIn = await open(store, newSignIn(start, 'jsmith'), { quotas })

    const early = await tryToOpen(store, newSignIn(start + unconfirmedGraceMilliseconds, 'early'), { quotas })
    const livedOn = await living(store, [signIn], start + unconfirmedGraceMilliseconds)
    const late = await tryToOpen(store, newSignIn(start + unconfirmedGraceMilliseconds + 1, 'late'), { quotas })

    assert.deepEqual([early, livedOn, late], ['full', [true], 'created'])
    assert.deepEqual(await living(store, [signIn], later), [false])
  })

  it('then reclaims for a login the guest who has been idle longest, however young or faithful', async (store) => {
    const quotas = { sessions: 4 }
    const signIn = await openConfirmed(store, newSignIn(start, 'stays'), { quotas })
    const faithful = await openConfirmed(store, newGuest(start + 1), { quotas })
    const idle = await openConfirmed(store, newGuest(start + 2), { quotas })
    const now = start + 40_000 + slideInterval(store)
    const young = await open(store, newGuest(now - 10_000), { quotas })
    const all = [signIn, faithful, idle, young]
    await store.resume([faithful.id], now)

    await openConfirmed(store, newSignIn(now + 1000, 'first'), { quotas })
    const afterFirst = await living(store, all, now + 1000)
    await openConfirmed(store, newSignIn(now + 2000, 'second'), { quotas })
    const afterSecond = await living(store, all, now + 2000)
    await openConfirmed(store, newSignIn(now + 3000, 'third'), { quotas })
    const afterThird = await living(store, all, now + 3000)

    assert.deepEqual(afterFirst, [true, true, false, true])
    assert.deepEqual(afterSecond, [true, true, false, false])
    assert.deepEqual(afterThird, [true, false, false, false])
  })

  it('reclaims for a guest an unconfirmed guest before an older unconfirmed sign-in', async (store) => {
    const quotas = { sessions: 3 }
    const signIn = await open(store, newSignIn(start, 'drops cookies'), { quotas })
    const older = await open(store, newGuest(start + 1), { quotas })
    const younger = await open(store, newGuest(start + 2), { quotas })
    const all = [signIn, older, younger]

    await openConfirmed(store, newGuest(later), { quotas })
    const afterFirst = await living(store, all, later)
    await openConfirmed(store, newGuest(later), { quotas })
    const afterSecond = await living(store, all, later)
    await openConfirmed(store, newGuest(later), { quotas })
    const afterThird = await living(store, all, later)

    assert.deepEqual(afterFirst, [true, false, true])
    assert.deepEqual(afterSecond, [true, false, false])
    assert.deepEqual(afterThird, [false, false, false])
  })

  it('reclaims no confirmed guest for a guest', async (store) => {
    const quotas = { sessions: 1 }
    const guest = await openConfirmed(store, newGuest(start), { quotas })

    const answer = await tryToOpen(store, newGuest(later), { quotas })

    assert.equal(answer, 'full')
    assert.deepEqual(await living(store, [guest], later), [true])
  })

  it('never reclaims a confirmed sign-in', async (store) => {
    const quotas = { sessions: 2 }
    const first = await openConfirmed(store, newSignIn(start, 'first'), { quotas })
    const second = await openConfirmed(store, newSignIn(start, 'second'), { quotas })

    const login = await tryToOpen(store, newSignIn(start + 50 * minute, 'third'), { quotas })
    const guest = await tryToOpen(store, newGuest(start + 50 * minute), { quotas })

    assert.deepEqual([login, guest], ['full', 'full'])
    assert.deepEqual(await living(store, [first, second], start + 50 * minute), [true, true])
  })

  it('makes room among the guests from the oldest that was never confirmed, and from nothing else', async (store) => {
    const quotas = { guestSessions: 2 }
    const signIn = await open(store, newSignIn(start, 'drops cookies'), { quotas })
    const confirmed = await openConfirmed(store, newGuest(start), { quotas })
    const unconfirmed = await open(store, newGuest(start + 1), { quotas })

    const early = await tryToOpen(store, newGuest(start + 1 + unconfirmedGraceMilliseconds), { quotas })
    const late = await openConfirmed(store, newGuest(later), { quotas })
    const full = await tryToOpen(store, newGuest(later + 2 * minute), { quotas })

    assert.deepEqual([early, full], ['full', 'full'])
    assert.deepEqual(await living(store, [signIn, confirmed, unconfirmed, late], later), [true, true, false, true])
  })

  it('makes room once where both the guests and all sessions are full', async (store) => {
    const quotas = { sessions: 3, guestSessions: 2 }
    const signIn = await open(store, newSignIn(start, 'drops cookies'), { quotas })
    const older = await open(store, newGuest(start + 1), { quotas })
    const younger = await open(store, newGuest(start + 2), { quotas })

    await open(store, newGuest(later), { quotas })

    assert.deepEqual(await living(store, [signIn, older, younger], later), [true, false, true])
  })

  it('reclaims nothing for a login that replaces its own session', async (store) => {
    const quotas = { sessions: 2 }
    const bystander = await open(store, newGuest(start), { quotas })
    const own = await open(store, newGuest(start + 1), { quotas })

    const signIn = await open(store, newSignIn(later, 'jsmith'), { quotas, replaces: own })

    assert.deepEqual(await living(store, [bystander, own, signIn], later), [true, false, true])
  })

  it('keeps nobody out for whom a loop of logins without cookies has taken every place, once a minute has passed', async (store) => {
    const quotas = { sessions: 10 }
    for (let login = 0; login < 30; login++) await tryToOpen(store, newSignIn(start + login, 'loop'), { quotas })

    const signIn = await openConfirmed(store, newSignIn(later, 'jsmith'), { quotas })
    for (let login = 0; login < 30; login++) await tryToOpen(store, newSignIn(later + minute + login, 'loop'), { quotas })

    assert.deepEqual(await living(store, [signIn], later + 2 * minute), [true])
    assert.deepEqual(await counted(store, later + 2 * minute), { signedIn: 10, guests: 0 })
  })

  it('changes nothing when it refuses', async (store) => {
    const quotas = { sessions: 3, guestSessions: 1, sessionsPerUser: 1, whenUserIsFull: 'refuse' } as const
    const guest = await openConfirmed(store, newGuest(start), { quotas })
    const signIn = await open(store, newSignIn(start + 1, 'jsmith'), { quotas })
    await open(store, newSignIn(later, 'mmiller'), { quotas })
    const before = await listed(store, later)

    // The unconfirmed sign-in could be reclaimed, but a guest has no place among the guests, and a user has too many whatever else is free.
    const refusedGuest = await tryToOpen(store, newGuest(later), { quotas })
    const refusedUser = await tryToOpen(store, newSignIn(later, 'mmiller'), { quotas, replaces: guest })

    assert.deepEqual([refusedGuest, refusedUser], ['full', 'user-full'])
    assert.deepEqual(await living(store, [guest, signIn], later), [true, true])
    assert.deepEqual(handlesOf(await listed(store, later)), handlesOf(before))
  })
}
