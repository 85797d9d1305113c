import { strict as assert } from 'node:assert'

import type { RemovedSession } from '../sessions/session-store.js'
import {
  hour,
  listed,
  minute,
  newGuest,
  newSignIn,
  type NewSession,
  open,
  openConfirmed,
  start,
  type StoreSpec,
  tryToOpen,
  watch
} from './store-spec.js'

/** `watchRemovals` is optional: a store without it has nothing to prove here. */
export function specifyRemovals(it: StoreSpec): void {
  it('tells once what ran out of idle time, and with which record', async (store) => {
    const removals = watch(store)
    if (!removals) return
    const signIn = await openConfirmed(store, newSignIn(start, 'jsmith', { ip: '192.0.2.7' }))

    await store.resume([signIn.id], start + hour)
    await store.count(start + hour)
    await listed(store, start + hour)
    await open(store, newGuest(start + hour))

    assert.deepEqual(told(removals), [[signIn.record.handle, 'idle']])
    assert.deepEqual([removals[0]?.record.user?.userName, removals[0]?.record.ip], ['jsmith', '192.0.2.7'])
  })

  it('tells apart what reached its absolute limit', async (store) => {
    const removals = watch(store)
    if (!removals) return
    const signIn = await open(store, newSignIn(start, 'jsmith', { absoluteEndAt: start + minute }))

    await store.resume([signIn.id], start + minute)
    await open(store, newGuest(start + minute))

    assert.deepEqual(told(removals), [[signIn.record.handle, 'absolute']])
  })

  it('tells what expired without a visit when a place is looked for', async (store) => {
    const removals = watch(store)
    if (!removals) return
    const guest = await openConfirmed(store, newGuest(start))

    await open(store, newGuest(start + hour), { quotas: { guestSessions: 1 } })

    assert.deepEqual(told(removals), [[guest.record.handle, 'idle']])
  })

  it('tells what a login replaced, reclaimed, and gave up for its user', async (store) => {
    const removals = watch(store)
    if (!removals) return
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

  it('does not tell of what it was asked to end, nor of a refusal', async (store) => {
    const removals = watch(store)
    if (!removals) return
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

  it('tells every listener, also beside one that throws', async (store) => {
    if (!store.watchRemovals) return
    const first = watch(store)
    store.watchRemovals(() => {
      throw new Error('broken listener')
    })
    const second = watch(store)
    const guest = await open(store, newGuest(start))

    const outcome = await tryToOpen(store, newSignIn(start, 'jsmith'), { replaces: guest })

    assert.equal(outcome, 'created')
    assert.deepEqual(told(first ?? []), [[guest.record.handle, 'replaced']])
    assert.deepEqual(told(second ?? []), [[guest.record.handle, 'replaced']])
  })

  it('shows no id to the listener', async (store) => {
    const removals = watch(store)
    if (!removals) return
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
