import { describe, expect, it, vi } from 'vitest'

import type { DirectoryRouterOptions } from '../../lib/index.js'
import { readError } from '../support/read-result.js'
import { type Served, serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

type Headers = Readonly<Record<string, string>>

const evil = 'https://evil.example'
/** As Chromium sends it to HTTPS and loopback. */
const metadata = (site: string, mode = 'navigate', destination = 'document'): Headers => ({
  'sec-fetch-site': site,
  'sec-fetch-mode': mode,
  'sec-fetch-dest': destination
})
/** What every browser says on a navigation, also to plain HTTP. */
const navigation = { 'upgrade-insecure-requests': '1', accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }
const image = { accept: 'image/avif,image/webp,*/*;q=0.8' }

function servePages(options: Partial<DirectoryRouterOptions> = {}): Promise<Served> {
  return serve(options, (app, directory) => {
    app.use(directory.sessionMiddleware)
    app.use('/rest', directory)
    app.all(['/page', '/rest/page'], (req, res) => void res.json(req.directory.user?.userName ?? null))
    app.all('/leave', (req, res, next) => void req.directory.logout().then((left) => res.json(left), next))
    app.all('/enter', (req, res, next) => {
      const fromElsewhere = req.query['from'] === 'elsewhere'
      req.directory.signIn({ ID: '7', userName: 'mary', fullName: 'Mary' }, { fromElsewhere }).then(() => res.json('in'), next)
    })
    app.use(directory.errorHandler)
  })
}

// Invariant: none is opened, and no cookie sent, for a request to which a browser would not have added our cookie.
describe('A3.5.1 overwriting: a visitor without a cookie', () => {
  const rows: readonly (readonly [what: string, method: string, headers: Headers, lax: boolean, strict: boolean])[] = [
    ['from the own page', 'POST', { ...metadata('same-origin'), origin: 'http://own.example' }, true, true],
    ['from the address bar', 'GET', metadata('none'), true, true],
    ['from a sibling host', 'POST', { ...metadata('same-site'), origin: 'https://sibling.own.example' }, true, true],
    ['by a link of another site', 'GET', metadata('cross-site'), true, false],
    ['by a form of another site', 'POST', { ...metadata('cross-site'), origin: evil }, false, false],
    ['by a form of another site that hides itself', 'POST', { ...metadata('cross-site'), origin: 'null' }, false, false],
    ['in a frame of another site', 'GET', metadata('cross-site', 'navigate', 'iframe'), false, false],
    ['by an image of another site', 'GET', metadata('cross-site', 'no-cors', 'image'), false, false],
    ['by fetch of another site', 'GET', { ...metadata('cross-site', 'cors', 'empty'), origin: evil }, false, false],
    ['by a link of another site over plain HTTP', 'GET', { ...navigation, referer: 'http://evil.example/' }, true, false],
    ['by a form of another site over plain HTTP', 'POST', { ...navigation, origin: 'http://evil.example' }, false, false],
    ['by a form over plain HTTP that hides itself', 'POST', { ...navigation, origin: 'null' }, false, false],
    ['by an image of another site over plain HTTP', 'GET', { ...image, referer: 'http://evil.example/' }, false, false],
    ['from the own host at another port', 'POST', { origin: 'http://own.example:8080' }, true, true],
    ['from an allowed origin', 'POST', { ...metadata('cross-site'), origin: 'https://shop.example' }, true, true],
    ['from an app of its own scheme', 'POST', { origin: 'capacitor://own.example' }, false, false],
    ['from a program', 'POST', {}, true, true],
    ['by a preflight', 'OPTIONS', { origin: 'https://shop.example', 'access-control-request-method': 'POST' }, false, false]
  ]

  it.each(rows)('%s', async (_what, method, headers, lax, strict) => {
    const opened = []
    for (const sameSite of ['lax', 'strict'] as const) {
      const { url, directory } = await servePages({ cookie: { sameSite }, allowedOrigins: ['https://shop.example'] })
      const { status, setCookies } = await ask(`${url}/rest/page`, { method, headers: { host: 'own.example', ...headers } })
      expect([status, setCookies.length]).toEqual([200, (await directory.sessions.count()).guests])
      opened.push(setCookies.length === 1)
    }

    expect(opened).toEqual([lax, strict])
  })

  it('is served all the same, and only a login sends a cookie there', async () => {
    const { url } = await servePages()
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'null' }

    const page = await ask(`${url}/page`, { method: 'POST', headers })
    const fromElsewhere = await ask(`${url}/enter?from=elsewhere`, { method: 'POST', headers })

    expect([page.status, page.setCookies, fromElsewhere.status, fromElsewhere.setCookies.length]).toEqual([200, [], 200, 1])
  })
})

