import { strict as assert } from 'node:assert'

import { type SessionQuotas, type SessionStore, unconfirmedGraceMilliseconds } from '../sessions/session-store.js'
import { confirmed, guest, login, specifyInTurn } from './in-turn-spec.js'
import {
  counted,
  listed,
  living,
  minute,
  newGuest,
  newSignIn,
  type NewSession,
  open,
  openConfirmed,
  start,
  type StoreSpec,
  tally,
  tryToOpen
} from './store-spec.js'

const fifty = Array.from({ length: 50 }, (_, number) => number)

const later = 2 * minute

export function specifyQuotas(it: StoreSpec): void {
  it('opens exactly 7 sessions when 50 logins race for 7 places, again and again', async (store) => {
    for (let round = 0; round < 5; round++) {
      assert.deepEqual(await race(store, fiftyUsers(), { sessions: 7 }), { created: 7, full: 43 })
      assert.deepEqual(await counted(store, start), { signedIn: 7, guests: 0 })
      for (const { handle } of await listed(store, start)) await store.endByHandle(handle, start)
    }
  })

  it('opens exactly 7 sessions when 50 guests race for 7 places', async (store) => {
    const guests = fifty.map(() => newGuest(start))

    assert.deepEqual(await race(store, guests, { guestSessions: 7 }), { created: 7, full: 43 })
    assert.deepEqual(await counted(store, start), { signedIn: 0, guests: 7 })
  })

  it('gives the places of guests to exactly as many of 50 racing logins', async (store) => {
    const quotas = { sessions: 7 }
    for (const number of [1, 2, 3, 4]) await openConfirmed(store, newGuest(start - number), { quotas })

    assert.deepEqual(await race(store, fiftyUsers(), quotas), { created: 7, full: 43 })
    assert.deepEqual(await counted(store, start), { signedIn: 7, guests: 0 })
  })

  it('lets 7 guests log in with no place free while 43 strangers try', async (store) => {
    const quotas = { sessions: 7 }

    for (let round = 0; round < 3; round++) {
      const guests = await Promise.all(fifty.slice(0, 7).map(() => open(store, newGuest(start), { quotas })))

      assert.deepEqual(await race(store, fiftyUsers(), quotas, guests), { created: 7, full: 43 })
      assert.deepEqual(await counted(store, start), { signedIn: 7, guests: 0 })
      for (const { handle } of await listed(store, start)) await store.endByHandle(handle, start)
    }
  })

  it('lets everybody who holds a place log in again at the same time', async (store) => {
    const quotas = { sessions: 50, sessionsPerUser: 1, whenUserIsFull: 'refuse' } as const
    const before = await Promise.all(fiftyUsers().map((signIn) => openConfirmed(store, signIn, { quotas })))
    const after = fiftyUsers(start + 1)

    assert.deepEqual(await race(store, after, quotas, before), { created: 50 })
    assert.deepEqual(tally((await living(store, before, start + 1)).map(String)), { false: 50 })
    assert.deepEqual(tally((await living(store, after, start + 1)).map(String)), { true: 50 })
  })

  specifyInTurn(it, 'counts guests among all sessions', { sessions: 2 }, [
    confirmed(login('jsmith', 0)),
    confirmed(guest('guest', 0)),
    guest('another', 0, { answer: 'full' })
  ])

  specifyInTurn(it, 'does not count sign-ins among the guests', { guestSessions: 1 }, [
    login('jsmith', 0),
    guest('guest', 0),
    login('mmiller', 0)
  ])

  it('gives the place of an ended session back at once', async (store) => {
    const quotas = { sessions: 1, guestSessions: 1, sessionsPerUser: 1, whenUserIsFull: 'refuse' } as const

    for (let round = 0; round < 3; round++) {
      const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'), { quotas })
      await store.end([signIn.id], start)
      const { record } = await openConfirmed(store, newGuest(start), { quotas })
      await store.endByHandle(record.handle, start)
    }

    assert.deepEqual(await counted(store, start), { signedIn: 0, guests: 0 })
  })

  const onePerUser = { sessions: 2, sessionsPerUser: 1, whenUserIsFull: 'refuse' } as const
  specifyInTurn(it, 'lets the replaced session live on when there is no place', onePerUser, [
    confirmed(login('jsmith', 0)),
    guest('guest', 0),
    login('jsmith again', 1, { user: 'jsmith', replaces: 'guest', answer: 'user-full' })
  ])

  it('refuses exactly those sessions of a user that are too many', async (store) => {
    const quotas = { sessionsPerUser: 3, whenUserIsFull: 'refuse' } as const
    const signIns = fifty.map(() => newSignIn(start, 'jsmith'))

    assert.deepEqual(await race(store, signIns, quotas), { created: 3, 'user-full': 47 })
    await open(store, newSignIn(start, 'mmiller'), { quotas })
    assert.deepEqual(await counted(store, start), { signedIn: 4, guests: 0 })
  })

  it('leaves a user who logs in at many places at once exactly the sessions of the quota', async (store) => {
    const signIns = fifty.map((number) => newSignIn(start + number, 'jsmith'))

    assert.deepEqual(await race(store, signIns, { sessionsPerUser: 3, whenUserIsFull: 'end-oldest' }), { created: 50 })
    assert.deepEqual(await counted(store, start + 50), { signedIn: 3, guests: 0 })
  })

  const threePerUser = { sessionsPerUser: 3, whenUserIsFull: 'end-oldest' } as const
  specifyInTurn(it, 'ends the session of a user who has too many whose login is oldest, though it was used last', threePerUser, [
    confirmed(login('middle', 1, { user: 'jsmith', record: { authenticatedAt: start - 20 } })),
    login('oldest', 2, { user: 'jsmith', record: { authenticatedAt: start - 30 }, comesBackAt: 100 }),
    login('young', 0, { user: 'jsmith', record: { authenticatedAt: start - 10 } }),
    login('newest', 200, { user: 'jsmith', ends: ['oldest'] })
  ])

  it('ends as many sessions of a user as are too many, oldest login first, where the quota was lowered since', async (store) => {
    const signIns = await Promise.all([5, 3, 1, 2, 4].map((number) => openConfirmed(store, newSignIn(start + number, 'jsmith'))))
    const quotas = { sessionsPerUser: 2, whenUserIsFull: 'end-oldest' } as const

    const newest = await open(store, newSignIn(start + 6, 'jsmith'), { quotas })

    assert.deepEqual(await living(store, [...signIns, newest], start + 6), [true, false, false, false, false, true])
  })

  const endsOldest = { sessionsPerUser: 2, whenUserIsFull: 'end-oldest' } as const
  specifyInTurn(it, 'ends no further session of a user who replaces one', endsOldest, [
    login('first', 0, { user: 'jsmith' }),
    login('second', 1, { user: 'jsmith' }),
    login('third', 2, { user: 'jsmith', replaces: 'second' })
  ])

  specifyInTurn(it, 'takes user IDs as they come, in any case', { sessionsPerUser: 1, whenUserIsFull: 'refuse' }, [
    login('jsmith', 0, { user: { ID: 'ab', userName: 'jsmith', fullName: 'John Smith' } }),
    login('other', 0, { user: { ID: 'AB', userName: 'jsmith', fullName: 'John Smith' } }),
    login('same', 0, { user: { ID: 'ab', userName: 'renamed', fullName: '' }, answer: 'user-full' })
  ])

  const ownPlace = { sessions: 2, sessionsPerUser: 1, whenUserIsFull: 'end-oldest' } as const
  specifyInTurn(it, "finds the place for a login that the user's own oldest session gives up", ownPlace, [
    confirmed(login('first', 0, { user: 'jsmith' })),
    confirmed(login('somebody else', 0)),
    login('second', 1, { user: 'jsmith', ends: ['first'] })
  ])
}

