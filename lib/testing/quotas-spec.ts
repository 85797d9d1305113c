import { strict as assert } from 'node:assert'

import { counted, listed, living, newGuest, newSignIn, open, openConfirmed, start, type StoreSpec, tally, tryToOpen } from './store-spec.js'

const fifty = Array.from({ length: 50 }, (_, number) => number)

export function specifyQuotas(it: StoreSpec): void {
  it('opens exactly 7 sessions when 50 logins race for 7 places, again and again', async (store) => {
    const quotas = { sessions: 7 }

    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(fifty.map((number) => tryToOpen(store, newSignIn(start, `user ${number}`), { quotas })))

      assert.deepEqual(tally(answers), { created: 7, full: 43 })
      assert.deepEqual(await counted(store, start), { signedIn: 7, guests: 0 })
      for (const { handle } of await listed(store, start)) await store.endByHandle(handle, start)
    }
  })

  it('opens exactly 7 sessions when 50 guests race for 7 places', async (store) => {
    const quotas = { guestSessions: 7 }

    const answers = await Promise.all(fifty.map(() => tryToOpen(store, newGuest(start), { quotas })))

    assert.deepEqual(tally(answers), { created: 7, full: 43 })
    assert.deepEqual(await counted(store, start), { signedIn: 0, guests: 7 })
  })

  it('gives the places of guests to exactly as many of 50 racing logins', async (store) => {
    const quotas = { sessions: 7 }
    for (const number of [1, 2, 3, 4]) await openConfirmed(store, newGuest(start - number), { quotas })

    const answers = await Promise.all(fifty.map((number) => tryToOpen(store, newSignIn(start, `user ${number}`), { quotas })))

    assert.deepEqual(tally(answers), { created: 7, full: 43 })
    assert.deepEqual(await counted(store, start), { signedIn: 7, guests: 0 })
  })

  it('lets 7 guests log in with no place free while 43 strangers try', async (store) => {
    const quotas = { sessions: 7 }

    for (let round = 0; round < 3; round++) {
      const guests = await Promise.all(fifty.slice(0, 7).map(() => open(store, newGuest(start), { quotas })))
      const logins = fifty.map((number) => {
        const guest = guests[number]
        return tryToOpen(store, newSignIn(start, `user ${number}`), guest ? { quotas, replaces: guest } : { quotas })
      })

      assert.deepEqual(tally(await Promise.all(logins)), { created: 7, full: 43 })
      assert.deepEqual(await counted(store, start), { signedIn: 7, guests: 0 })
      for (const { handle } of await listed(store, start)) await store.endByHandle(handle, start)
    }
  })

  it('lets everybody who holds a place log in again at the same time', async (store) => {
    const quotas = { sessions: 50, sessionsPerUser: 1, whenUserIsFull: 'refuse' } as const
    const before = await Promise.all(fifty.map((number) => openConfirmed(store, newSignIn(start, `user ${number}`), { quotas })))
    const after = before.map((_, number) => newSignIn(start + 1, `user ${number}`))

    const answers = await Promise.all(
      after.map((signIn, number) => tryToOpen(store, signIn, { quotas, replaces: before[number] ?? signIn }))
    )

    assert.deepEqual(tally(answers), { created: 50 })
    assert.deepEqual(tally((await living(store, before, start + 1)).map(String)), { false: 50 })
    assert.deepEqual(tally((await living(store, after, start + 1)).map(String)), { true: 50 })
  })

  it('counts guests among all sessions', async (store) => {
    const quotas = { sessions: 2 }
    await openConfirmed(store, newSignIn(start, 'jsmith'), { quotas })
    await openConfirmed(store, newGuest(start), { quotas })

    const answer = await tryToOpen(store, newGuest(start), { quotas })

    assert.equal(answer, 'full')
  })

  it('does not count sign-ins among the guests', async (store) => {
    const quotas = { guestSessions: 1 }
    await open(store, newSignIn(start, 'jsmith'), { quotas })
    await open(store, newGuest(start), { quotas })

    const answer = await tryToOpen(store, newSignIn(start, 'mmiller'), { quotas })

    assert.equal(answer, 'created')
  })

  it('gives the place of an ended session back at once', async (store) => {
    const quotas = { sessions: 1, guestSessions: 1, sessionsPerUser: 1, whenUserIsFull: 'refuse' } as const

    for (let round = 0; round < 3; round++) {
      const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'), { quotas })
      await store.end([signIn.id], start)
      const guest = await openConfirmed(store, newGuest(start), { quotas })
      await store.endByHandle(guest.record.handle, start)
    }

    assert.deepEqual(await counted(store, start), { signedIn: 0, guests: 0 })
  })

  it('lets the replaced session live on when there is no place', async (store) => {
    const quotas = { sessions: 2, sessionsPerUser: 1, whenUserIsFull: 'refuse' } as const
    const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'), { quotas })
    const guest = await open(store, newGuest(start), { quotas })

    const answer = await tryToOpen(store, newSignIn(start + 1, 'jsmith'), { quotas, replaces: guest })

    assert.equal(answer, 'user-full')
    assert.deepEqual(await living(store, [signIn, guest], start + 1), [true, true])
  })

  it('refuses exactly those sessions of a user that are too many', async (store) => {
    const quotas = { sessionsPerUser: 3, whenUserIsFull: 'refuse' } as const

    const answers = await Promise.all(fifty.map(() => tryToOpen(store, newSignIn(start, 'jsmith'), { quotas })))
    const somebodyElse = await tryToOpen(store, newSignIn(start, 'mmiller'), { quotas })

    assert.deepEqual(tally(answers), { created: 3, 'user-full': 47 })
    assert.equal(somebodyElse, 'created')
    assert.deepEqual(await counted(store, start), { signedIn: 4, guests: 0 })
  })

  it('leaves a user who logs in at many places at once exactly the sessions of the quota', async (store) => {
    const quotas = { sessionsPerUser: 3, whenUserIsFull: 'end-oldest' } as const

    const answers = await Promise.all(fifty.map((number) => tryToOpen(store, newSignIn(start + number, 'jsmith'), { quotas })))

    assert.deepEqual(tally(answers), { created: 50 })
    assert.deepEqual(await counted(store, start + 50), { signedIn: 3, guests: 0 })
  })

  it('ends the session of a user who has too many whose login is oldest, though it was used last', async (store) => {
    const quotas = { sessionsPerUser: 3, whenUserIsFull: 'end-oldest' } as const
    const middle = await openConfirmed(store, newSignIn(start + 1, 'jsmith', { authenticatedAt: start - 20 }), { quotas })
    const oldest = await openConfirmed(store, newSignIn(start + 2, 'jsmith', { authenticatedAt: start - 30 }), { quotas })
    const young = await open(store, newSignIn(start, 'jsmith', { authenticatedAt: start - 10 }), { quotas })
    await store.resume([oldest.id], start + 100)

    const newest = await open(store, newSignIn(start + 200, 'jsmith'), { quotas })

    assert.deepEqual(await living(store, [oldest, middle, young, newest], start + 200), [false, true, true, true])
  })

  it('ends as many sessions of a user as are too many, oldest login first, where the quota was lowered since', async (store) => {
    const signIns = await Promise.all([5, 3, 1, 2, 4].map((number) => openConfirmed(store, newSignIn(start + number, 'jsmith'))))
    const quotas = { sessionsPerUser: 2, whenUserIsFull: 'end-oldest' } as const

    const newest = await open(store, newSignIn(start + 6, 'jsmith'), { quotas })

    assert.deepEqual(await living(store, [...signIns, newest], start + 6), [true, false, false, false, false, true])
  })

  it('ends no further session of a user who replaces one', async (store) => {
    const quotas = { sessionsPerUser: 2, whenUserIsFull: 'end-oldest' } as const
    const first = await open(store, newSignIn(start, 'jsmith'), { quotas })
    const second = await open(store, newSignIn(start + 1, 'jsmith'), { quotas })

    const third = await open(store, newSignIn(start + 2, 'jsmith'), { quotas, replaces: second })

    assert.deepEqual(await living(store, [first, second, third], start + 2), [true, false, true])
  })

  it('takes user IDs as they come, in any case', async (store) => {
    const quotas = { sessionsPerUser: 1, whenUserIsFull: 'refuse' } as const
    const user = { userName: 'jsmith', fullName: 'John Smith' }
    await open(store, newSignIn(start, { ...user, ID: 'ab' }), { quotas })

    const other = await tryToOpen(store, newSignIn(start, { ...user, ID: 'AB' }), { quotas })
    const same = await tryToOpen(store, newSignIn(start, { ID: 'ab', userName: 'renamed', fullName: '' }), { quotas })

    assert.deepEqual([other, same], ['created', 'user-full'])
  })

  it("finds the place for a login that the user's own oldest session gives up", async (store) => {
    const quotas = { sessions: 2, sessionsPerUser: 1, whenUserIsFull: 'end-oldest' } as const
    const first = await openConfirmed(store, newSignIn(start, 'jsmith'), { quotas })
    const somebodyElse = await openConfirmed(store, newSignIn(start, 'mmiller'), { quotas })

    const second = await open(store, newSignIn(start + 1, 'jsmith'), { quotas })

    assert.deepEqual(await living(store, [first, somebodyElse, second], start + 1), [false, true, true])
  })
}
