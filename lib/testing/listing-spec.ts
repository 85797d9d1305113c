import { strict as assert } from 'node:assert'

import {
  counted,
  assertRecord,
  handlesOf,
  listed,
  minute,
  newGuest,
  newSignIn,
  open,
  opened,
  openConfirmed,
  slideInterval,
  start,
  type StoreSpec
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
    const stay = await Promise.all(numbers(150).map((number) => open(store, newSignIn(start, `user ${number}`))))
    const go = await Promise.all(numbers(50).map(() => open(store, newGuest(start))))
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
    await Promise.all(numbers(100).map((number) => open(store, number % 2 ? newGuest(start) : newSignIn(start, `user ${number}`))))

    for await (const { handle } of store.list({}, start)) await store.endByHandle(handle, start)

    assert.deepEqual(await counted(store, start), { signedIn: 0, guests: 0 })
    assert.deepEqual(await listed(store, start), [])
  })

  it('lets a reader of the listing stop early', async (store) => {
    await Promise.all(numbers(20).map(() => open(store, newGuest(start))))

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

function numbers(length: number): readonly number[] {
  return Array.from({ length }, (_, number) => number)
}
