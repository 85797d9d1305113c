import { type Express } from 'express'
import { describe, expect, it } from 'vitest'

import { digest4D, type RestDirectory } from '../../lib/index.js'
import { readError } from '../support/read-result.js'
import { serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

const jsmith = { 'username-4D': 'jsmith', 'password-4D': 'smith' }
const wrong = { 'username-4D': 'jsmith', 'password-4D': 'wrong' }

/** A directory through which the host serves a page of its own. */
function mountWithPage(app: Express, directory: RestDirectory): void {
  directory.get('/Employee', (req, res) => {
    res.json({ user: req.directory.user?.userName ?? null, hasSession: req.directory.session !== null })
  })
  app.use('/rest', directory)
}

describe('credential headers on any URL', () => {
  it('log in where there is no session', async () => {
    const { url, directory } = await serve({}, mountWithPage)
    const visitor = new Visitor(url)

    const answer = await visitor.asks('/rest/Employee', { headers: jsmith })

    expect(answer.body).toEqual({ user: 'jsmith', hasSession: true })
    expect(await visitor.isKnownAs()).toBe('jsmith')
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
  })

  it('log in by digest, for the length that they ask for', async () => {
    const { url } = await serve({}, mountWithPage)

    const answer = await ask(`${url}/rest/Employee`, {
      headers: { 'username-4D': 'jsmith', 'hashed-password-4D': digest4D('smith'), 'session-4D-length': '120' }
    })

    expect(answer.setCookies[0]).toContain('; Max-Age=7200;')
  })

  it("replace a guest's session", async () => {
    const { url, directory } = await serve({}, mountWithPage)
    const visitor = new Visitor(url)
    await visitor.asks('/rest/Employee')

    await visitor.asks('/rest/Employee', { headers: jsmith })

    expect(visitor.sessionId).not.toBe(visitor.firstSessionId)
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
  })

  it('are ignored with a signed-in session, right or wrong', async () => {
    const { url } = await serve({}, mountWithPage)
    const visitor = new Visitor(url)
    await visitor.logsInAs('john', '123')

    const right = await visitor.asks('/rest/Employee', { headers: jsmith })
    const refused = await visitor.asks('/rest/Employee', { headers: wrong })

    expect([right.body, refused.body]).toEqual(Array(2).fill({ user: 'john', hasSession: true }))
    expect(visitor.sessionId).toBe(visitor.firstSessionId)
  })

  it('are not ignored with a signed-in session on login', async () => {
    const { url } = await serve({}, mountWithPage)
    const visitor = new Visitor(url)
    await visitor.logsInAs('john', '123')

    await visitor.logsInAs('jsmith', 'smith')

    expect(await visitor.isKnownAs()).toBe('jsmith')
  })

  it.each([
    ['wrong', wrong],
    ['without a name', { 'password-4D': 'smith' }]
  ])('are refused with 401, 1822 and 4D-CREDENTIALS when they are %s, and open nothing', async (_what, headers) => {
    const { url, directory } = await serve({}, mountWithPage)

    const answer = await ask(`${url}/rest/Employee`, { headers })

    expect([answer.status, answer.text]).toEqual([
      401,
      '{"__ERROR":[{"message":"REST login failed","componentSignature":"dbmg","errCode":1822}]}'
    ])
    expect(answer.headers).toMatchObject({ '4d-credentials': '1.0', '4drest-info': '1.1', 'cache-control': 'no-store' })
    expect(answer.setCookies).toEqual([])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it('leave the session of a guest as it was when they are refused', async () => {
    const { url, directory } = await serve({}, mountWithPage)
    const visitor = new Visitor(url)
    await visitor.asks('/rest/Employee')

    const answer = await visitor.asks('/rest/Employee', { headers: wrong })

    expect(answer.status).toBe(401)
    expect(visitor.sessionId).toBe(visitor.firstSessionId)
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 1 })
  })

  it('log in on currentUser and currentUserBelongsTo as well', async () => {
    const { url } = await serve()

    const user = await ask(`${url}/rest/$directory/currentUser`, { headers: jsmith })
    const group = await ask(`${url}/rest/$directory/currentUserBelongsTo`, { method: 'POST', headers: jsmith, body: '["Sales"]' })

    expect(user.text).toContain('"userName":"jsmith"')
    expect(group.text).toBe('{"result":true}')
  })

  it('are refused on currentUser without a result, since null there means nobody', async () => {
    const { url } = await serve()

    const answer = await ask(`${url}/rest/$directory/currentUser`, { headers: wrong })

    expect(answer.status).toBe(401)
    expect(answer.body).toEqual({ __ERROR: [{ message: 'REST login failed', componentSignature: 'dbmg', errCode: 1822 }] })
  })

  it('log nobody in on logout', async () => {
    const { url, directory } = await serve()

    const answer = await ask(`${url}/rest/$directory/logout`, { headers: jsmith })

    expect(answer.text).toBe('{"result":true}')
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it('log nobody in on a preflight', async () => {
    const { url, directory } = await serve({}, mountWithPage)

    await ask(`${url}/rest/Employee`, { method: 'OPTIONS', headers: jsmith })

    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it("mean nothing outside of login where headerLogin is 'login-only'", async () => {
    const { url } = await serve({ rest: { headerLogin: 'login-only' } }, mountWithPage)

    const right = await ask(`${url}/rest/Employee`, { headers: jsmith })
    const refused = await ask(`${url}/rest/Employee`, { headers: wrong })
    const atLogin = await new Visitor(url).logsInAs('jsmith', 'smith')

    expect([right.body, refused.body]).toEqual(Array(2).fill({ user: null, hasSession: true }))
    expect(atLogin.status).toBe(200)
  })
})

describe('NoSession-4D', () => {
  const noSession = { 'NoSession-4D': 'true' }

  it('authorises the one request, without session, cookie and licence', async () => {
    const { url, directory } = await serve({}, mountWithPage)

    const answer = await ask(`${url}/rest/Employee`, { headers: { ...jsmith, ...noSession } })

    expect([answer.body, answer.setCookies]).toEqual([{ user: 'jsmith', hasSession: false }, []])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it('has its answer kept to the user, as one with a session is', async () => {
    const { url } = await serve({}, mountWithPage)

    const authorised = await ask(`${url}/rest/Employee`, { headers: { ...jsmith, ...noSession } })

    expect(authorised.headers['cache-control']).toContain('private')
  })

  it('looks away from whatever cookie comes along', async () => {
    const { url } = await serve({}, mountWithPage)
    const visitor = new Visitor(url)
    await visitor.logsInAs('john', '123')

    const authorised = await visitor.asks('/rest/Employee', { headers: { ...jsmith, ...noSession } })
    const nobody = await visitor.asks('/rest/Employee', { headers: noSession })

    expect([authorised.body, authorised.setCookies]).toEqual([{ user: 'jsmith', hasSession: false }, []])
    expect([nobody.body, nobody.setCookies]).toEqual([{ user: null, hasSession: false }, []])
  })

  it('does not slide the session of that cookie', async () => {
    const { url, clock } = await serve({}, mountWithPage)
    const visitor = new Visitor(url)
    await visitor.logsInAs('john', '123')
    clock.passMinutes(30)

    await visitor.asks('/rest/Employee', { headers: noSession })
    clock.passMinutes(30)

    expect(await visitor.isKnownAs()).toBeNull()
  })

  it('leaves the session of that cookie, and the cookie, alone at logout too', async () => {
    const { url } = await serve({}, mountWithPage)
    const visitor = new Visitor(url)
    await visitor.logsInAs('john', '123')

    const answer = await visitor.asks('/rest/$directory/logout', { headers: noSession })

    expect([answer.text, answer.setCookies]).toEqual(['{"result":true}', []])
    expect(await visitor.isKnownAs()).toBe('john')
  })

  it('is refused like any header login where the credentials are wrong', async () => {
    const { url } = await serve({}, mountWithPage)

    const answer = await ask(`${url}/rest/Employee`, { headers: { ...wrong, ...noSession } })

    expect([answer.status, readError(answer)?.errCode, answer.setCookies]).toEqual([401, 1822, []])
  })

  it.each([
    [jsmith, 200, true],
    [wrong, 401, false],
    [{}, 401, false]
  ])('makes login answer whether %o are right, and open nothing', async (headers, status, result) => {
    const { url, directory } = await serve()

    const answer = await ask(`${url}/rest/$directory/login`, { method: 'POST', headers: { ...headers, ...noSession } })

    expect([answer.status, answer.text, answer.setCookies]).toEqual([status, `{"result":${result}}`, []])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it("is not offered where headerLogin is 'login-only'", async () => {
    const { url } = await serve({ rest: { headerLogin: 'login-only' } }, mountWithPage)
    const visitor = new Visitor(url)
    await visitor.logsInAs('john', '123')

    const answer = await visitor.asks('/rest/Employee', { headers: { ...jsmith, ...noSession } })

    expect(answer.body).toEqual({ user: 'john', hasSession: true })
  })
})
