import { strict as assert } from 'node:assert'

import { unconfirmedGraceMilliseconds } from '../sessions/session-store.js'
import { counted, living, minute, newGuest, newSignIn, open, openConfirmed, start, type StoreSpec, tally, tryToOpen } from './store-spec.js'

const later = start + 2 * minute

export function specifySignedInQuota(it: StoreSpec): void {
  it('opens exactly 7 signed-in sessions when 50 logins race for 7 licences, among guests that take none', async (store) => {
    const quotas = { signedInSessions: 7 }
    const guests = await Promise.all(Array.from({ length: 10 }, () => open(store, newGuest(start), { quotas })))
    const logins = Array.from({ length: 50 }, (_, number) => newSignIn(start, `user ${number}`))

    const answers = await Promise.all(logins.map((signIn) => tryToOpen(store, signIn, { quotas })))

    assert.deepEqual(tally(answers), { created: 7, full: 43 })
    assert.deepEqual(await counted(store, start), { signedIn: 7, guests: guests.length })
  })

  it('lets guests in when every licence of users is taken', async (store) => {
    const quotas = { signedInSessions: 1 }
    await openConfirmed(store, newSignIn(start, 'jsmith'), { quotas })

    const answer = await tryToOpen(store, newGuest(later), { quotas })

    assert.equal(answer, 'created')
  })

  it('needs no further licence for a login that replaces its own sign-in, and one for a login that replaces a guest', async (store) => {
    const quotas = { signedInSessions: 1 }
    const before = await openConfirmed(store, newSignIn(start, 'jsmith'), { quotas })
    const guest = await open(store, newGuest(start), { quotas })

    const after = await openConfirmed(store, newSignIn(start + 1, 'jsmith'), { quotas, replaces: before })
    const refused = await tryToOpen(store, newSignIn(start + 1, 'mmiller'), { quotas, replaces: guest })

    assert.equal(refused, 'full')
    assert.deepEqual(await living(store, [before, after, guest], start + 1), [false, true, true])
  })

  it('gives the licence of an ended or expired sign-in back at once', async (store) => {
    const quotas = { signedInSessions: 1 }
    const first = await openConfirmed(store, newSignIn(start, 'jsmith'), { quotas })
    await store.end([first.id], start)
    await openConfirmed(store, newSignIn(start, 'jsmith', { idleMilliseconds: minute }), { quotas })

    const answer = await tryToOpen(store, newSignIn(start + minute, 'mmiller'), { quotas })

    assert.equal(answer, 'created')
  })

  it('reclaims the oldest sign-in that was never confirmed, after its minute, and no guest', async (store) => {
    const quotas = { signedInSessions: 3 }
    const guest = await open(store, newGuest(start - 2), { quotas })
    const confirmed = await openConfirmed(store, newSignIn(start - 1, 'stays'), { quotas })
    const older = await open(store, newSignIn(start, 'drops cookies'), { quotas })
    const younger = await open(store, newSignIn(start + 1, 'drops cookies'), { quotas })

    const early = await tryToOpen(store, newSignIn(start + unconfirmedGraceMilliseconds, 'early'), { quotas })
    const late = await openConfirmed(store, newSignIn(start + unconfirmedGraceMilliseconds + 1, 'late'), { quotas })

    assert.equal(early, 'full')
    assert.deepEqual(await living(store, [guest, confirmed, older, younger, late], later), [true, true, false, true, true])
  })

  it('makes room once where both the licences of users and all sessions are taken', async (store) => {
    const quotas = { sessions: 3, signedInSessions: 2 }
    const guest = await openConfirmed(store, newGuest(start), { quotas })
    const forgotten = await open(store, newSignIn(start, 'drops cookies'), { quotas })
    const confirmed = await openConfirmed(store, newSignIn(start, 'stays'), { quotas })

    await open(store, newSignIn(later, 'jsmith'), { quotas })

    assert.deepEqual(await living(store, [guest, forgotten, confirmed], later), [true, false, true])
  })

  it("finds the licence for a login that the user's own oldest session gives up", async (store) => {
    const quotas = { signedInSessions: 1, sessionsPerUser: 1, whenUserIsFull: 'end-oldest' } as const
    const first = await openConfirmed(store, newSignIn(start, 'jsmith'), { quotas })

    const second = await open(store, newSignIn(start + 1, 'jsmith'), { quotas })

    assert.deepEqual(await living(store, [first, second], start + 1), [false, true])
  })
}
