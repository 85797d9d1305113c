import { strict as assert } from 'node:assert'

import type { RemovedSession, SessionStore } from '../sessions/session-store.js'
import {
  assertRecord,
  counted,
  handlesOf,
  hour,
  listed,
  minute,
  newGuest,
  newSignIn,
  type NewSession,
  open,
  openMany,
  opened,
  openConfirmed,
  slideInterval,
  start,
  type StoreSpec,
  tryToOpen,
  watch
} from './store-spec.js'

export function specifyListing(it: StoreSpec): void {
  it('lists and counts nothing where there is nothing', async (store) => {
    assert.deepEqual(await listed(store, start), [])
    assert.deepEqual(await listed(store, start, { userID: 'ID of nobody' }), [])
    assert.deepEqual(await counted(store, start), { signedIn: 0, guests: 0 })
  })

  it('lists every session once, as it is now', async (store) => {
    const guest = await open(store, newGuest(start))
    const now = start + slideInterval(store)
    const signIn = await open(store, newSignIn(start, 'jsmith'))
    await store.resume([signIn.id], now)
    await store.update(signIn.id, 0, '{"a":1}', now)

    const records = await listed(store, now)

    assert.equal(records.length, 2)
    assertRecord(
      records.find(({ user }) => user === null),
      opened(guest)
    )
    assertRecord(
      records.find(({ user }) => user !== null),
      { ...opened(signIn), lastSeenAt: now, confirmed: true, storage: '{"a":1}', version: 1 }
    )
  })

  it("lists one user's sessions by the ID as it came", async (store) => {
    const user = { ID: 'a*b', userName: 'jsmith', fullName: 'John Smith' }
    const first = await open(store, newSignIn(start, user))
    const second = await openConfirmed(store, newSignIn(start, { ...user, userName: 'renamed' }))
    await open(store, newSignIn(start, { ...user, ID: 'A*B' }))
    await open(store, newSignIn(start, { ...user, ID: 'axb' }))
    await open(store, newGuest(start))

    const records = await listed(store, start, { userID: 'a*b' })

    assert.deepEqual(handlesOf(records), handlesOf([first.record, second.record]))
    assert.deepEqual(records.map(({ user: kept }) => kept?.userName).sort(), ['jsmith', 'renamed'])
  })

  it("no longer lists a user's session that has ended", async (store) => {
    const ended = await open(store, newSignIn(start, 'jsmith'))
    const lives = await open(store, newSignIn(start, 'jsmith'))
    await store.end([ended.id], start)

    const records = await listed(store, start, { userID: 'ID of jsmith' })

    assert.deepEqual(handlesOf(records), [lives.record.handle])
  })

  it('shows no id in a listing', async (store) => {
    const sessions = [await open(store, newGuest(start)), await openConfirmed(store, newSignIn(start, 'jsmith'))]

    const shown = JSON.stringify(await listed(store, start)).toUpperCase()

    for (const { id } of sessions) assert.ok(!shown.includes(id), 'an id is shown')
  })

  it('lists what stays, once, while others come and go', async (store) => {
    const [stay, go] = [await openMany(store, 150), [...(await openMany(store, 50))]]
    const seen: string[] = []

    for await (const { handle } of store.list({}, start)) {
      seen.push(handle)
      const leaving = go.pop()
      if (leaving) await store.end([leaving.id], start)
      if (seen.length <= 50) await open(store, newGuest(start))
      await store.resume([stay[seen.length % stay.length]?.id ?? ''], start)
    }

    assert.equal(new Set(seen).size, seen.length, 'a session was listed twice')
    const missing = stay.filter(({ record }) => !seen.includes(record.handle))
    assert.deepEqual(missing, [])
  })

  it('ends everything while it lists', async (store) => {
    await openMany(store, 100)

    for await (const { handle } of store.list({}, start)) await store.endByHandle(handle, start)

    assert.deepEqual(await counted(store, start), { signedIn: 0, guests: 0 })
    assert.deepEqual(await listed(store, start), [])
  })

  it('lets a reader of the listing stop early', async (store) => {
    await openMany(store, 20)

    let first: string | null = null
    for await (const { handle } of store.list({}, start)) {
      first = handle
      break
    }

    assert.ok(first)
    assert.equal((await listed(store, start)).length, 20)
  })

  it('does not slide what it lists and counts', async (store) => {
    await open(store, newGuest(start))

    await listed(store, start + 59 * minute)
    await store.count(start + 59 * minute)

    assert.deepEqual(await counted(store, start + 60 * minute), { signedIn: 0, guests: 0 })
  })
}

