import { describe, expect, it } from 'vitest'

import type { DirectoryRouterOptions } from '../../lib/index.js'
import { counterRoutes } from '../support/counter-routes.js'
import { inProcess } from '../support/in-process.js'
import { serve } from '../support/serve.js'
import { trustingProvider } from '../support/trusting-provider.js'
import { type Answer, Visitor } from '../support/visitor.js'

const full = { __ERROR: [{ message: 'Maximum number of sessions has been reached', componentSignature: 'dbmg', errCode: 1823 }] }

type Quotas = NonNullable<DirectoryRouterOptions['quotas']>

/** Nothing is hashed here: quotas come after the password. */
function serveWith(quotas: Quotas, more: Parameters<typeof serve>[0] = {}) {
  return serve({ provider: trustingProvider, throttle: false, quotas, ...more }, counterRoutes())
}

function logIn(url: string, userName: string): Promise<Answer> {
  return new Visitor(url).logsInAs(userName, 'right')
}

async function signedIn(url: string, userName: string): Promise<Visitor> {
  const visitor = new Visitor(url)
  await visitor.logsInAs(userName, 'right')
  await visitor.isKnownAs()
  return visitor
}

describe('when all licences are taken', () => {
  it('a login is 402 with error 1823 and result false, and sets no cookie', async () => {
    const { url, directory } = await serveWith({ sessions: 2 })
    await signedIn(url, 'ann')
    await signedIn(url, 'bob')

    const { status, body, setCookies } = await logIn(url, 'eve')

    expect([status, body, setCookies]).toEqual([402, { result: false, ...full }, []])
    expect(await directory.sessions.count()).toEqual({ signedIn: 2, guests: 0 })
  })

  it('a visit without a cookie is 402 with error 1823', async () => {
    const { url } = await serveWith({ sessions: 1 })
    await signedIn(url, 'ann')

    const { status, body, setCookies } = await new Visitor(url).asks('/rest/storage')

    expect([status, body, setCookies]).toEqual([402, full, []])
  })

  it("a refused login leaves its visitor's session as it was", async () => {
    const { url } = await serveWith({ sessions: 2, sessionsPerUser: 1, whenUserIsFull: 'refuse' })
    await signedIn(url, 'ann')
    const bob = await signedIn(url, 'bob')
    await bob.asks('/rest/put/note/kept')
    const before = bob.sessionId

    const { status } = await bob.logsInAs('ann', 'right')

    expect(status).toBe(402)
    expect(bob.sessionId).toBe(before)
    expect((await bob.asks('/rest/storage')).body).toEqual({ note: 'kept' })
    expect(await bob.isKnownAs()).toBe('bob')
  })

  it('whoever has a session may log in again, as themselves or as somebody else', async () => {
    const { url } = await serveWith({ sessions: 1 })
    const visitor = await signedIn(url, 'ann')

    const statuses = [(await visitor.logsInAs('ann', 'right')).status, (await visitor.logsInAs('bob', 'right')).status]

    expect(statuses).toEqual([200, 200])
  })

  it.each([
    ['a logout', (visitor: Visitor) => visitor.logsOut()],
    ['the end by an operator', (_visitor: Visitor, directory: { endAll(): Promise<number> }) => directory.endAll()]
  ])('%s gives a place back at once', async (_what, end) => {
    const { url, directory } = await serveWith({ sessions: 1 })
    const visitor = await signedIn(url, 'ann')
    expect((await logIn(url, 'bob')).status).toBe(402)

    await end(visitor, directory.sessions)

    expect((await logIn(url, 'bob')).status).toBe(200)
  })

  it('a wrong password is told before a full house', async () => {
    const { url } = await serveWith({ sessions: 1 })
    await signedIn(url, 'ann')

    expect((await new Visitor(url).logsInAs('bob', 'wrong')).status).toBe(401)
  })
})

describe('quotas are exact', () => {
  it.each([1, 2, 3])('of 50 logins at once, 7 of which fit, exactly 7 get in (round %i)', async () => {
    const { url, directory } = await serveWith({ sessions: 7 })

    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => logIn(url, `user ${n}`)))

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(7)
    expect(answers.filter(({ status }) => status === 402)).toHaveLength(43)
    expect(await directory.sessions.count()).toEqual({ signedIn: 7, guests: 0 })
  })

  it('and no login that replaces its guest needs a further place', async () => {
    const { url, directory } = await serveWith({ sessions: 10 })
    const visitors = Array.from({ length: 10 }, () => new Visitor(url))
    await Promise.all(visitors.map((visitor) => visitor.isKnownAs()))

    const answers = await Promise.all(visitors.map((visitor, n) => visitor.logsInAs(`user ${n}`, 'right')))

    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200))
    expect(await directory.sessions.count()).toEqual({ signedIn: 10, guests: 0 })
  })
})

