import { describe, expect, it } from 'vitest'

import { type DirectoryEvent, type DirectoryRouterOptions, requireGroup, requireRecentLogin, requireUser } from '../../lib/index.js'
import { forwardRejection } from '../../lib/http/forward-rejection.js'
import { users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

const navigation = { 'sec-fetch-mode': 'navigate', accept: 'text/html,application/xhtml+xml' }

const [jsmith] = users

/** A site with a page behind each guard. */
async function serveSite(options: Partial<DirectoryRouterOptions> = { loginPage: '/login' }) {
  const served = await serve(options, (app, directory) => {
    app.use(directory.sessionMiddleware)
    app.use('/rest', directory)
    app.all('/private', requireUser(), (_req, res) => void res.send('private'))
    app.all('/rest/private', requireUser(), (_req, res) => void res.send('private'))
    app.all('/sales', requireGroup('Sales'), (_req, res) => void res.send('sales'))
    app.all('/danger', requireRecentLogin({ minutes: 10 }), (_req, res) => void res.send('danger'))
    app.get('/login', requireUser(), (_req, res) => void res.send('form'))
    app.post(
      '/sign-in',
      forwardRejection(async (req, res) => {
        await req.directory.signIn(jsmith, { authenticatedAt: new Date(Number(req.query['at'])) })
        res.send('in')
      })
    )
    app.use(directory.errorHandler)
  })
  const events: DirectoryEvent[] = []
  served.directory.events.on('event', (event) => events.push(event))
  return { ...served, events }
}

describe('A navigation of nobody', () => {
  it.each(['/private', '/sales', '/danger', '/rest/private'])('to %s goes to the login page, which no cache keeps', async (path) => {
    const { url, events, directory } = await serveSite()

    const answer = await ask(`${url}${path}?a=1&b=%2F`, { headers: navigation })

    expect([answer.status, answer.headers['location'], answer.headers['cache-control']]).toEqual([
      303,
      `/login?returnTo=${encodeURIComponent(`${path}?a=1&b=%2F`)}`,
      'no-store'
    ])
    expect(events.filter(({ event }) => event === 'authz_fail')).toEqual([])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it('by a form goes there by GET', async () => {
    const { url } = await serveSite()

    expect((await ask(`${url}/private`, { method: 'POST', headers: navigation })).status).toBe(303)
  })

  it('keeps the query of the login page', async () => {
    const { url } = await serveSite({ loginPage: '/login?from=shop' })

    const { headers } = await ask(`${url}/private`, { headers: navigation })

    expect(headers['location']).toBe('/login?from=shop&returnTo=%2Fprivate')
  })

  it('to the login page itself, or to another spelling of it, is refused rather than sent round for ever', async () => {
    const { url } = await serveSite()

    for (const path of ['/login', '/login?returnTo=%2F', '/LOGIN/'])
      expect([path, (await ask(url + path, { headers: navigation })).status]).toEqual([path, 401])
  })

  it('goes without an address to come back to where that would be longer than servers take', async () => {
    const { url } = await serveSite()

    const { headers } = await ask(`${url}/private?q=${'%20'.repeat(3000)}`, { headers: navigation })

    expect(headers['location']).toBe('/login')
  })

  it('is refused where there is no login page', async () => {
    const { url, events } = await serveSite({})

    expect((await ask(`${url}/private`, { headers: navigation })).status).toBe(401)
    expect(events).toMatchObject([{ event: 'authz_fail', reason: 'ERR_LOGIN_REQUIRED GET /private' }])
  })
})

describe('Of nobody, where there is a login page,', () => {
  it.each([
    ['a browser that says navigate', { 'sec-fetch-mode': 'navigate' }, 303],
    ['a browser that says nothing of modes and takes HTML', { accept: 'text/html,*/*;q=0.8' }, 303],
    ['a script that takes HTML', { 'sec-fetch-mode': 'cors', accept: 'text/html' }, 401],
    ['a script of this site', { 'sec-fetch-mode': 'same-origin', accept: '*/*' }, 401],
    ['an image', { 'sec-fetch-mode': 'no-cors', accept: 'image/avif,*/*' }, 401],
    ['a program that takes anything', { accept: '*/*' }, 401],
    ['a program that takes JSON', { accept: 'application/json' }, 401],
    ['a program that says nothing', {}, 401]
  ])('%s gets its answer', async (_what, headers, status) => {
    const { url } = await serveSite()

    expect((await ask(`${url}/private`, { headers })).status).toBe(status)
  })
})

describe('A user', () => {
  it('in none of the groups is refused, and never sent to the login page', async () => {
    const { url, events } = await serveSite()
    const visitor = new Visitor(url)
    await visitor.logsInAs('john', '123')

    const answer = await visitor.asks('/sales', { headers: navigation })

    expect([answer.status, answer.headers['location']]).toEqual([403, undefined])
    expect(events.at(-1)).toMatchObject({ event: 'authz_fail', reason: 'ERR_GROUP_REQUIRED GET /sales' })
  })
})

describe('requireRecentLogin', () => {
  it('A7.5.1: lets in who logged in no longer ago than that', async () => {
    const { url, clock } = await serveSite()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    const statuses: number[] = []
    for (const seconds of [0, 599, 2]) {
      clock.passSeconds(seconds)
      statuses.push((await visitor.asks('/danger')).status)
    }

    expect(statuses).toEqual([200, 200, 401])
  })

  it('tells programs by a code of its own, and sends browsers to the login page', async () => {
    const { url, clock, events } = await serveSite()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    clock.passSeconds(601)

    const [program, browser] = [await visitor.asks('/danger'), await visitor.asks('/danger', { headers: navigation })]

    expect(program.body).toMatchObject({ __ERROR: [{ errCode: 13, componentSignature: 'exdr' }] })
    expect([browser.status, browser.headers['location']]).toEqual([303, '/login?returnTo=%2Fdanger'])
    expect(events.filter(({ event }) => event === 'authz_fail')).toMatchObject([
      { reason: 'ERR_LOGIN_TOO_OLD GET /danger', userName: 'jsmith' }
    ])
    expect((await visitor.asks('/private')).text).toBe('private')
  })

  it('counts from when it was proved who the user is, not from when the session was opened', async () => {
    const { url, clock } = await serveSite()
    const visitor = new Visitor(url)

    await visitor.asks(`/sign-in?at=${clock.now() - 11 * 60_000}`, { method: 'POST' })
    const before = await visitor.asks('/danger')
    await visitor.asks(`/sign-in?at=${clock.now() - 9 * 60_000}`, { method: 'POST' })

    expect([before.status, (await visitor.asks('/danger')).status]).toEqual([401, 200])
  })

  it('takes a login that a clock noted which ran ahead for an old one', async () => {
    const { url, clock } = await serveSite()
    const visitor = new Visitor(url)

    await visitor.asks(`/sign-in?at=${clock.now() + 120_000}`, { method: 'POST' })

    expect((await visitor.asks('/danger')).status).toBe(401)
  })

  it.each([
    [undefined, 'requireRecentLogin({ minutes: 10 })'],
    [10, 'requireRecentLogin({ minutes: 10 })'],
    [{}, 'minutes'],
    [{ minutes: 0 }, 'minutes'],
    [{ minutes: '10' }, "'10'"],
    [{ minutes: Infinity }, 'Infinity'],
    [{ minuts: 10 }, 'Did you mean minutes?']
  ])('refuses at start-up to be told %j, and says what to write', (options, words) => {
    expect(() => requireRecentLogin(options as { minutes: number })).toThrow(TypeError)
    expect(() => requireRecentLogin(options as { minutes: number })).toThrow(words)
  })
})
