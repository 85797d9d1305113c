import { strict as assert } from 'node:assert'

import {
  assertRecord,
  hour,
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
  type StoreSpec
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
