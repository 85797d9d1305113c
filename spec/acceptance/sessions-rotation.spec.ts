import type { ErrorRequestHandler } from 'express'
import { describe, expect, it } from 'vitest'

import type { DirectoryEvent, OnLogin } from '../../lib/index.js'
import { counterRoutes } from '../support/counter-routes.js'
import { Gate } from '../support/gate.js'
import { serve } from '../support/serve.js'
import { StoreWithFaults } from '../support/store-with-faults.js'
import { ask, Visitor } from '../support/visitor.js'

function whoIs(url: string, sessionId: string | null) {
  return ask(`${url}/rest/$directory/currentUser`, { headers: { cookie: `WASID4D=${sessionId}` } })
}

describe('A7.2.4: login', () => {
  it("ends the guest, whose cookie is another guest's from then on", async () => {
    const { url, directory } = await serve()
    const visitor = new Visitor(url)
    await visitor.isKnownAs()

    await visitor.logsInAs('jsmith', 'smith')
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
    const answer = await whoIs(url, visitor.firstSessionId)

    expect(answer.body).toEqual({ result: null })
    expect(answer.setCookies[0]).not.toContain(visitor.firstSessionId)
    expect(answer.setCookies[0]).not.toContain(visitor.sessionId)
  })

  it.each([
    ['the same', 'jsmith', 'smith'],
    ['another', 'john', '123']
  ])("CVE-2022-25896: of %s user again gives a new id, and the old cookie is a guest's", async (_who, userName, password) => {
    const { url, directory } = await serve()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    const before = visitor.sessionId

    await visitor.logsInAs(userName, password)

    expect(visitor.sessionId).not.toBe(before)
    expect(await visitor.isKnownAs()).toBe(userName)
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
    expect((await whoIs(url, before)).body).toEqual({ result: null })
  })

  it('by headers on any URL gives a new id as well', async () => {
    const { url } = await serve({}, counterRoutes())
    const visitor = new Visitor(url)
    await visitor.asks('/rest/storage')

    await visitor.asks('/rest/storage', { headers: { 'username-4D': 'jsmith', 'password-4D': 'smith' } })

    expect(visitor.sessionId).not.toBe(visitor.firstSessionId)
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })

  it('that is refused leaves the session, its id and its storage as they were', async () => {
    const { url } = await serve({}, counterRoutes())
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    await visitor.asks('/rest/put/note/kept')
    const before = visitor.sessionId

    const { status } = await visitor.logsInAs('john', 'wrong')

    expect(status).toBe(401)
    expect(visitor.sessionId).toBe(before)
    expect(await visitor.isKnownAs()).toBe('jsmith')
    expect((await visitor.asks('/rest/storage')).body).toEqual({ note: 'kept' })
  })
})

describe('what a login carries over', () => {
  it('is the storage of the guest', async () => {
    const { url } = await serve({}, counterRoutes())
    const visitor = new Visitor(url)
    await visitor.asks('/rest/put/note/from%20the%20guest')

    await visitor.logsInAs('jsmith', 'smith')

    expect((await visitor.asks('/rest/storage')).body).toEqual({ note: 'from the guest' })
  })

  it('includes an update that the guest makes at the very moment of the login', async () => {
    const store = new StoreWithFaults()
    const { url } = await serve({ store }, counterRoutes())
    const visitor = new Visitor(url)
    await visitor.asks('/rest/storage')
    const gate = new Gate()
    let logins = 0
    store.fault('create', async (proceed) => {
      logins += 1
      if (logins === 1) await gate.pass()
      return proceed()
    })

    const login = new Visitor(url).asks('/rest/$directory/login', {
      method: 'POST',
      headers: { cookie: `WASID4D=${visitor.sessionId}`, 'username-4D': 'jsmith', 'password-4D': 'smith' }
    })
    await gate.reached
    expect((await visitor.asks('/rest/increment')).body).toEqual({ count: 1 })
    gate.open()
    const [setCookie] = (await login).setCookies

    const { body } = await ask(`${url}/rest/storage`, { headers: { cookie: setCookie?.split(';')[0] ?? '' } })
    expect(body).toEqual({ count: 1 })
    expect(logins).toBe(2)
  })

  it("is the user's own storage when the same user logs in again", async () => {
    const { url } = await serve({}, counterRoutes())
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    await visitor.asks('/rest/put/note/mine')

    await visitor.logsInAs('jsmith', 'smith')

    expect((await visitor.asks('/rest/storage')).body).toEqual({ note: 'mine' })
  })

  it("is nothing of another user's", async () => {
    const { url } = await serve({}, counterRoutes())
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    await visitor.asks('/rest/put/note/mine')

    await visitor.logsInAs('john', '123')

    expect((await visitor.asks('/rest/storage')).body).toEqual({})
  })

  it('is nothing of a session that has been logged out', async () => {
    const { url } = await serve({}, counterRoutes())
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    await visitor.asks('/rest/put/note/mine')
    const { sessionId } = visitor
    await visitor.logsOut()
    visitor.sessionId = sessionId

    await visitor.logsInAs('jsmith', 'smith')

    expect((await visitor.asks('/rest/storage')).body).toEqual({})
  })
})

