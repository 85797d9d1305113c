import { strict as assert } from 'node:assert'

import { mostUnconfirmedPerUser, unconfirmedGraceMilliseconds } from '../sessions/session-store.js'
import { confirmed, guest, login, specifyInTurn } from './in-turn-spec.js'
import {
  counted,
  hour,
  living,
  minute,
  newGuest,
  newSignIn,
  type NewSession,
  open,
  openConfirmed,
  slideInterval,
  start,
  type StoreSpec,
  tally,
  tryToOpen,
  watch
} from './store-spec.js'

const later = 2 * minute

export function specifyReclaiming(it: StoreSpec): void {
  const oneQueue = 'reclaims for a login what was never confirmed, oldest first, guests and sign-ins in one queue'
  specifyInTurn(it, oneQueue, { sessions: 4 }, [
    confirmed(guest('confirmed guest', -10)),
    guest('guest', 2),
    login('oldest sign-in', 1, { user: 'drops cookies' }),
    login('sign-in', 3, { user: 'drops cookies' }),
    confirmed(login('first', later, { ends: ['oldest sign-in'] })),
    confirmed(login('second', later + 1, { ends: ['guest'] })),
    confirmed(login('third', later + 2, { ends: ['sign-in'] }))
  ])

  specifyInTurn(it, 'leaves a sign-in its minute to confirm, to the millisecond', { sessions: 1 }, [
    login('jsmith', 0),
    login('early', unconfirmedGraceMilliseconds, { answer: 'full' }),
    login('late', unconfirmedGraceMilliseconds + 1, { ends: ['jsmith'] })
  ])

  it('then reclaims for a login the guest who has been idle longest, however young or faithful', async (store) => {
    const quotas = { sessions: 4 }
    const signIn = await openConfirmed(store, newSignIn(start, 'stays'), { quotas })
    const faithful = await openConfirmed(store, newGuest(start + 1), { quotas })
    const idle = await openConfirmed(store, newGuest(start + 2), { quotas })
    const now = start + 40_000 + slideInterval(store)
    const young = await open(store, newGuest(now - 10_000), { quotas })
    await store.resume([faithful.id], now)

    const lived: (readonly boolean[])[] = []
    for (const after of [1000, 2000, 3000]) {
      await openConfirmed(store, newSignIn(now + after, `user ${after}`), { quotas })
      lived.push(await living(store, [signIn, faithful, idle, young], now + after))
    }

    assert.deepEqual(lived, [
      [true, true, false, true],
      [true, true, false, false],
      [true, false, false, false]
    ])
  })

  specifyInTurn(it, 'reclaims for a guest an unconfirmed guest before an older unconfirmed sign-in', { sessions: 3 }, [
    login('drops cookies', 0),
    guest('older', 1),
    guest('younger', 2),
    confirmed(guest('first', later, { ends: ['older'] })),
    confirmed(guest('second', later, { ends: ['younger'] })),
    confirmed(guest('third', later, { ends: ['drops cookies'] }))
  ])

  specifyInTurn(it, 'reclaims no confirmed guest for a guest', { sessions: 1 }, [
    confirmed(guest('confirmed', 0)),
    guest('another', later, { answer: 'full' })
  ])

  specifyInTurn(it, 'never reclaims a confirmed sign-in', { sessions: 2 }, [
    confirmed(login('first', 0)),
    confirmed(login('second', 0)),
    login('third', 50 * minute, { answer: 'full' }),
    guest('guest', 50 * minute, { answer: 'full' })
  ])

  const amongGuests = 'makes room among the guests from the oldest that was never confirmed, and from nothing else'
  specifyInTurn(it, amongGuests, { guestSessions: 2 }, [
    login('drops cookies', 0),
    confirmed(guest('confirmed', 0)),
    guest('unconfirmed', 1),
    guest('early', 1 + unconfirmedGraceMilliseconds, { answer: 'full' }),
    confirmed(guest('late', later, { ends: ['unconfirmed'] })),
    guest('another', 2 * later, { answer: 'full' })
  ])

  specifyInTurn(it, 'makes room once where both the guests and all sessions are full', { sessions: 3, guestSessions: 2 }, [
    login('drops cookies', 0),
    guest('older', 1),
    guest('younger', 2),
    guest('another', later, { ends: ['older'] })
  ])

  specifyInTurn(it, 'reclaims nothing for a login that replaces its own session', { sessions: 2 }, [
    guest('bystander', 0),
    guest('own', 1),
    login('jsmith', later, { replaces: 'own' })
  ])

  it('keeps nobody out for whom a loop of logins without cookies has taken every place, once a minute has passed', async (store) => {
    const quotas = { sessions: 10 }
    const loop = async (from: number) => {
      for (let time = from; time < from + 30; time++) await tryToOpen(store, newSignIn(time, 'loop'), { quotas })
    }
    await loop(start)

    const signIn = await openConfirmed(store, newSignIn(start + later, 'jsmith'), { quotas })
    await loop(start + later + minute)

    assert.deepEqual(await living(store, [signIn], start + 2 * later), [true])
    assert.deepEqual(await counted(store, start + 2 * later), { signedIn: 10, guests: 0 })
  })

  // The unconfirmed sign-in could be reclaimed, but a guest has no place among the guests, and a user has too many whatever else is free.
  const allFull = { sessions: 3, guestSessions: 1, sessionsPerUser: 1, whenUserIsFull: 'refuse' } as const
  specifyInTurn(it, 'changes nothing when it refuses', allFull, [
    confirmed(guest('guest', 0)),
    login('jsmith', 1),
    login('mmiller', later),
    guest('another guest', later, { answer: 'full' }),
    login('mmiller again', later, { user: 'mmiller', replaces: 'guest', answer: 'user-full' })
  ])
}

