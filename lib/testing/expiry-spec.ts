import { strict as assert } from 'node:assert'

import {
  assertGone,
  assertRecord,
  counted,
  hour,
  listed,
  living,
  minute,
  newGuest,
  newSignIn,
  open,
  opened,
  openConfirmed,
  present,
  slideInterval,
  start,
  type StoreSpec,
  tryToOpen
} from './store-spec.js'

export function specifySliding(it: StoreSpec): void {
  it('slides a session whose slide is due, and confirms it', async (store) => {
    const guest = await open(store, newGuest(start))
    const now = start + slideInterval(store)

    const [resumed] = await store.resume([guest.id], now)
    const read = await store.read(guest.id, now)

    assertRecord(resumed, { ...opened(guest), lastSeenAt: now, confirmed: true })
    assertRecord(read, { ...opened(guest), lastSeenAt: now, confirmed: true })
  })

  it('slides a session at each visit whose slide is due', async (store) => {
    const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'))
    const interval = Math.max(1, slideInterval(store))

    for (let visit = 1; visit <= 3; visit++) {
      const [resumed] = await store.resume([signIn.id], start + visit * interval)
      assert.equal(present(resumed).lastSeenAt, start + visit * interval)
    }
  })

  it('confirms a session at its first use, whether or not its slide is due', async (store) => {
    const guest = await open(store, newGuest(start))
    const signIn = await open(store, newSignIn(start, 'jsmith'))

    const resumed = await store.resume([guest.id, signIn.id], start + 1)

    const read = [await store.read(guest.id, start + 1), await store.read(signIn.id, start + 1)]
    assert.deepEqual(
      [...resumed, ...read].map((record) => present(record).confirmed),
      [true, true, true, true]
    )
    assert.deepEqual(await store.count(start + 1), { signedIn: 1, guests: 1, unconfirmed: { signedIn: 0, guests: 0 } })
  })

  it('answers a visit with what is stored, and ends the session its idle time after that', async (store) => {
    const interval = slideInterval(store)

    for (const after of [1, interval - 1, interval, interval + 1]) {
      const guest = await openConfirmed(store, newGuest(start))
      const now = start + Math.max(1, after)
      const [resumed] = await store.resume([guest.id], now)

      assertRecord(await store.read(guest.id, now), present(resumed))
      const over = present(resumed).lastSeenAt + hour
      assert.deepEqual(await living(store, [guest], over - 1), [true])
      assert.deepEqual(await living(store, [guest], over), [false])
    }
  })

  it('keeps whoever comes back before nine tenths of the idle time are over, for as long as it takes', async (store) => {
    const brief = { idleMilliseconds: 100, absoluteEndAt: start + 24 * hour }
    const sessions = [await open(store, newGuest(start)), await open(store, newGuest(start, brief))]
    const [long, short] = sessions

    for (let visit = 1; visit <= 10; visit++) {
      await store.resume([short?.id ?? ''], start + visit * 89)
      assert.deepEqual(await living(store, sessions, start + visit * 89), [true, true])
    }
    for (let visit = 1; visit <= 10; visit++) {
      await store.resume([long?.id ?? ''], start + visit * 53 * minute)
      assert.deepEqual(await living(store, sessions.slice(0, 1), start + visit * 53 * minute), [true])
    }
  })

  it('does not let a late resume move the last visit back', async (store) => {
    const interval = slideInterval(store)
    const guest = await openConfirmed(store, newGuest(start))
    const now = start + interval + 5000
    await store.resume([guest.id], now)

    const [late] = await store.resume([guest.id], now - 4000)
    const read = await store.read(guest.id, now)

    assert.equal(present(late).lastSeenAt, now)
    assert.equal(present(read).lastSeenAt, now)
  })
}

