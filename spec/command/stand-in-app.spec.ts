import { describe, expect, it } from 'vitest'

import { standInApp, type StandInParts } from '../../lib/command/serve/stand-in-app.js'
import { StaticProvider } from '../../lib/index.js'
import { groups, users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

async function serveStandIn(parts: Partial<StandInParts> = {}) {
  const provider = new StaticProvider({ users, groups })
  const told = { provider, corsOrigins: [], licences: null, guestsTakeLicences: true, host: '127.0.0.1', ...parts }
  return await serve({}, (app, directory) => app.use(standInApp({ directory, ...told })))
}

function handlesOn(text: string): string[] {
  return [...text.matchAll(/name="handle" value="([^"]+)"/g)].map(([, handle = '']) => handle)
}

const form = { 'content-type': 'application/x-www-form-urlencoded' }

describe('The page of serve at /', () => {
  it('shows who holds the licences, guests included, and no id', async () => {
    const { url } = await serveStandIn({ licences: 3 })
    const [visitor, guest] = [new Visitor(url), new Visitor(url)]
    await visitor.logsInAs('jsmith', 'smith', { 'user-agent': 'A <b>client</b>' })
    await guest.isKnownAs()

    const { status, headers, text } = await ask(`${url}/`)

    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'text/html; charset=utf-8' })
    expect(text).toContain('2 of 3 taken.')
    expect(text).toMatch(/<th scope="row">jsmith<small>The cookie has not come back yet/)
    expect(text).toContain('aria-label="Give back the licence of a guest"')
    expect(text).toContain('A &#60;b&#62;client&#60;/b&#62;')
    expect(text).not.toContain(visitor.sessionId)
  })

  it('says so where there is no limit', async () => {
    const { url } = await serveStandIn()

    const { text } = await ask(`${url}/`)

    expect(text).toContain('0 taken, of as many as come.')
    expect(text).not.toContain('<table')
  })

  it('leaves guests out where these take no licences', async () => {
    const { url } = await serveStandIn({ licences: 1, guestsTakeLicences: false })
    await new Visitor(url).logsInAs('jsmith', 'smith')
    await new Visitor(url).isKnownAs()

    const { text } = await ask(`${url}/`)

    expect(text).toContain('1 of 1 taken. Guests take none; there are 1.')
    expect(handlesOn(text)).toHaveLength(1)
  })

  it('gives one licence back, and says whether there was one', async () => {
    const { url } = await serveStandIn()
    const [one, other] = [new Visitor(url), new Visitor(url)]
    await one.logsInAs('jsmith', 'smith')
    await other.logsInAs('john', '123')
    const [handle = ''] = handlesOn((await ask(`${url}/`)).text)

    const answers = []
    for (let turn = 0; turn < 2; turn++) answers.push(await ask(`${url}/`, { method: 'POST', headers: form, body: `handle=${handle}` }))

    expect(answers.map(({ status, headers }) => [status, headers['location']])).toEqual([
      [303, '?given=back'],
      [303, '?given=before']
    ])
    expect((await ask(`${url}/?given=back`)).text).toContain('The licence has been given back.')
    expect([await one.isKnownAs(), await other.isKnownAs()]).toEqual([null, 'john'])
  })

  it('gives nothing back where no session is named', async () => {
    const { url } = await serveStandIn()

    expect(await ask(`${url}/`, { method: 'POST' })).toMatchObject({ status: 303, headers: { location: '?given=before' } })
  })

  it('shows no more rows than a page can hold, and how many there are besides', async () => {
    const { url } = await serveStandIn()
    await Promise.all(Array.from({ length: 203 }, () => new Visitor(url).isKnownAs()))

    const { text } = await ask(`${url}/`)

    expect(handlesOn(text)).toHaveLength(200)
    expect(text).toContain('<p>3 more are not shown.</p>')
  })

  it.each([
    ['a name of the net that leads here', 'GET', { host: 'rebound.example' }],
    ['a page of another site', 'POST', { origin: 'https://shop.example' }],
    ['a page without an origin', 'POST', { origin: 'null' }],
    ['a page of another port', 'POST', { origin: 'http://127.0.0.1:1' }]
  ])('refuses %s', async (_who, method, headers) => {
    const { url } = await serveStandIn()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    const [handle = ''] = handlesOn((await ask(`${url}/`)).text)

    const answer = await ask(`${url}/`, {
      method,
      headers: { ...form, ...headers },
      ...(method === 'POST' && { body: `handle=${handle}` })
    })

    expect(answer.status).toBe(403)
    expect(answer.text).not.toContain('jsmith')
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })

  it.each([['localhost:8044'], ['127.0.0.1'], ['[::1]:8044'], ['serve:8044'], ['stand-in.test']])('is served to %s', async (host) => {
    const { url } = await serveStandIn({ host: 'stand-in.test' })

    expect((await ask(`${url}/`, { headers: { host } })).status).toBe(200)
  })

  it('lets nothing in but its own style, is not kept and not framed', async () => {
    const { url } = await serveStandIn()

    const { headers } = await ask(`${url}/`)

    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin' })
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; .*frame-ancestors 'none'$/)
  })
})

describe('$info/privileges of serve', () => {
  it.each([
    ['GET', '/rest/$info/privileges'],
    ['POST', '/rest/$info/privileges'],
    ['GET', '/rest/%24info/privileges/?$top=40']
  ])("names the user's groups, and one for guests: %s %s", async (method, path) => {
    const { url } = await serveStandIn()
    const visitor = new Visitor(url)

    const guest = await visitor.asks(path, { method })
    await visitor.logsInAs('jsmith', 'smith')
    const user = await visitor.asks(path, { method })

    expect(guest).toMatchObject({ status: 200, body: { privileges: [{ privilege: 'guest' }] } })
    expect(user).toMatchObject({ status: 200, body: { privileges: [{ privilege: 'Sales' }, { privilege: 'Everybody' }] } })
    expect(user.headers['cache-control']).toBe('no-store')
  })
})

describe('serve --cors', () => {
  const origin = 'http://localhost:5173'

  it('lets pages of its origins ask with their cookie and with the headers of 4D', async () => {
    const { url } = await serveStandIn({ corsOrigins: ['http://localhost:3000', origin] })
    const headers = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'username-4d,password-4d' }

    const preflight = await ask(`${url}/rest/$directory/login`, { method: 'OPTIONS', headers })
    const answer = await ask(`${url}/rest/$directory/currentUser`, { headers: { origin } })

    expect(preflight).toMatchObject({
      status: 204,
      setCookies: [],
      headers: {
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-allow-headers': 'username-4d,password-4d',
        'access-control-allow-methods': 'GET, HEAD, POST'
      }
    })
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true', vary: 'Origin' }
    })
  })

  it.each(['http://localhost:5174', 'https://localhost:5173', 'null'])('lets no page of %s', async (stranger) => {
    const { url } = await serveStandIn({ corsOrigins: [origin] })

    const preflight = await ask(`${url}/rest/$directory/login`, {
      method: 'OPTIONS',
      headers: { origin: stranger, 'access-control-request-method': 'POST' }
    })

    expect(Object.keys(preflight.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    expect(preflight.headers['vary']).toBe('Origin')
  })

  it('lets nobody read the page at /', async () => {
    const { url } = await serveStandIn({ corsOrigins: [origin] })

    expect((await ask(`${url}/`, { headers: { origin } })).headers).not.toHaveProperty('access-control-allow-origin')
  })
})