export function specifySignedInQuota(it: StoreSpec): void {
  it('opens exactly 7 signed-in sessions when 50 logins race for 7 licences, among guests that take none', async (store) => {
    const quotas = { signedInSessions: 7 }
    await Promise.all(fifty.slice(0, 10).map(() => open(store, newGuest(start), { quotas })))

    assert.deepEqual(await race(store, fiftyUsers(), quotas), { created: 7, full: 43 })
    assert.deepEqual(await counted(store, start), { signedIn: 7, guests: 10 })
  })

  specifyInTurn(it, 'lets guests in when every licence of users is taken', { signedInSessions: 1 }, [
    confirmed(login('jsmith', 0)),
    guest('guest', later)
  ])

  const noFurther = 'needs no further licence for a login that replaces its own sign-in, and one for a login that replaces a guest'
  specifyInTurn(it, noFurther, { signedInSessions: 1 }, [
    confirmed(login('before', 0, { user: 'jsmith' })),
    guest('guest', 0),
    confirmed(login('after', 1, { user: 'jsmith', replaces: 'before' })),
    login('mmiller', 1, { replaces: 'guest', answer: 'full' })
  ])

  it('gives the licence of an ended or expired sign-in back at once', async (store) => {
    const quotas = { signedInSessions: 1 }
    const first = await openConfirmed(store, newSignIn(start, 'jsmith'), { quotas })
    await store.end([first.id], start)
    await openConfirmed(store, newSignIn(start, 'jsmith', { idleMilliseconds: minute }), { quotas })

    await open(store, newSignIn(start + minute, 'mmiller'), { quotas })
  })

  specifyInTurn(it, 'reclaims the oldest sign-in that was never confirmed, after its minute, and no guest', { signedInSessions: 3 }, [
    guest('guest', -2),
    confirmed(login('stays', -1)),
    login('older', 0, { user: 'drops cookies' }),
    login('younger', 1, { user: 'drops cookies' }),
    login('early', unconfirmedGraceMilliseconds, { answer: 'full' }),
    confirmed(login('late', unconfirmedGraceMilliseconds + 1, { ends: ['older'] }))
  ])

  const bothTaken = { sessions: 3, signedInSessions: 2 }
  specifyInTurn(it, 'makes room once where both the licences of users and all sessions are taken', bothTaken, [
    confirmed(guest('guest', 0)),
    login('drops cookies', 0),
    confirmed(login('stays', 0)),
    login('jsmith', later, { ends: ['drops cookies'] })
  ])

  const ownLicence = { signedInSessions: 1, sessionsPerUser: 1, whenUserIsFull: 'end-oldest' } as const
  specifyInTurn(it, "finds the licence for a login that the user's own oldest session gives up", ownLicence, [
    confirmed(login('first', 0, { user: 'jsmith' })),
    login('second', 1, { user: 'jsmith', ends: ['first'] })
  ])
}

function fiftyUsers(now = start): readonly NewSession[] {
  return fifty.map((number) => newSignIn(now, `user ${number}`))
}

/** The answers to all of them at once. The first of them replace those that are given. */
async function race(
  store: SessionStore,
  sessions: readonly NewSession[],
  quotas: Partial<SessionQuotas>,
  replaced: readonly NewSession[] = []
) {
  return tally(await Promise.all(sessions.map((session, index) => tryToOpen(store, session, { quotas, replaces: replaced[index] }))))
}
