import { strict as assert } from 'node:assert'

import { mostUnconfirmedPerUser } from '../sessions/session-store.js'
import {
  hour,
  living,
  newGuest,
  newSignIn,
  type NewSession,
  open,
  openConfirmed,
  start,
  type StoreSpec,
  tally,
  tryToOpen,
  watch
} from './store-spec.js'

/** What a store in memory keeps to exactly, others may miss by a twentieth. */
const slack = mostUnconfirmedPerUser / 20

export function specifyUnconfirmed(it: StoreSpec): void {
  it('counts apart those whose cookie has not come back', async (store) => {
    await open(store, newGuest(start))
    await open(store, newGuest(start))
    await openConfirmed(store, newGuest(start))
    await open(store, newSignIn(start, 'jsmith'))
    await openConfirmed(store, newSignIn(start, 'jsmith'))

    const counts = await store.count(start)

    assert.deepEqual(counts, { signedIn: 2, guests: 3, unconfirmed: { signedIn: 1, guests: 2 } })
  })

  it('counts a session as unconfirmed until its cookie comes back, it ends, is replaced or expires', async (store) => {
    const [comesBack, ends, isReplaced] = [newSignIn(start, 'a'), newSignIn(start, 'b'), newGuest(start)]
    for (const session of [comesBack, ends, isReplaced, newGuest(start)]) await open(store, session)
    await store.update(isReplaced.id, 0, '{"cart":1}', start)
    const unconfirmed = [(await store.count(start)).unconfirmed]

    await store.resume([comesBack.id], start + 1)
    await store.end([ends.id], start + 1)
    unconfirmed.push((await store.count(start + 1)).unconfirmed)
    await open(store, newSignIn(start + 1, 'c'), { replaces: isReplaced, replacesVersion: 1 })
    unconfirmed.push((await store.count(start + 1)).unconfirmed)
    unconfirmed.push((await store.count(start + hour)).unconfirmed)

    assert.deepEqual(unconfirmed, [
      { signedIn: 2, guests: 2 },
      { signedIn: 0, guests: 2 },
      { signedIn: 1, guests: 1 },
      { signedIn: 1, guests: 0 }
    ])
  })

  it(`keeps about ${mostUnconfirmedPerUser} sign-ins of a user whose cookie has not come back, the youngest`, async (store) => {
    const confirmed = await openConfirmed(store, newSignIn(start, 'loop'))
    const bystander = await open(store, newSignIn(start, 'jsmith'))
    const signIns: NewSession[] = []
    for (let login = 1; login <= mostUnconfirmedPerUser + 20; login++) signIns.push(await open(store, newSignIn(start + login, 'loop')))

    const lives = await living(store, signIns, start + 200)

    const ended = lives.lastIndexOf(false) + 1
    assert.ok(
      lives.slice(0, ended).every((alive) => !alive),
      'a younger one had to go before an older one'
    )
    assert.ok(ended >= 20 - slack && ended <= 20 + slack, `${ended} had to go`)
    assert.deepEqual(await living(store, [confirmed, bystander], start + 200), [true, true])
  })

  it('keeps to that number when one user logs in at many places at once', async (store) => {
    const logins = Array.from({ length: mostUnconfirmedPerUser + 50 }, () => newSignIn(start, 'loop'))

    const answers = await Promise.all(logins.map((signIn) => tryToOpen(store, signIn)))

    const { unconfirmed } = await store.count(start)
    assert.deepEqual(tally(answers), { created: logins.length })
    assert.ok(Math.abs(unconfirmed.signedIn - mostUnconfirmedPerUser) <= slack, `${unconfirmed.signedIn} are kept`)
  })

  it('ends no sign-in of a user whose cookie has come back, however many there are', async (store) => {
    const signIns: NewSession[] = []
    for (let login = 0; login < mostUnconfirmedPerUser + 20; login++) {
      signIns.push(await openConfirmed(store, newSignIn(start + login, 'everybody')))
    }

    assert.deepEqual(tally((await living(store, signIns, start + 200)).map(String)), { true: signIns.length })
  })

  it('ends no unconfirmed sign-in early otherwise: programs log in and come back later', async (store) => {
    const program = await open(store, newSignIn(start, 'program'))
    for (let login = 0; login < 50; login++)
      await open(store, login % 2 ? newGuest(start + login) : newSignIn(start + login, `user ${login}`))

    const [resumed] = await store.resume([program.id], start + hour - 1)

    assert.equal(resumed?.handle, program.record.handle)
  })

  it('tells whose unconfirmed sign-ins were too many', async (store) => {
    const removals = watch(store)
    if (!removals) return
    const first = await open(store, newSignIn(start, 'loop'))

    for (let login = 1; login <= mostUnconfirmedPerUser + slack; login++) await open(store, newSignIn(start + login, 'loop'))

    assert.deepEqual([removals[0]?.record.handle, removals[0]?.reason], [first.record.handle, 'evicted'])
  })
}
