import { strict as assert } from 'node:assert'

import { toleratedClockLeadMilliseconds, unconfirmedGraceMilliseconds } from '../sessions/session-store.js'
import type { SessionStore } from '../sessions/session-store.js'
import {
  assertRecord,
  counted,
  hour,
  listed,
  living,
  minute,
  newGuest,
  newSignIn,
  type NewSession,
  open,
  opened,
  openConfirmed,
  present,
  start,
  type StoreSpec,
  tryToOpen
} from './store-spec.js'

const leads = [
  { lead: 'an hour', milliseconds: hour },
  { lead: 'two days', milliseconds: 48 * hour },
  { lead: 'a year', milliseconds: 365 * 24 * hour }
] as const

const meetings = [
  { by: 'resume', meet: async (store: SessionStore, { id }: NewSession) => (await store.resume([id], start))[0] },
  { by: 'read', meet: (store: SessionStore, { id }: NewSession) => store.read(id, start) },
  {
    by: 'update',
    meet: async (store: SessionStore, { id }: NewSession) => {
      assert.equal(await store.update(id, 0, '{}', start), 'updated')
      return store.read(id, start + minute)
    }
  },
  { by: 'list', meet: async (store: SessionStore) => (await listed(store, start))[0] },
  { by: 'list, of its user', meet: async (store: SessionStore) => (await listed(store, start, { userID: 'ID of jsmith' }))[0] },
  { by: 'end', meet: async (store: SessionStore, { id }: NewSession) => (await store.end([id], start))[0] },
  { by: 'endByHandle', meet: (store: SessionStore, { record }: NewSession) => store.endByHandle(record.handle, start) }
] as const

/** The sessions of these specs are opened by a clock that runs ahead; then it is put back to `start`. */
export function specifyPutBackClocks(it: StoreSpec): void {
  for (const { lead, milliseconds } of leads) {
    it(`sets times to now that are ${lead} ahead when it meets them, once, and keeps the session`, async (store) => {
      const signIn = await openConfirmed(store, newSignIn(start + milliseconds, 'jsmith', { storage: '{"cart":1}' }))

      const [met] = await store.resume([signIn.id], start)
      const later = await store.read(signIn.id, start + 30 * minute)

      const times = { createdAt: start, lastSeenAt: start, absoluteEndAt: start + 24 * hour }
      assertRecord(met, { ...opened(signIn), ...times, confirmed: true })
      assertRecord(later, { ...opened(signIn), ...times, confirmed: true })
    })

    it(`lets no session live for longer because a clock was ${lead} ahead`, async (store) => {
      const touched = await openConfirmed(store, newSignIn(start + milliseconds, 'jsmith'))
      const untouched = await open(store, newGuest(start + milliseconds))
      await listed(store, start)
      await store.resume([touched.id], start + 30 * minute)

      assert.deepEqual(await counted(store, start + hour - 1), { signedIn: 1, guests: 1 })
      assert.deepEqual(await living(store, [touched, untouched], start + hour), [true, false])
      assert.deepEqual(await counted(store, start + hour), { signedIn: 1, guests: 0 })
      assert.deepEqual(await counted(store, start + 90 * minute), { signedIn: 0, guests: 0 })
    })

    it(`finds a session that a clock ${lead} ahead has opened and that nobody has used since`, async (store) => {
      const untouched = await open(store, newSignIn(start + milliseconds, 'jsmith'))

      const counts = await counted(store, start + 10 * minute)
      const [resumed] = await store.resume([untouched.id], start + 20 * minute)
      const [slid] = await store.resume([untouched.id], start + 60 * minute)

      assert.deepEqual(counts, { signedIn: 1, guests: 0 })
      assert.ok(present(resumed).lastSeenAt <= start + 20 * minute)
      assert.equal(present(slid).lastSeenAt, start + 60 * minute)
    })
  }

  for (const { by, meet } of meetings) {
    it(`sets times back that ${by} meets`, async (store) => {
      const signIn = await open(store, newSignIn(start + 48 * hour, 'jsmith'))

      const record = present(await meet(store, signIn))

      assert.deepEqual(
        [record.createdAt, record.lastSeenAt, record.absoluteEndAt, record.authenticatedAt],
        [start, start, start + 24 * hour, start + 48 * hour]
      )
    })
  }

  it('leaves times alone that are not further ahead than clocks of two hosts may be', async (store) => {
    const tolerated = await open(store, newSignIn(start + toleratedClockLeadMilliseconds, 'jsmith'))
    const ahead = await open(store, newSignIn(start + toleratedClockLeadMilliseconds + 1, 'mmiller'))

    const records = [await store.read(tolerated.id, start), await store.read(ahead.id, start)]

    assertRecord(records[0], opened(tolerated))
    assertRecord(records[1], { ...opened(ahead), createdAt: start, lastSeenAt: start, absoluteEndAt: start + 24 * hour })
  })

  it('sets the last visit back alone where the session is older', async (store) => {
    const signIn = await openConfirmed(store, newSignIn(start, 'jsmith', { idleMilliseconds: 12 * hour }))
    await store.resume([signIn.id], start + 10 * hour)

    const [resumed] = await store.resume([signIn.id], start + hour)

    assertRecord(resumed, { ...opened(signIn), lastSeenAt: start + hour, confirmed: true })
  })

  it('gives a sign-in that a clock ahead has opened its minute to come back, and no more', async (store) => {
    const quotas = { sessions: 1 }
    const forgotten = await open(store, newSignIn(start + 48 * hour, 'drops cookies'), { quotas })
    await listed(store, start)

    const early = await tryToOpen(store, newSignIn(start + unconfirmedGraceMilliseconds, 'jsmith'), { quotas })
    const late = await tryToOpen(store, newSignIn(start + unconfirmedGraceMilliseconds + 1, 'jsmith'), { quotas })

    assert.deepEqual([early, late], ['full', 'created'])
    assert.deepEqual(await living(store, [forgotten], start + unconfirmedGraceMilliseconds + 1), [false])
  })

  it('replaces, and counts for a quota, what a clock ahead has opened', async (store) => {
    const quotas = { sessionsPerUser: 1, whenUserIsFull: 'refuse' } as const
    const guest = await open(store, newGuest(start + 48 * hour), { quotas })

    const signIn = await open(store, newSignIn(start, 'jsmith'), { quotas, replaces: guest })
    const refused = await tryToOpen(store, newSignIn(start + 1, 'jsmith'), { quotas })

    assert.equal(refused, 'user-full')
    assert.deepEqual(await living(store, [guest, signIn], start + 1), [false, true])
  })
}
