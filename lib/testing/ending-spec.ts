import { strict as assert } from 'node:assert'

import type { SessionStore } from '../sessions/session-store.js'
import {
  assertGone,
  assertRecord,
  counted,
  handlesOf,
  living,
  newGuest,
  newId,
  newSignIn,
  type NewSession,
  open,
  openMany,
  opened,
  present,
  start,
  type StoreSpec,
  tryToOpen
} from './store-spec.js'

const ways = [
  { by: 'its id', end: async (store: SessionStore, session: NewSession) => (await store.end([session.id], start))[0] },
  { by: 'its handle', end: (store: SessionStore, session: NewSession) => store.endByHandle(session.record.handle, start) }
] as const

export function specifyEnding(it: StoreSpec): void {
  for (const { by, end } of ways) {
    it(`ends a session by ${by} for good, and gives the record that was live`, async (store) => {
      const signIn = await open(store, newSignIn(start, 'jsmith'))
      const bystander = await open(store, newSignIn(start, 'jsmith'))
      await store.update(signIn.id, 0, '{"a":1}', start)

      const ended = await end(store, signIn)

      assertRecord(ended, { ...opened(signIn), storage: '{"a":1}', version: 1 })
      await assertGone(store, signIn.id, signIn.record.handle)
      assert.deepEqual(await living(store, [bystander], start), [true])
      assert.deepEqual(await counted(store, start), { signedIn: 1, guests: 0 })
    })

    it(`tells one of many who end a session by ${by} that it was live`, async (store) => {
      const guest = await open(store, newGuest(start))

      const answers = await Promise.all(Array.from({ length: 20 }, () => end(store, guest)))

      assert.equal(answers.filter((record) => record !== null).length, 1)
      assert.deepEqual(await counted(store, start), { signedIn: 0, guests: 0 })
    })

    it(`lets no update and no visit in flight bring back what was ended by ${by}`, async (store) => {
      for (let round = 0; round < 10; round++) {
        const signIn = await open(store, newSignIn(start, 'jsmith'))

        const answers = await Promise.all([
          store.resume([signIn.id], start + 1),
          store.update(signIn.id, 0, '{"round":0}', start + 1),
          end(store, signIn),
          store.update(signIn.id, 1, '{"round":1}', start + 1),
          store.update(signIn.id, 0, '{"round":2}', start + 1),
          store.resume([signIn.id, signIn.id], start + 1)
        ])

        present(answers[2])
        await assertGone(store, signIn.id, signIn.record.handle)
      }
      assert.deepEqual(await counted(store, start + 1), { signedIn: 0, guests: 0 })
    })
  }

  it('ends several sessions at once, and gives the records that were live in the order of their ids', async (store) => {
    const sessions = await openMany(store, 30)
    const bystander = await open(store, newSignIn(start, 'user 0'))
    const over = await open(store, newGuest(start, { idleMilliseconds: 1 }))
    const ids = [newId(), ...sessions.map(({ id }) => id), over.id]

    const ended = await store.end(ids, start + 1)

    assert.deepEqual(
      ended.map((record) => record?.handle ?? null),
      [null, ...sessions.map(({ record }) => record.handle), null]
    )
    assert.deepEqual(await counted(store, start + 1), { signedIn: 1, guests: 0 })
    assert.deepEqual(await living(store, [bystander], start + 1), [true])
    assert.deepEqual(
      await store.end(ids, start + 1),
      ids.map(() => null)
    )
  })

  it('ends nothing for no ids', async (store) => {
    const guest = await open(store, newGuest(start))

    assert.deepEqual(await store.end([], start), [])
    assert.deepEqual(await living(store, [guest], start), [true])
  })

  it('tells one of many who end the same sessions, in any order, of each that it was live', async (store) => {
    const sessions = await openMany(store, 8)
    const ids = sessions.map(({ id }) => id)

    const answers = await Promise.all(Array.from({ length: 10 }, (_, n) => store.end(n % 2 ? ids : ids.toReversed(), start)))

    const ended = answers.flat().filter((record) => record !== null)
    assert.deepEqual(handlesOf(ended), handlesOf(sessions.map(({ record }) => record)))
  })

  it('answers "ended" to an update that knows the version of an ended session', async (store) => {
    const signIn = await open(store, newSignIn(start, 'jsmith'))
    const { version } = present(await store.read(signIn.id, start))
    await store.end([signIn.id], start)

    const answer = await store.update(signIn.id, version, '{"back":true}', start)

    assert.equal(answer, 'ended')
    await assertGone(store, signIn.id, signIn.record.handle)
  })

  it('ends for good the session that a login replaces', async (store) => {
    const guest = await open(store, newGuest(start, { storage: '{"cart":1}' }))
    const signIn = newSignIn(start, 'jsmith')

    await Promise.all([
      store.resume([guest.id], start),
      open(store, signIn, { replaces: guest }),
      store.resume([guest.id], start),
      store.update(guest.id, 1, '{"cart":2}', start)
    ])

    await assertGone(store, guest.id, guest.record.handle)
    assertRecord(await store.read(signIn.id, start), opened(signIn))
    assert.deepEqual(await counted(store, start), { signedIn: 1, guests: 0 })
  })

  it('replaces no session whose storage has changed since the login read it', async (store) => {
    const guest = await open(store, newGuest(start))
    await store.update(guest.id, 0, '{"cart":1}', start)
    const signIn = newSignIn(start, 'jsmith')

    const behind = await tryToOpen(store, signIn, { replaces: guest, replacesVersion: 0 })
    const livedOn = await living(store, [guest, signIn], start)
    const current = await tryToOpen(store, signIn, { replaces: guest, replacesVersion: 1 })

    assert.deepEqual([behind, current], ['conflict', 'created'])
    assert.deepEqual(livedOn, [true, false])
    assert.deepEqual(await living(store, [guest, signIn], start), [false, true])
  })

  it('lets either the update or the login that would lose it win, when they race', async (store) => {
    for (let round = 0; round < 10; round++) {
      const guest = await open(store, newGuest(start))
      const signIn = newSignIn(start, 'jsmith')
      const racers = [() => tryToOpen(store, signIn, { replaces: guest }), () => store.update(guest.id, 0, '{"cart":1}', start)]

      const answers = await Promise.all((round % 2 ? racers : racers.reverse()).map((run) => run()))

      const loginWon = answers.includes('created')
      assert.deepEqual(answers.toSorted(), loginWon ? ['created', 'ended'] : ['conflict', 'updated'])
      assert.deepEqual(await living(store, [guest, signIn], start), [!loginWon, loginWon])
    }
  })

  it('opens a session though the one it replaces has ended before', async (store) => {
    const guest = await open(store, newGuest(start))
    await store.end([guest.id], start)

    const signIn = await open(store, newSignIn(start, 'jsmith'), { replaces: guest })

    assert.deepEqual(await living(store, [guest, signIn], start), [false, true])
  })

  it('answers "ended", and opens nothing, where what it replaces has to live and does not', async (store) => {
    const ended = await open(store, newSignIn(start, 'jsmith'))
    const over = await open(store, newGuest(start, { idleMilliseconds: 1 }))
    await store.end([ended.id], start)
    const renewals = [newSignIn(start + 1, 'jsmith'), newGuest(start + 1), newSignIn(start + 1, 'jsmith')] as const

    const answers = [
      await tryToOpen(store, renewals[0], { replaces: ended, mustLive: true }),
      await tryToOpen(store, renewals[1], { replaces: over, mustLive: true }),
      await tryToOpen(store, renewals[2], { replaces: newGuest(start), mustLive: true })
    ]

    assert.deepEqual(answers, ['ended', 'ended', 'ended'])
    assert.deepEqual(await living(store, renewals, start + 1), [false, false, false])
    assert.deepEqual(await counted(store, start + 1), { signedIn: 0, guests: 0 })
  })

  it('replaces what has to live and does, unless its storage has changed', async (store) => {
    const signIn = await open(store, newSignIn(start, 'jsmith'))
    await store.update(signIn.id, 0, '{"cart":1}', start)
    const renewed = newSignIn(start, 'jsmith')

    const behind = await tryToOpen(store, renewed, { replaces: signIn, mustLive: true })
    const current = await tryToOpen(store, renewed, { replaces: signIn, replacesVersion: 1, mustLive: true })

    assert.deepEqual([behind, current], ['conflict', 'created'])
    assert.deepEqual(await living(store, [signIn, renewed], start), [false, true])
  })

  it('lets either the end or the renewal win, when they race', async (store) => {
    for (let round = 0; round < 10; round++) {
      const signIn = await open(store, newSignIn(start, 'jsmith'))
      const renewed = newSignIn(start, 'jsmith')
      const racers = [
        () => tryToOpen(store, renewed, { replaces: signIn, mustLive: true }),
        async () => ((await store.end([signIn.id], start))[0] ? 'was live' : 'was gone')
      ]

      const answers = await Promise.all((round % 2 ? racers : racers.reverse()).map((run) => run()))

      const renewalWon = answers.includes('created')
      assert.deepEqual(answers.toSorted(), renewalWon ? ['created', 'was gone'] : ['ended', 'was live'])
      assert.deepEqual(await living(store, [signIn, renewed], start), [false, renewalWon])
    }
  })
}