describe('A3.5.1 everywhere: an unsafe method from another origin', () => {
  it('is refused on any page in a live session, by the middleware on its own too, and served without one', async () => {
    const { url } = await servePages()
    const visitor = new Visitor(url)
    const headers = { 'sec-fetch-site': 'same-site', origin: 'https://sibling.example' }
    const before = (await visitor.asks('/page', { method: 'POST', headers })).status
    await visitor.logsInAs('jsmith', 'smith')

    const statuses = []
    for (const path of ['/page', '/rest/page', '/rest/$directory/currentUser', '/nowhere'])
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PURGE'])
        statuses.push((await visitor.asks(path, { method, headers })).status)

    expect([before, new Set(statuses)]).toEqual([200, new Set([403])])
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })

  it('is refused to sign in, unless it says that it comes from elsewhere', async () => {
    const { url } = await servePages()
    const headers = { 'sec-fetch-site': 'cross-site', origin: evil }

    const statuses = [
      (await ask(`${url}/enter`, { method: 'POST', headers })).status,
      (await ask(`${url}/enter?from=elsewhere`, { method: 'POST', headers })).status,
      (await ask(`${url}/enter`, { headers: metadata('cross-site') })).status
    ]

    expect(statuses).toEqual([403, 200, 200])
  })

  it('that hides itself is told what hid it, and what to do', async () => {
    const { url } = await servePages()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const answer = await visitor.asks('/rest/page', { method: 'POST', headers: { origin: 'null' } })

    expect([answer.status, readError(answer)?.message]).toEqual([403, expect.stringContaining('Referrer-Policy: no-referrer') as string])
  })

  it.each<[string, (origin: string) => unknown, boolean]>([
    ['true', () => true, true],
    ['true for this origin', (origin) => origin === 'capacitor://localhost', true],
    ['false', () => false, false],
    ['a promise', () => Promise.resolve(true), false],
    ['a promise that rejects', () => Promise.reject(new Error('down')), false],
    ['1', () => 1, false],
    [
      'an error',
      () => {
        throw new Error('down')
      },
      false
    ]
  ])('is decided by a predicate that answers %s', async (_what, allow, isServed) => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const { url } = await servePages({ allowedOrigins: allow as (origin: string) => boolean })

    const answer = await new Visitor(url).logsInAs('jsmith', 'smith', { origin: 'Capacitor://localhost', 'sec-fetch-site': 'cross-site' })
    warn.mockRestore()

    expect(answer.status).toBe(isServed ? 200 : 403)
  })

  it('is warned of once where a predicate answers something else, however often other sites ask', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const { url } = await servePages({ allowedOrigins: (() => 'yes') as unknown as (origin: string) => boolean })

    for (let time = 0; time < 3; time++) await new Visitor(url).logsInAs('jsmith', 'smith', { origin: 'https://evil.example' })
    const told = warn.mock.calls.map(([message]) => message)
    warn.mockRestore()

    expect(told).toEqual(['allowedOrigins must return true or false, and no promise: the origin was refused'])
  })
})

describe('A3.5.1 navigation: a logout without Fetch Metadata', () => {
  it.each<[string, string, Headers, boolean]>([
    ['a navigation', 'GET', navigation, false],
    ['a navigation of an old browser', 'GET', { accept: navigation.accept }, false],
    ['an image', 'GET', image, false],
    ['a link of the own page', 'GET', { ...navigation, referer: 'http://own.example/page' }, true],
    ["Java's HttpURLConnection", 'GET', { accept: 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2' }, true],
    ['curl', 'GET', { accept: '*/*' }, true],
    ['a program by POST', 'POST', {}, true],
    ['HEAD', 'HEAD', {}, false],
    ['a prefetch', 'GET', { 'sec-purpose': 'prefetch;anonymous-client-ip' }, false]
  ])('is carried out for %s, or not', async (_what, method, headers, leaves) => {
    const { url } = await servePages()
    for (const path of ['/leave', '/rest/$directory/logout']) {
      const visitor = new Visitor(url)
      await visitor.logsInAs('jsmith', 'smith')

      await visitor.asks(path, { method, headers: { host: 'own.example', ...headers } })

      expect(await visitor.isKnownAs()).toBe(leaves ? null : 'jsmith')
    }
  })
})

describe('A4.4.2: an upgrade that the middleware sees', () => {
  it('is refused with our cookie from a page of another origin, and served to the own page, to programs and without the cookie', async () => {
    const { url } = await servePages()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    const upgrade = { upgrade: 'websocket', connection: 'upgrade', host: 'own.example' }
    const statusFrom = async (headers: Headers) => (await visitor.asks('/page', { headers: { ...upgrade, ...headers } })).status

    const statuses = [
      await statusFrom({ origin: evil }),
      await statusFrom({ origin: 'http://own.example' }),
      await statusFrom({}),
      await statusFrom({ origin: evil, cookie: 'a=b' })
    ]

    expect(statuses).toEqual([403, 200, 200, 200])
  })
})
