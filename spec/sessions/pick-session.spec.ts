import { describe, expect, it } from 'vitest'

import { pickSession } from '../../lib/sessions/pick-session.js'
import type { OpenSession } from '../../lib/sessions/open-session.js'

let numbers = 0

function sessionOf(userName: string | null, authenticatedAt = 0): OpenSession {
  const number = ++numbers
  const record = {
    handle: `handle ${number}`,
    user: userName === null ? null : { ID: `ID of ${userName}`, userName, fullName: userName },
    createdAt: 0,
    authenticatedAt: userName === null ? null : authenticatedAt,
    lastSeenAt: 0,
    idleMilliseconds: 60_000,
    absoluteEndAt: 600_000,
    confirmed: true,
    rememberMe: null,
    ip: '192.0.2.1',
    userAgent: 'spec',
    version: 0,
    storage: '{}'
  }
  return { id: String(number).padStart(32, '0'), record, ended: false }
}

describe('several live sessions in one request', () => {
  it('are served as the signed-in one, before any guest', () => {
    const [planted, own] = [sessionOf(null), sessionOf('jsmith')]

    expect(pickSession([planted, own])).toMatchObject({ session: own, mayBeCarriedOn: true, contradicting: [] })
  })

  it('of one user are served as the newest login, in whatever order they come', () => {
    const [older, newer] = [sessionOf('jsmith', 1), sessionOf('jsmith', 2)]

    expect([pickSession([older, newer]).session, pickSession([newer, older]).session]).toEqual([newer, newer])
  })

  it("C: of two users contradict each other: all of them have to end, and the request is nobody's", () => {
    const [guest, own, planted] = [sessionOf(null), sessionOf('jsmith'), sessionOf('mallory')]

    expect(pickSession([guest, own, planted])).toMatchObject({ session: null, mayBeCarriedOn: false, contradicting: [own, planted] })
  })

  it('of guests alone are served as the first, of which a login carries nothing on', () => {
    const [first, second] = [sessionOf(null), sessionOf(null)]

    expect(pickSession([first, second])).toMatchObject({ session: first, mayBeCarriedOn: false, contradicting: [] })
    expect(pickSession([first]).mayBeCarriedOn).toBe(true)
  })

  it('may be none', () => {
    expect(pickSession([]).session).toBeNull()
  })
})
