import { strict as assert } from 'node:assert'

import type { SessionStore } from '../sessions/session-store.js'
import {
  assertRecord,
  living,
  minute,
  newGuest,
  newSignIn,
  open,
  opened,
  present,
  slideInterval,
  start,
  type StoreSpec,
  tally
} from './store-spec.js'

export function specifyUpdating(it: StoreSpec): void {
  it('replaces the storage and raises the version by one', async (store) => {
    const signIn = await open(store, newSignIn(start, 'jsmith', { storage: '{"visits":1}' }))

    const first = await store.update(signIn.id, 0, '{"visits":2}', start)
    const second = await store.update(signIn.id, 1, '{"visits":3}', start)

    assert.deepEqual([first, second], ['updated', 'updated'])
    assertRecord(await store.read(signIn.id, start), { ...opened(signIn), storage: '{"visits":3}', version: 2 })
  })

  it("writes nothing when the version is no longer the session's", async (store) => {
    const guest = await open(store, newGuest(start))
    await store.update(guest.id, 0, '{"by":"first"}', start)

    const behind = await store.update(guest.id, 0, '{"by":"second"}', start)
    const ahead = await store.update(guest.id, 2, '{"by":"second"}', start)

    assert.deepEqual([behind, ahead], ['conflict', 'conflict'])
    assertRecord(await store.read(guest.id, start), { ...opened(guest), storage: '{"by":"first"}', version: 1 })
  })

  it('neither slides nor confirms by an update', async (store) => {
    const guest = await open(store, newGuest(start))

    await store.update(guest.id, 0, '{"a":1}', start + 59 * minute)

    const record = present(await store.read(guest.id, start + 59 * minute))
    assert.deepEqual([record.lastSeenAt, record.confirmed], [start, false])
    assert.deepEqual(await living(store, [guest], start + 60 * minute), [false])
  })

  it('keeps the storage while the session is resumed', async (store) => {
    const guest = await open(store, newGuest(start))
    await store.update(guest.id, 0, '{"kept":true}', start)

    const now = start + slideInterval(store)
    const [record] = await store.resume([guest.id], now)

    assertRecord(record, { ...opened(guest), storage: '{"kept":true}', version: 1, lastSeenAt: now, confirmed: true })
  })

  it('lets one of many updates of the same version win', async (store) => {
    const guest = await open(store, newGuest(start))
    const writers = Array.from({ length: 20 }, (_, writer) => writer)

    const answers = await Promise.all(writers.map((writer) => store.update(guest.id, 0, JSON.stringify({ writer }), start)))

    assert.deepEqual(tally(answers), { updated: 1, conflict: 19 })
    const record = present(await store.read(guest.id, start))
    assert.deepEqual([record.storage, record.version], [JSON.stringify({ writer: answers.indexOf('updated') }), 1])
  })

  it('loses none of 200 concurrent increments', async (store) => {
    const signIn = await open(store, newSignIn(start, 'jsmith', { storage: '{"n":0}' }))

    await Promise.all(Array.from({ length: 200 }, () => increment(store, signIn.id)))

    const record = present(await store.read(signIn.id, start))
    assert.deepEqual([record.storage, record.version], ['{"n":200}', 200])
  })

  it('loses no increment to the requests that only read meanwhile', async (store) => {
    const signIn = await open(store, newSignIn(start, 'jsmith', { storage: '{"n":0}' }))
    const interval = slideInterval(store)
    const visits = Array.from({ length: 50 }, (_, visit) => store.resume([signIn.id], start + interval + visit))

    await Promise.all([...visits, ...Array.from({ length: 50 }, () => increment(store, signIn.id))])

    const record = present(await store.read(signIn.id, start))
    assert.deepEqual([record.storage, record.version], ['{"n":50}', 50])
    assert.ok(record.lastSeenAt >= start + interval)
  })
}

async function increment(store: SessionStore, id: string): Promise<void> {
  for (;;) {
    const { storage, version } = present(await store.read(id, start))
    const { n } = JSON.parse(storage) as { n: number }
    if ((await store.update(id, version, JSON.stringify({ n: n + 1 }), start)) === 'updated') return
  }
}