describe('who makes room for a login when all licences are taken', () => {
  it('is first whoever dropped the cookie for more than a minute, then the guest idle for longest, and never who came back', async () => {
    const { url, clock, directory } = await serveWith({ sessions: 3 })
    const ann = await signedIn(url, 'ann')
    const guest = new Visitor(url)
    await guest.isKnownAs()
    await guest.isKnownAs()
    await logIn(url, 'drops cookies')
    clock.passMilliseconds(60_001)

    const statuses = [(await logIn(url, 'bob')).status]
    const afterFirst = await directory.sessions.count()
    statuses.push((await logIn(url, 'carl')).status)
    const afterSecond = await directory.sessions.count()
    statuses.push((await logIn(url, 'dora')).status)

    expect([afterFirst, afterSecond]).toEqual([
      { signedIn: 2, guests: 1 },
      { signedIn: 3, guests: 0 }
    ])
    expect(statuses).toEqual([200, 200, 402])
    expect(await ann.isKnownAs()).toBe('ann')
  })

  it('A2.4.1: a loop of 10,000 header logins that drops its cookies keeps nobody out of 100 licences once a minute has passed', async () => {
    const { app, url, clock, directory } = await serveWith({ sessions: 100 })
    const confirmed = await Promise.all(Array.from({ length: 20 }, (_, n) => signedIn(url, `regular ${n}`)))
    const visit = inProcess(app)

    const statuses = new Map<number, number>()
    for (let n = 0; n < 10_000; n++) {
      const status = await visit('/rest/storage', { 'username-4d': 'loop', 'password-4d': 'right' })
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    expect([...statuses].sort()).toEqual([
      [200, 80],
      [402, 9920]
    ])
    clock.passMilliseconds(60_001)

    const newcomers = await Promise.all(Array.from({ length: 80 }, (_, n) => signedIn(url, `newcomer ${n}`)))
    expect(await Promise.all([...confirmed, ...newcomers].map((visitor) => visitor.isKnownAs()))).not.toContain(null)
    expect(await directory.sessions.count()).toEqual({ signedIn: 100, guests: 0 })
  }, 120_000)
})

describe('sessionsPerUser', () => {
  it('ends the session with the oldest login of a user who has too many', async () => {
    const { url, clock } = await serveWith({ sessionsPerUser: 2 })
    const visitors: Visitor[] = []
    for (let n = 0; n < 3; n++) {
      visitors.push(await signedIn(url, 'ann'))
      clock.passSeconds(1)
    }

    expect(await Promise.all(visitors.map((visitor) => visitor.isKnownAs()))).toEqual([null, 'ann', 'ann'])
  })

  it('counts by the login, not by the last visit', async () => {
    const { url, clock } = await serveWith({ sessionsPerUser: 2 })
    const first = await signedIn(url, 'ann')
    clock.passSeconds(1)
    const second = await signedIn(url, 'ann')
    clock.passSeconds(1)
    await first.isKnownAs()

    await signedIn(url, 'ann')

    expect([await first.isKnownAs(), await second.isKnownAs()]).toEqual([null, 'ann'])
  })

  it('refuses a further login with 402 under whenUserIsFull: refuse, of this user alone', async () => {
    const { url } = await serveWith({ sessionsPerUser: 1, whenUserIsFull: 'refuse' })
    const first = await signedIn(url, 'ann')

    expect([(await logIn(url, 'ann')).status, (await logIn(url, 'bob')).status]).toEqual([402, 200])
    expect((await first.logsInAs('ann', 'right')).status).toBe(200)
    await first.logsOut()
    expect((await logIn(url, 'ann')).status).toBe(200)
  })
})

describe('guestSessions', () => {
  it('bounds guests alone: logins still get in, and a guest who logs in makes room for another', async () => {
    const { url } = await serveWith({ guestSessions: 1 })
    const guest = new Visitor(url)
    const visit = async () => (await new Visitor(url).asks('/rest/storage')).status

    expect([(await guest.asks('/rest/storage')).status, await visit()]).toEqual([200, 402])
    expect((await logIn(url, 'ann')).status).toBe(200)
    await guest.logsInAs('bob', 'right')

    expect(await visit()).toBe(200)
  })

  it('lets a guest whose cookie never came back give way after a minute', async () => {
    const { url, clock } = await serveWith({ guestSessions: 1 })
    await new Visitor(url).asks('/rest/storage')

    clock.passMilliseconds(60_000)
    expect((await new Visitor(url).asks('/rest/storage')).status).toBe(402)
    clock.passMilliseconds(1)

    expect((await new Visitor(url).asks('/rest/storage')).status).toBe(200)
  })
})