export function specifyExpiry(it: StoreSpec): void {
  it('keeps a session until the last millisecond of its idle time', async (store) => {
    const signIn = await open(store, newSignIn(start, 'jsmith'))

    const [resumed] = await store.resume([signIn.id], start + hour - 1)

    assert.ok(resumed)
  })

  it('ends a session at the millisecond at which its idle time is over', async (store) => {
    const signIn = await open(store, newSignIn(start, 'jsmith'))

    const resumed = await store.resume([signIn.id], start + hour)

    assert.deepEqual(resumed, [null])
    assert.deepEqual(await counted(store, start + hour), { signedIn: 0, guests: 0 })
  })

  it('counts the idle time from the last visit', async (store) => {
    const guest = await open(store, newGuest(start))
    await store.resume([guest.id], start + 50 * minute)

    const lastMoment = await living(store, [guest], start + 110 * minute - 1)
    const over = await living(store, [guest], start + 110 * minute)

    assert.deepEqual([lastMoment, over], [[true], [false]])
  })

  it('ends a session at its absolute limit, however active', async (store) => {
    const signIn = await open(store, newSignIn(start, 'jsmith', { absoluteEndAt: start + 90 * minute }))
    await store.resume([signIn.id], start + 45 * minute)
    const [active] = await store.resume([signIn.id], start + 90 * minute - 1)

    const resumed = await store.resume([signIn.id], start + 90 * minute)

    assert.equal(present(active).absoluteEndAt, start + 90 * minute)
    assert.deepEqual(resumed, [null])
  })

  it('takes each session for as long as it was given', async (store) => {
    const brief = await open(store, newGuest(start, { idleMilliseconds: 1 }))
    const year = 365 * 24 * hour
    const long = await open(store, newGuest(start, { idleMilliseconds: year, absoluteEndAt: start + year }))

    assert.deepEqual(await living(store, [brief, long], start), [true, true])
    assert.deepEqual(await living(store, [brief, long], start + 1), [false, true])
    assert.deepEqual(await living(store, [brief, long], start + year - 1), [false, true])
    assert.deepEqual(await living(store, [brief, long], start + year), [false, false])
  })

  it('does nothing for an expired session', async (store) => {
    const signIn = await open(store, newSignIn(start, 'jsmith'))

    await assertGone(store, signIn.id, signIn.record.handle, start + hour)
  })

  it('does not bring back what a resume has found expired, for a request with an earlier clock', async (store) => {
    const signIn = await open(store, newSignIn(start, 'jsmith'))
    await store.resume([signIn.id], start + hour)

    const resumed = await store.resume([signIn.id], start + hour - 1)

    assert.deepEqual(resumed, [null])
  })

  it('neither counts nor lists expired sessions, though nobody visits them', async (store) => {
    await openConfirmed(store, newSignIn(start, 'jsmith'))
    await open(store, newGuest(start))
    const signIn = await open(store, newSignIn(start + 1, 'jsmith'))

    const count = await counted(store, start + hour)
    const all = await listed(store, start + hour)
    const ofUser = await listed(store, start + hour, { userID: 'ID of jsmith' })

    assert.deepEqual(count, { signedIn: 1, guests: 0 })
    assert.deepEqual(
      [all.map(({ handle }) => handle), ofUser.map(({ handle }) => handle)],
      [[signIn.record.handle], [signIn.record.handle]]
    )
  })

  it('counts and lists what was visited in time', async (store) => {
    const guest = await open(store, newGuest(start))
    await store.resume([guest.id], start + 30 * minute)

    const count = await counted(store, start + hour)

    assert.deepEqual(count, { signedIn: 0, guests: 1 })
  })

  it('gives the places of expired sessions back without a visit', async (store) => {
    const quotas = { sessions: 1, guestSessions: 1, sessionsPerUser: 1, whenUserIsFull: 'refuse' } as const
    await openConfirmed(store, newSignIn(start, 'jsmith'), { quotas })

    const justBefore = await tryToOpen(store, newSignIn(start + hour - 1, 'jsmith'), { quotas })
    const signIn = await tryToOpen(store, newSignIn(start + hour, 'jsmith'), { quotas })
    const guest = await tryToOpen(store, newGuest(start + 2 * hour), { quotas })
    const another = await tryToOpen(store, newGuest(start + 3 * hour), { quotas })

    assert.deepEqual([justBefore, signIn, guest, another], ['user-full', 'created', 'created', 'created'])
  })
}