/** What a store in memory keeps to exactly, others may miss by a twentieth. */
const slack = mostUnconfirmedPerUser / 20

export function specifyUnconfirmed(it: StoreSpec): void {
  it('counts apart those whose cookie has not come back', async (store) => {
    await open(store, newGuest(start))
    await open(store, newGuest(start))
    await openConfirmed(store, newGuest(start))
    await open(store, newSignIn(start, 'jsmith'))
    await openConfirmed(store, newSignIn(start, 'jsmith'))

    const counts = await store.count(start)

    assert.deepEqual(counts, { signedIn: 2, guests: 3, unconfirmed: { signedIn: 1, guests: 2 } })
  })

  it('counts a session as unconfirmed until its cookie comes back, it ends, is replaced or expires', async (store) => {
    const [comesBack, ends, isReplaced] = [newSignIn(start, 'a'), newSignIn(start, 'b'), newGuest(start)]
    for (const session of [comesBack, ends, isReplaced, newGuest(start)]) await open(store, session)
    await store.update(isReplaced.id, 0, '{"cart":1}', start)
    const unconfirmed = [(await store.count(start)).unconfirmed]

    await store.resume([comesBack.id], start + 1)
    await store.end([ends.id], start + 1)
    unconfirmed.push((await store.count(start + 1)).unconfirmed)
    await open(store, newSignIn(start + 1, 'c'), { replaces: isReplaced, replacesVersion: 1 })
    unconfirmed.push((await store.count(start + 1)).unconfirmed)
    unconfirmed.push((await store.count(start + hour)).unconfirmed)

    assert.deepEqual(unconfirmed, [
      { signedIn: 2, guests: 2 },
      { signedIn: 0, guests: 2 },
      { signedIn: 1, guests: 1 },
      { signedIn: 1, guests: 0 }
    ])
  })

  it(`keeps about ${mostUnconfirmedPerUser} sign-ins of a user whose cookie has not come back, the youngest`, async (store) => {
    const confirmed = await openConfirmed(store, newSignIn(start, 'loop'))
    const bystander = await open(store, newSignIn(start, 'jsmith'))
    const signIns: NewSession[] = []
    for (let login = 1; login <= mostUnconfirmedPerUser + 20; login++) signIns.push(await open(store, newSignIn(start + login, 'loop')))

    const lives = await living(store, signIns, start + 200)

    const ended = lives.lastIndexOf(false) + 1
    assert.ok(
      lives.slice(0, ended).every((alive) => !alive),
      'a younger one had to go before an older one'
    )
    assert.ok(ended >= 20 - slack && ended <= 20 + slack, `${ended} had to go`)
    assert.deepEqual(await living(store, [confirmed, bystander], start + 200), [true, true])
  })

  it('keeps to that number when one user logs in at many places at once', async (store) => {
    const logins = Array.from({ length: mostUnconfirmedPerUser + 50 }, () => newSignIn(start, 'loop'))

    const answers = await Promise.all(logins.map((signIn) => tryToOpen(store, signIn)))

    const { unconfirmed } = await store.count(start)
    assert.deepEqual(tally(answers), { created: logins.length })
    assert.ok(Math.abs(unconfirmed.signedIn - mostUnconfirmedPerUser) <= slack, `${unconfirmed.signedIn} are kept`)
  })

  it('ends no sign-in of a user whose cookie has come back, however many there are', async (store) => {
    const signIns: NewSession[] = []
    for (let login = 0; login < mostUnconfirmedPerUser + 20; login++) {
      signIns.push(await openConfirmed(store, newSignIn(start + login, 'everybody')))
    }

    assert.deepEqual(tally((await living(store, signIns, start + 200)).map(String)), { true: signIns.length })
  })

  it('ends no unconfirmed sign-in early otherwise: programs log in and come back later', async (store) => {
    const program = await open(store, newSignIn(start, 'program'))
    for (let login = 0; login < 50; login++)
      await open(store, login % 2 ? newGuest(start + login) : newSignIn(start + login, `user ${login}`))

    const [resumed] = await store.resume([program.id], start + hour - 1)

    assert.equal(resumed?.handle, program.record.handle)
  })

  it('tells whose unconfirmed sign-ins were too many', async (store) => {
    const removals = watch(store)
    if (!removals) return
    const first = await open(store, newSignIn(start, 'loop'))

    for (let login = 1; login <= mostUnconfirmedPerUser + slack; login++) await open(store, newSignIn(start + login, 'loop'))

    assert.deepEqual([removals[0]?.record.handle, removals[0]?.reason], [first.record.handle, 'evicted'])
  })
}