/** `watchRemovals` is optional: a store without it has nothing to prove here. */
export function specifyRemovals(it: StoreSpec): void {
  const specify = (title: string, run: (store: SessionStore, removals: readonly RemovedSession[]) => Promise<void>) =>
    it(title, async (store) => {
      const removals = watch(store)
      if (removals) await run(store, removals)
    })

  specify('tells once what ran out of idle time, and with which record', async (store, removals) => {
    const signIn = await openConfirmed(store, newSignIn(start, 'jsmith', { ip: '192.0.2.7' }))

    await store.resume([signIn.id], start + hour)
    await store.count(start + hour)
    await listed(store, start + hour)
    await open(store, newGuest(start + hour))

    assert.deepEqual(told(removals), [[signIn.record.handle, 'idle']])
    assert.deepEqual([removals[0]?.record.user?.userName, removals[0]?.record.ip], ['jsmith', '192.0.2.7'])
  })

  specify('tells apart what reached its absolute limit', async (store, removals) => {
    const signIn = await open(store, newSignIn(start, 'jsmith', { absoluteEndAt: start + minute }))

    await store.resume([signIn.id], start + minute)
    await open(store, newGuest(start + minute))

    assert.deepEqual(told(removals), [[signIn.record.handle, 'absolute']])
  })

  specify('tells what expired without a visit when a place is looked for', async (store, removals) => {
    const guest = await openConfirmed(store, newGuest(start))

    await open(store, newGuest(start + hour), { quotas: { guestSessions: 1 } })

    assert.deepEqual(told(removals), [[guest.record.handle, 'idle']])
  })

  specify('tells what a login replaced, reclaimed, and gave up for its user', async (store, removals) => {
    const quotas = { sessions: 3, sessionsPerUser: 1, whenUserIsFull: 'end-oldest' } as const
    const oldest = await openConfirmed(store, newSignIn(start, 'jsmith'), { quotas })
    const unconfirmed = await open(store, newSignIn(start + 1, 'drops cookies'), { quotas })
    const guest = await open(store, newGuest(start + 2), { quotas })

    await open(store, newSignIn(start + 2 * minute, 'jsmith'), { quotas, replaces: guest })
    const giveUp = told(removals)
    await open(store, newSignIn(start + 2 * minute, 'mmiller'), { quotas })
    await open(store, newSignIn(start + 2 * minute, 'another'), { quotas })

    assert.deepEqual(giveUp, expected([oldest, 'user-full'], [guest, 'replaced']))
    assert.deepEqual(told(removals), expected([oldest, 'user-full'], [guest, 'replaced'], [unconfirmed, 'reclaimed']))
  })

  specify('does not tell of what it was asked to end, nor of a refusal', async (store, removals) => {
    const quotas = { sessions: 1 }
    const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'), { quotas })
    const refused = await tryToOpen(store, newSignIn(start, 'mmiller'), { quotas })
    await store.end([signIn.id], start)
    const guest = await open(store, newGuest(start), { quotas })
    await store.endByHandle(guest.record.handle, start)

    await store.count(start + 2 * hour)
    await open(store, newGuest(start + 2 * hour))

    assert.equal(refused, 'full')
    assert.deepEqual(told(removals), [])
  })

  specify('tells every listener, also beside one that throws', async (store, first) => {
    store.watchRemovals?.(() => {
      throw new Error('broken listener')
    })
    const second = watch(store)
    const guest = await open(store, newGuest(start))

    const outcome = await tryToOpen(store, newSignIn(start, 'jsmith'), { replaces: guest })

    assert.equal(outcome, 'created')
    assert.deepEqual(told(first), [[guest.record.handle, 'replaced']])
    assert.deepEqual(told(second ?? []), [[guest.record.handle, 'replaced']])
  })

  specify('shows no id to the listener', async (store, removals) => {
    const guest = await open(store, newGuest(start))

    await open(store, newSignIn(start, 'jsmith'), { replaces: guest })

    assert.equal(removals.length, 1)
    assert.ok(!JSON.stringify(removals).toUpperCase().includes(guest.id), 'an id is shown')
  })
}

function told(removals: readonly RemovedSession[]): readonly (readonly [string, string])[] {
  return removals.map(({ record, reason }) => [record.handle, reason] as const).sort(byHandle)
}

function expected(...removals: readonly (readonly [NewSession, RemovedSession['reason']])[]): readonly (readonly [string, string])[] {
  return removals.map(([session, reason]) => [session.record.handle, reason] as const).sort(byHandle)
}

function byHandle(a: readonly [string, string], b: readonly [string, string]): number {
  return a[0] < b[0] ? -1 : 1
}
