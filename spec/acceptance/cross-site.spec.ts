import { describe, expect, it } from 'vitest'

import { requireUser } from '../../lib/index.js'
import { expectWarnings } from '../support/quiet-warnings.js'
import { readError } from '../support/read-result.js'
import { type Served, serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

expectWarnings('EXPRESS_4D_DIRECTORY_PLAIN_HTTP')

const shop = 'https://shop.example.com'
const jsmith = { 'username-4D': 'jsmith', 'password-4D': 'smith' }

/** Headers as a page sends them; `own` stands for the address of the served app. */
interface Row {
  readonly from: string
  readonly headers: (own: string) => Record<string, string>
  readonly served: boolean
}

const rows: readonly Row[] = [
  { from: 'the same origin', headers: () => ({ 'sec-fetch-site': 'same-origin' }), served: true },
  { from: 'the address bar', headers: () => ({ 'sec-fetch-site': 'none' }), served: true },
  {
    from: 'another origin of the site',
    headers: () => ({ 'sec-fetch-site': 'same-site', origin: 'https://evil.example.com' }),
    served: false
  },
  { from: 'another site', headers: () => ({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example.org' }), served: false },
  { from: 'another site that hides its origin', headers: () => ({ 'sec-fetch-site': 'cross-site', origin: 'null' }), served: false },
  { from: 'another site that sends no origin', headers: () => ({ 'sec-fetch-site': 'cross-site' }), served: false },
  {
    from: 'another site, with a referer of the own',
    headers: (own) => ({ 'sec-fetch-site': 'cross-site', referer: `${own}/` }),
    served: false
  },
  { from: 'an allowed origin of the site', headers: () => ({ 'sec-fetch-site': 'same-site', origin: shop }), served: true },
  { from: 'an allowed origin of another site', headers: () => ({ 'sec-fetch-site': 'cross-site', origin: shop }), served: true },
  {
    from: 'the allowed host by another scheme',
    headers: () => ({ 'sec-fetch-site': 'cross-site', origin: 'http://shop.example.com' }),
    served: false
  },
  {
    from: 'an allowed referer of another site alone',
    headers: () => ({ 'sec-fetch-site': 'cross-site', referer: `${shop}/` }),
    served: false
  },
  { from: 'a site nobody has named yet', headers: () => ({ 'sec-fetch-site': 'somewhere' }), served: false },
  { from: 'the own origin, in a browser without fetch metadata', headers: (own) => ({ origin: own }), served: true },
  { from: 'another host', headers: () => ({ origin: 'http://evil.example.org' }), served: false },
  { from: 'another port', headers: () => ({ origin: 'http://127.0.0.1:1' }), served: false },
  {
    from: 'another host, with a referer of the own',
    headers: (own) => ({ origin: 'http://evil.example.org', referer: `${own}/` }),
    served: false
  },
  { from: 'an allowed origin without fetch metadata', headers: () => ({ origin: shop }), served: true },
  { from: 'Origin: null', headers: () => ({ origin: 'null' }), served: false },
  { from: 'Origin: null with a referer of the own', headers: (own) => ({ origin: 'null', referer: `${own}/` }), served: false },
  { from: 'a page of the own host, told by the referer', headers: (own) => ({ referer: `${own}/page?a=b` }), served: true },
  { from: 'a page of another host, told by the referer', headers: () => ({ referer: 'http://evil.example.org/page' }), served: false },
  { from: 'a page of an allowed origin, told by the referer', headers: () => ({ referer: `${shop}/page` }), served: true },
  { from: 'a referer that is no address', headers: () => ({ referer: 'evil' }), served: false },
  { from: 'a page in a file', headers: () => ({ origin: 'file://', host: 'localhost' }), served: false },
  { from: 'a program', headers: () => ({}), served: true }
]

function mountWithPage(app: Served['app'], directory: Served['directory']): void {
  directory.all('/page', (req, res) => {
    res.json(req.directory.user?.userName ?? null)
  })
  app.use('/rest', directory)
}

describe.each(rows)('A3.5.1: from $from', ({ headers, served }) => {
  const verb = served ? 'serves' : 'refuses'
  const statusOf = (status: number) => (served ? status : 403)

  it(`${verb} a login by headers, by body, as text/plain, of nobody, and on a page`, async () => {
    const { url, directory } = await serve({ allowedOrigins: [shop] }, mountWithPage)
    const login = `${url}/rest/$directory/login`
    const sent = headers(url)

    const answers = [
      await ask(login, { method: 'POST', headers: { ...jsmith, ...sent } }),
      await ask(login, { method: 'POST', body: '["jsmith","smith"]', headers: { 'content-type': 'application/json', ...sent } }),
      await ask(login, { method: 'POST', body: '["jsmith","smith"]', headers: { 'content-type': 'text/plain', ...sent } }),
      await ask(login, { method: 'POST', headers: sent }),
      await ask(`${url}/rest/page`, { headers: { ...jsmith, ...sent } }),
      await ask(`${url}/rest/page`, { headers: { ...jsmith, ...sent, 'nosession-4d': 'true' } })
    ]

    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(statusOf(200)))
    expect(await directory.sessions.count()).toEqual(served ? { signedIn: 4, guests: 1 } : { signedIn: 0, guests: 0 })
    expect(answers.map((answer) => readError(answer)?.message.includes('allowedOrigins'))).toEqual(Array(6).fill(served ? undefined : true))
  })

  it(`${verb} a logout by GET and by POST`, async () => {
    const { url } = await serve({ allowedOrigins: [shop] })
    const sent = headers(url)

    for (const method of ['GET', 'POST']) {
      const visitor = new Visitor(url)
      await visitor.logsInAs('jsmith', 'smith')
      const answer = await visitor.asks('/rest/$directory/logout', { method, headers: sent })
      expect(answer.status).toBe(statusOf(200))
      expect(await visitor.isKnownAs()).toBe(served ? null : 'jsmith')
    }
  })

  it("serves what changes nothing, and what is nobody's", async () => {
    const { url } = await serve({ allowedOrigins: [shop] }, mountWithPage)
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const user = await visitor.asks('/rest/$directory/currentUser', { headers: headers(url) })
    const page = await visitor.asks('/rest/page', { headers: headers(url) })
    const fromNobody = await ask(`${url}/rest/page`, { method: 'POST', headers: headers(url) })

    expect([user.status, page.status, fromNobody.status]).toEqual([200, 200, 200])
  })

  it(`${served ? 'serves' : 'refuses'} a POST to any page in a live session`, async () => {
    const { url } = await serve({ allowedOrigins: [shop] }, mountWithPage)
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const page = await visitor.asks('/rest/page', { method: 'POST', headers: headers(url) })

    expect(page.status).toBe(statusOf(200))
  })
})

describe('A3.5.1: a proxy in front', () => {
  const forwarded = { 'x-forwarded-host': 'shop.example.net', origin: 'https://shop.example.net' }

  it('tells the host that pages have to be of, where it is trusted', async () => {
    const { url, app } = await serve()
    app.set('trust proxy', 'loopback')

    const own = await new Visitor(url).logsInAs('jsmith', 'smith', forwarded)
    const other = await new Visitor(url).logsInAs('jsmith', 'smith', { ...forwarded, origin: 'https://evil.example.org' })
    const inner = await new Visitor(url).logsInAs('jsmith', 'smith', { ...forwarded, origin: url })

    expect([own.status, other.status, inner.status]).toEqual([200, 403, 403])
  })

  it('tells nothing where it is not trusted', async () => {
    const { url } = await serve()

    expect((await new Visitor(url).logsInAs('jsmith', 'smith', forwarded)).status).toBe(403)
  })

  it('may spell out the port that is the usual one', async () => {
    const { url, app } = await serve()
    app.set('trust proxy', 1)

    const answer = await new Visitor(url).logsInAs('jsmith', 'smith', {
      ...forwarded,
      'x-forwarded-host': 'shop.example.net:443, inner:8080'
    })

    expect(answer.status).toBe(200)
  })
})

describe('A3.5.1: what a browser fetches ahead', () => {
  it.each([{ 'sec-purpose': 'prefetch' }, { 'sec-purpose': 'prefetch;prerender' }, { purpose: 'prefetch' }])(
    'logs nobody out: %o',
    async (headers) => {
      const { url } = await serve()
      const visitor = new Visitor(url)
      await visitor.logsInAs('jsmith', 'smith')

      const answer = await visitor.asks('/rest/$directory/logout', { headers: { ...headers, 'sec-fetch-site': 'same-origin' } })

      expect(answer.body).toEqual({ result: false })
      expect(await visitor.isKnownAs()).toBe('jsmith')
    }
  )

  it('logs nobody out by HEAD, on the route and through req.directory', async () => {
    const { url } = await serve({}, (app, directory) => {
      app.use('/rest', directory)
      app.all('/rest/leave', (req, res, next) => {
        req.directory.logout().then(() => res.json('left'), next)
      })
    })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    await visitor.asks('/rest/$directory/logout', { method: 'HEAD' })
    await visitor.asks('/rest/leave', { method: 'HEAD' })

    expect(await visitor.isKnownAs()).toBe('jsmith')
  })
})

describe("A3.5.1: with sameSite: 'none'", () => {
  const none = { cookie: { sameSite: 'none', secure: true }, allowedOrigins: [shop] } as const
  const cookieOf = async (url: string) =>
    (await ask(`${url}/rest/$directory/login`, { method: 'POST', headers: jsmith })).setCookies[0]?.split(';')[0] ?? ''

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s from another site is refused before it reaches the host', async (method) => {
    const reached: string[] = []
    const { url } = await serve(none, (app, directory) => {
      app.use('/rest', directory)
      app.all('/rest/page', requireUser(), (_req, res) => {
        reached.push(method)
        res.json('done')
      })
    })
    const cookie = await cookieOf(url)
    const from = (origin: string) => ask(`${url}/rest/page`, { method, headers: { cookie, 'sec-fetch-site': 'cross-site', origin } })

    const refused = await from('https://evil.example.org')
    const allowed = await from(shop)
    const program = await ask(`${url}/rest/page`, { method, headers: { cookie } })

    expect([refused.status, readError(refused)?.errCode, refused.setCookies]).toEqual([403, 3, []])
    expect([allowed.status, program.status]).toEqual([200, 200])
    expect(reached).toHaveLength(2)
  })

  it('GET and preflights from another site are served', async () => {
    const { url } = await serve(none, mountWithPage)
    const headers = { cookie: await cookieOf(url), 'sec-fetch-site': 'cross-site', origin: 'https://evil.example.org' }

    const page = await ask(`${url}/rest/page`, { headers })
    const preflight = await ask(`${url}/rest/$directory/login`, { method: 'OPTIONS', headers })

    expect([page.text, preflight.status]).toEqual(['"jsmith"', 204])
  })
})