describe('onLogin', () => {
  it.each<[string, OnLogin]>([
    ['at once', (user, req) => ({ greeting: `${user.userName} by ${req.method}` })],
    ['later', async (user, req) => Promise.resolve({ greeting: `${user.userName} by ${req.method}` })]
  ])('adds what it answers %s to what the guest had, and wins', async (_when, onLogin) => {
    const { url } = await serve({ onLogin }, counterRoutes())
    const visitor = new Visitor(url)
    await visitor.asks('/rest/put/note/kept')
    await visitor.asks('/rest/put/greeting/guest')

    await visitor.logsInAs('jsmith', 'smith')

    expect((await visitor.asks('/rest/storage')).body).toEqual({ note: 'kept', greeting: 'jsmith by POST' })
  })

  it('may answer nothing', async () => {
    const { url } = await serve({ onLogin: () => undefined }, counterRoutes())
    const visitor = new Visitor(url)

    await visitor.logsInAs('jsmith', 'smith')

    expect((await visitor.asks('/rest/storage')).body).toEqual({})
  })

  it.each<[string, OnLogin]>([
    [
      'throws',
      () => {
        throw new Error('no greeting today')
      }
    ],
    ['rejects', () => Promise.reject(new Error('no greeting today'))],
    ['answers what JSON cannot hold', () => ({ cart: [undefined] }) as never],
    ['answers no object', () => 'hello' as never],
    ['answers too much', () => ({ greeting: 'x'.repeat(70_000) })]
  ])('that %s fails the login and leaves the session as it was', async (_what, onLogin) => {
    const { url, directory } = await serve({ onLogin }, (app, router) => {
      counterRoutes()(app, router)
      // Express' own handler would print the failure.
      const endWith500: ErrorRequestHandler = (error, _req, res, next) => {
        if (error) res.status(500).end()
        else next()
      }
      app.use(endWith500)
    })
    const visitor = new Visitor(url)
    await visitor.asks('/rest/put/note/kept')
    const before = visitor.sessionId

    const { status } = await visitor.logsInAs('jsmith', 'smith')

    expect(status).toBe(500)
    expect(visitor.sessionId).toBe(before)
    expect((await visitor.asks('/rest/storage')).body).toEqual({ note: 'kept' })
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 1 })
  })
})

it('An onLogin that does not answer in time is a 503 with its cause, and opens nothing', async () => {
  const { url, directory } = await serve({ onLogin: () => new Promise(() => undefined), providerTimeoutMilliseconds: 20 })
  const heard: DirectoryEvent[] = []
  directory.events.on('sys_degraded', (event) => heard.push(event))

  const { status, headers } = await new Visitor(url).logsInAs('jsmith', 'smith')

  expect([status, headers['retry-after']]).toEqual([503, '1'])
  expect(heard).toMatchObject([{ component: 'provider', reason: 'onLogin did not answer within 20 ms', userName: 'jsmith' }])
  expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  expect((await directory.statistics()).logins).toMatchObject({ succeeded: 0, unavailable: 1 })
})

describe('the limits of a session', () => {
  it('begin anew at login', async () => {
    const { url, clock, directory } = await serve({ session: { idleMinutes: 60, absoluteMinutes: 100 } })
    const visitor = new Visitor(url)
    await visitor.isKnownAs()
    clock.passMinutes(59)

    await visitor.logsInAs('jsmith', 'smith')

    const loggedInAt = clock.now()
    for await (const session of directory.sessions.list()) expect(session.createdAt.getTime()).toBe(loggedInAt)
    clock.passMinutes(59)
    expect(await visitor.isKnownAs()).toBe('jsmith')
    clock.passMinutes(40)
    expect(await visitor.isKnownAs()).toBe('jsmith')
    clock.passMinutes(1)
    expect(await visitor.isKnownAs()).toBeNull()
  })
})

describe('a late answer', () => {
  it('of a request from before a login carries no cookie that could undo it', async () => {
    const gate = new Gate()
    const { url } = await serve({}, counterRoutes(gate))
    const visitor = new Visitor(url)
    await visitor.isKnownAs()
    const slow = ask(`${url}/rest/slow`, { headers: { cookie: `WASID4D=${visitor.sessionId}` } })
    await gate.reached

    await visitor.logsInAs('jsmith', 'smith')
    gate.open()

    expect((await slow).setCookies).toEqual([])
  })

  it('of a logout does not take back the cookie of a login that came in between', async () => {
    const store = new StoreWithFaults()
    const { url } = await serve({ store })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    const gate = new Gate()
    store.fault('end', async (proceed) => {
      await gate.pass()
      return proceed()
    })
    const logout = ask(`${url}/rest/$directory/logout`, { headers: { cookie: `WASID4D=${visitor.sessionId}` } })
    await gate.reached

    await visitor.logsInAs('jsmith', 'smith')
    gate.open()

    expect((await logout).setCookies).toEqual([])
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })
})
