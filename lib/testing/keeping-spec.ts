import { strict as assert } from 'node:assert'

import {
  counted,
  assertRecord,
  living,
  newGuest,
  newId,
  newSignIn,
  open,
  opened,
  present,
  slideInterval,
  start,
  type StoreSpec,
  userNamed
} from './store-spec.js'

export function specifyKeeping(it: StoreSpec): void {
  it('keeps a guest as it was given', async (store) => {
    const guest = await open(store, newGuest(start))

    const record = await store.read(guest.id, start)

    assertRecord(record, opened(guest))
  })

  it('keeps a sign-in as it was given', async (store) => {
    const signIn = await open(store, newSignIn(start, 'jsmith', { authenticatedAt: start - 1, storage: '{"cart":[1,2]}' }))

    const record = await store.read(signIn.id, start)

    assertRecord(record, opened(signIn))
  })

  it('keeps any text as it came', async (store) => {
    const text = `it's "quoted" \\ $1 %s \u00e9 e\u0301 \u4e2d \ud83d\ude00 <b> {} ; -- \u2028 ${'long '.repeat(2000)}`
    const storage = JSON.stringify({ text, [text]: [null, true, -0.5], nul: '\0', half: '\ud800', '__proto__ ': {} })
    const user = { ID: `{${text}}`, userName: text, fullName: `${text}${text}` }
    const signIn = await open(store, newSignIn(start, user, { ip: '::ffff:192.0.2.1%eth0', userAgent: text, storage }))

    const [record] = await store.resume([signIn.id], start)

    assertRecord(record, { ...opened(signIn), confirmed: true })
  })

  it('keeps what the login said of a cookie that outlives the browser', async (store) => {
    for (const rememberMe of [true, false, null]) {
      const signIn = await open(store, newSignIn(start, 'jsmith', { rememberMe }))

      assertRecord(await store.read(signIn.id, start), opened(signIn))
    }
  })

  it("keeps a user's attributes, of each login as they were then, and none where there are none", async (store) => {
    const attributes = { mail: 'a@example.com', roles: ['clerk', null], nested: { '': [1.5, true, {}] }, text: "it's \u00e9 \0 \ud800" }
    const users = [
      { ...userNamed('jsmith'), attributes },
      { ...userNamed('jsmith'), attributes: { mail: 'b@example.com' } },
      userNamed('jsmith')
    ]

    const signIns = await Promise.all(users.map((user) => open(store, newSignIn(start, user))))

    for (const signIn of signIns) assertRecord(await store.read(signIn.id, start), opened(signIn))
  })

  it('keeps attributes that no listing of members shows, as those of req.directory.user', async (store) => {
    const user = Object.defineProperty(userNamed('jsmith'), 'attributes', { value: { mail: 'a@example.com' } })
    const signIn = await open(store, newSignIn(start, user))

    const record = present(await store.read(signIn.id, start))

    assert.deepEqual(JSON.parse(JSON.stringify(record.user?.attributes)), { mail: 'a@example.com' })
  })

  it('reads without sliding and without confirming', async (store) => {
    const guest = await open(store, newGuest(start))

    await store.read(guest.id, start + 1000)
    const record = await store.read(guest.id, start + 2000)

    assertRecord(record, opened(guest))
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
    const sessions = await Promise.all(
      Array.from({ length: 32 }, (_, n) => open(store, n % 2 ? newGuest(start) : newSignIn(start, `user ${n}`)))
    )

    const records = await store.resume(
      sessions.map(({ id }) => id),
      start + 1
    )

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

    for (const id of ids) {
      assert.deepEqual(await store.resume([id], start), [null])
      assert.equal(await store.read(id, start), null)
      assert.equal(await store.update(id, 0, '{"stolen":true}', start), 'ended')
      assert.deepEqual(await store.end([id], start), [null])
      assert.equal(await store.endByHandle(id, start), null)
    }

    assert.deepEqual(await counted(store, start), { signedIn: 0, guests: 1 })
  })

  it('does not take an id in another spelling', async (store) => {
    const guest = await open(store, newGuest(start, {}))

    const answers = await store.resume([guest.id.toLowerCase(), ` ${guest.id}`, guest.id.slice(0, -1), `${guest.id}0`], start)

    const spelledTheSame = guest.id === guest.id.toLowerCase()
    assert.deepEqual(answers.slice(spelledTheSame ? 1 : 0), answers.slice(spelledTheSame ? 1 : 0).fill(null))
  })

  it('takes no handle for an id and no id for a handle', async (store) => {
    const signIn = await open(store, newSignIn(start, 'jsmith'))

    const resumed = await store.resume([signIn.record.handle], start)
    const ended = await store.endByHandle(signIn.id, start)

    assert.deepEqual(resumed, [null])
    assert.equal(ended, null)
    assert.deepEqual(await living(store, [signIn], start), [true])
  })

  it('keeps a copy of what it is given', async (store) => {
    const user = { ...userNamed('jsmith'), attributes: { roles: ['clerk'] } }
    const signIn = newSignIn(start, user)
    const before = opened(signIn)
    const expected = { ...before, user: { ...user, attributes: { roles: ['clerk'] } } }
    await open(store, signIn)

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
