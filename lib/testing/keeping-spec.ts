import { strict as assert } from 'node:assert'

import type { SessionStore } from '../sessions/session-store.js'
import {
  assertGone,
  assertRecord,
  counted,
  living,
  minute,
  newGuest,
  newId,
  newSignIn,
  type NewSession,
  open,
  openMany,
  opened,
  present,
  slideInterval,
  start,
  type StoreSpec,
  tally,
  userNamed
} from './store-spec.js'

const attributes = { mail: 'a@example.com', roles: ['clerk', null], nested: { '': [1.5, true, {}] }, text: "it's \u00e9 \0 \ud800" }
const text = `it's "quoted" \\ $1 %s \u00e9 e\u0301 \u4e2d \ud83d\ude00 <b> {} ; -- \u2028 ${'long '.repeat(2000)}`

export function specifyKeeping(it: StoreSpec): void {
  const specifyKept = (title: string, ...sessions: readonly NewSession[]) =>
    it(title, async (store) => {
      await Promise.all(sessions.map((session) => open(store, session)))

      for (const session of sessions) {
        assertRecord(await store.read(session.id, start), opened(session))
        assertRecord((await store.resume([session.id], start))[0], { ...opened(session), confirmed: true })
      }
    })

  specifyKept('keeps a guest as it was given', newGuest(start))
  specifyKept('keeps a sign-in as it was given', newSignIn(start, 'jsmith', { authenticatedAt: start - 1, storage: '{"cart":[1,2]}' }))
  const storage = JSON.stringify({ text, [text]: [null, true, -0.5], nul: '\0', half: '\ud800', '__proto__ ': {} })
  const texts = { ip: '::ffff:192.0.2.1%eth0', userAgent: text, storage }
  specifyKept('keeps any text as it came', newSignIn(start, { ID: `{${text}}`, userName: text, fullName: `${text}${text}` }, texts))
  specifyKept(
    'keeps what the login said of a cookie that outlives the browser',
    ...[true, false, null].map((rememberMe) => newSignIn(start, 'jsmith', { rememberMe }))
  )
  specifyKept(
    "keeps a user's attributes, of each login as they were then, and none where there are none",
    newSignIn(start, { ...userNamed('jsmith'), attributes }),
    newSignIn(start, { ...userNamed('jsmith'), attributes: { mail: 'b@example.com' } }),
    newSignIn(start, 'jsmith')
  )

  it('keeps attributes that no listing of members shows, as those of req.directory.user', async (store) => {
    const user = Object.defineProperty(userNamed('jsmith'), 'attributes', { value: { mail: 'a@example.com' } })
    const signIn = await open(store, newSignIn(start, user))

    const record = present(await store.read(signIn.id, start))

    assert.deepEqual(JSON.parse(JSON.stringify(record.user?.attributes)), { mail: 'a@example.com' })
  })

  it('reads without sliding and without confirming', async (store) => {
    const guest = await open(store, newGuest(start))

    await store.read(guest.id, start + 1000)

    assertRecord(await store.read(guest.id, start + 2000), opened(guest))
  })

  it('resumes several candidates in the order of their ids, duplicates and unknown ones among them', async (store) => {
    const guest = await open(store, newGuest(start))
    const signIn = await open(store, newSignIn(start, 'jsmith'))
    const ids = [newId(), signIn.id, guest.id, 'x', signIn.id, newId(), guest.id, newId()]

    const now = start + slideInterval(store)
    const records = await store.resume(ids, now)

    const names = records.map((record) => record?.handle ?? null)
    const { handle } = guest.record
    assert.deepEqual(names, [null, signIn.record.handle, handle, null, signIn.record.handle, null, handle, null])
    assertRecord(records[4], { ...opened(signIn), lastSeenAt: now, confirmed: true })
  })

  it('resumes 32 sessions at once', async (store) => {
    const sessions = await openMany(store, 32)
    const ids = sessions.map(({ id }) => id)

    const records = await store.resume(ids, start + 1)

    assert.deepEqual(
      records.map((record) => [record?.handle, record?.confirmed]),
      sessions.map(({ record }) => [record.handle, true])
    )
  })

  it('resumes nothing for no ids', async (store) => {
    assert.deepEqual(await store.resume([], start), [])
  })

  it('knows no session by an unknown or malformed id', async (store) => {
    await open(store, newGuest(start))
    const ids = [newId(), '', 'x', '\0', "' OR 1=1 --", '*', '__proto__', 'constructor', '\u00e9', 'A'.repeat(100_000)]

    for (const id of ids) await assertGone(store, id, id)

    assert.deepEqual(await counted(store, start), { signedIn: 0, guests: 1 })
  })

  it('does not take an id in another spelling', async (store) => {
    const guest = await open(store, newGuest(start))

    const answers = await store.resume([guest.id.toLowerCase(), ` ${guest.id}`, guest.id.slice(0, -1), `${guest.id}0`], start)

    const spelledTheSame = guest.id === guest.id.toLowerCase()
    assert.deepEqual(answers.slice(spelledTheSame ? 1 : 0), answers.slice(spelledTheSame ? 1 : 0).fill(null))
  })

  it('takes no handle for an id and no id for a handle', async (store) => {
    const signIn = await open(store, newSignIn(start, 'jsmith'))

    assert.deepEqual(await store.resume([signIn.record.handle], start), [null])
    assert.equal(await store.endByHandle(signIn.id, start), null)
    assert.deepEqual(await living(store, [signIn], start), [true])
  })

  it('keeps a copy of what it is given', async (store) => {
    const user = { ...userNamed('jsmith'), attributes: { roles: ['clerk'] } }
    const signIn = await open(store, newSignIn(start, user))
    const expected = structuredClone(opened(signIn))

    user.userName = 'intruder'
    user.attributes.roles.push('admin')
    Reflect.set(signIn.record, 'ip', '203.0.113.9')
    Reflect.set(signIn.record, 'absoluteEndAt', Infinity)

    assertRecord(await store.read(signIn.id, start), expected)
  })

  it('gives copies away, which nobody can use to change what is kept', async (store) => {
    const user = { ...userNamed('jsmith'), attributes: { roles: ['clerk'] } }
    const signIn = await open(store, newSignIn(start, user))
    const other = await open(store, newSignIn(start, user))
    const [resumed] = await store.resume([signIn.id], start)

    for (const record of [present(resumed), present(await store.read(signIn.id, start))]) {
      // What is frozen answers false here, where an assignment would throw.
      Reflect.set(record, 'storage', '{"stolen":true}')
      Reflect.set(record, 'absoluteEndAt', Infinity)
      if (record.user) Reflect.set(record.user, 'userName', 'intruder')
      const roles: unknown = Reflect.get(record.user?.attributes ?? {}, 'roles')
      if (Array.isArray(roles)) Reflect.set(roles, 0, 'admin')
    }

    assertRecord(await store.read(signIn.id, start), { ...opened(signIn), confirmed: true })
    assertRecord(await store.read(other.id, start), opened(other))
  })

  it('gives snapshots away, which do not change with the session', async (store) => {
    const guest = await open(store, newGuest(start))
    const before = present(await store.read(guest.id, start))

    await store.resume([guest.id], start + 1000)
    await store.update(guest.id, 0, '{"changed":true}', start + 1000)

    assertRecord(before, opened(guest))
  })
}

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

    assertRecord(await store.read(guest.id, start + 59 * minute), { ...opened(guest), storage: '{"a":1}', version: 1 })
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
    const storage = JSON.stringify({ writer: answers.indexOf('updated') })
    assertRecord(await store.read(guest.id, start), { ...opened(guest), storage, version: 1 })
  })

  it('loses none of 200 concurrent increments', async (store) => {
    const signIn = await open(store, newSignIn(start, 'jsmith', { storage: '{"n":0}' }))

    await Promise.all(Array.from({ length: 200 }, () => increment(store, signIn.id)))

    assertRecord(await store.read(signIn.id, start), { ...opened(signIn), storage: '{"n":200}', version: 200 })
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
