import { strict as assert } from 'node:assert'

import {
  counted,
  hour,
  listed,
  living,
  minute,
  newGuest,
  newSignIn,
  open,
  openConfirmed,
  present,
  start,
  type StoreSpec,
  tryToOpen
} from './store-spec.js'

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
    const late = start + hour

    assert.equal(await store.read(signIn.id, late), null)
    assert.equal(await store.update(signIn.id, 0, '{"late":true}', late), 'ended')
    assert.equal(await store.endByHandle(signIn.record.handle, late), null)
    assert.deepEqual(await store.end([signIn.id], late), [null])
    assert.deepEqual(await store.resume([signIn.id], late), [null])
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
