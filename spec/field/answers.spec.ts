import type { Request, Response } from 'express'
import { describe, expect, it, vi } from 'vitest'

import { requireGroup, requireUser } from '../../lib/index.js'
import { expectWarnings } from '../support/quiet-warnings.js'
import { type Served, serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

expectWarnings('EXPRESS_4D_DIRECTORY_PRIVATE')

// expressjs/session#362 and others: what an answer may say to caches, by who looked at whom.

type Send = (res: Response) => void

const looks = {
  nobody: () => undefined,
  'the user': (req: Request) => req.directory.user,
  'the session': (req: Request) => req.directory.session,
  'a group': (req: Request) => req.directory.belongsTo('Sales'),
  'all as JSON': (req: Request) => JSON.stringify(req.directory)
}

function servePages(send: Send): Promise<Served> {
  return serve({}, (app, directory) => {
    app.use(directory.sessionMiddleware)
    app.use('/rest', directory)
    for (const [what, look] of Object.entries(looks)) {
      app.get(`/looks-at/${what.replaceAll(' ', '-')}`, (req, res, next) => void Promise.resolve(look(req)).then(() => send(res), next))
    }
    app.get('/guarded', requireUser(), (_req, res) => send(res))
    app.get('/members', requireGroup('Administrators'), (_req, res) => send(res))
    app.use(directory.errorHandler)
  })
}

const saying =
  (headers: Record<string, string>): Send =>
  (res) =>
    void res.set(headers).json('page')

async function logIn(url: string): Promise<Visitor> {
  const visitor = new Visitor(url)
  await visitor.logsInAs('jsmith', 'smith')
  return visitor
}

describe('A14.3.2 caches: a page that a user has been looked at for', () => {
  const cases: readonly (readonly [said: Record<string, string>, cacheControl: string])[] = [
    [{}, 'private, no-cache="Set-Cookie"'],
    [{ 'Cache-Control': 'max-age=60' }, 'private, max-age=60'],
    [{ 'Cache-Control': 'public, max-age=60, immutable' }, 'private, max-age=60, immutable'],
    [
      { 'Cache-Control': 'max-age=5, s-maxage=60, S-MaxAge="60", stale-while-revalidate=9' },
      'private, max-age=5, stale-while-revalidate=9'
    ],
    [{ 'Cache-Control': 'PUBLIC' }, 'private'],
    [{ 'Cache-Control': 'private="X-Name", max-age=60' }, 'private, private="X-Name", max-age=60'],
    [{ 'Cache-Control': 'no-cache="Set-Cookie, public"' }, 'private, no-cache="Set-Cookie, public"'],
    [{ 'Cache-Control': 'no-store' }, 'no-store'],
    [{ 'Cache-Control': 'max-age=1, private' }, 'max-age=1, private'],
    [{ 'CDN-Cache-Control': 'max-age=60', 'Cache-Control': 'max-age=1' }, 'private, max-age=1'],
    [{ 'Netlify-CDN-Cache-Control': 'public, durable, max-age=60' }, 'private, no-cache="Set-Cookie"'],
    [
      { 'Surrogate-Control': 'max-age=60', 'X-Accel-Expires': '60', 'Edge-Control': '!no-cache, cache-maxage=60' },
      'private, no-cache="Set-Cookie"'
    ]
  ]

  it.each(cases)('goes past shared caches, and carries the cookie: %j', async (said, cacheControl) => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    for (const what of ['the-user', 'the-session', 'a-group', 'all-as-JSON']) {
      for (const send of [
        saying(said),
        (res: Response) => void res.writeHead(200, said).end(),
        (res: Response) => void res.writeHead(200, Object.entries(said).flat()).end()
      ]) {
        const { url } = await servePages(send)
        const { headers, setCookies } = await (await logIn(url)).asks(`/looks-at/${what}`)

        expect([headers['cache-control'], setCookies.length]).toEqual([cacheControl, 1])
        expect(Object.keys(headers).filter((name) => /cdn|surrogate|accel|edge/.test(name))).toEqual([])
      }
    }
    warn.mockRestore()
  })

  it('says once which route it was', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const { url } = await servePages(saying({ 'Cache-Control': 'public, max-age=60' }))
    const visitor = await logIn(url)

    for (let visit = 0; visit < 3; visit++) await visitor.asks('/looks-at/the-user')
    const warnings = warn.mock.calls.map(([warning]) => String(warning))
    warn.mockRestore()

    expect(warnings).toEqual([expect.stringMatching(/GET \/looks-at\/the-user .*public/)])
  })
})

describe('A14.3.2 caches: a page that nobody has been looked at for', () => {
  it.each<[Record<string, string>]>([
    [{ 'Cache-Control': 'public, max-age=60' }],
    [{ 'Cache-Control': 's-maxage=60' }],
    [{ 'Surrogate-Control': 'max-age=60' }],
    [{ 'Fastly-Cache-Control': 'max-age=60' }],
    [{ 'X-Accel-Expires': '60' }]
  ])('stays for everybody, without a cookie: %j', async (said) => {
    const { url } = await servePages(saying(said))

    for (const visitor of [await logIn(url), new Visitor(url)]) {
      const { headers, setCookies } = await visitor.asks('/looks-at/nobody')
      expect(headers).toMatchObject(Object.fromEntries(Object.entries(said).map(([name, value]) => [name.toLowerCase(), value])))
      expect([setCookies, headers['cache-control']]).toEqual([[], said['Cache-Control']])
    }
  })

  it.each([
    { 'Surrogate-Control': 'no-store', 'Cache-Control': 'no-store, no-cache, must-revalidate, proxy-revalidate' },
    { 'CDN-Cache-Control': 'private', 'Cache-Control': 'max-age=60' },
    { 'X-Accel-Expires': '0', 'Cache-Control': 'max-age=60' },
    { 'Cache-Control': 'public, no-store' }
  ])('carries the cookie of who is logged in where caches are forbidden to keep it: %j', async (said) => {
    const { url } = await servePages(saying(said))

    expect((await (await logIn(url)).asks('/looks-at/nobody')).setCookies).toHaveLength(1)
  })

  it('is left as it is where there is no session', async () => {
    const { url } = await servePages(saying({ 'Cache-Control': 'max-age=60' }))

    for (const what of ['nobody', 'the-user', 'the-session', 'a-group']) {
      const { headers, setCookies } = await ask(`${url}/looks-at/${what}`)
      expect([headers['cache-control'], setCookies]).toEqual(['max-age=60', []])
    }
  })
})

describe('A14.3.2 guarded: a page behind a guard', () => {
  it('is kept by no cache where the host says nothing, nor is its refusal', async () => {
    const { url } = await servePages(saying({}))
    const visitor = await logIn(url)

    const answers = [
      await visitor.asks('/guarded'),
      await visitor.asks('/members'),
      await ask(`${url}/guarded`),
      await ask(`${url}/members`)
    ]

    expect(answers.map(({ status, headers }) => [status, headers['cache-control']])).toEqual([
      [200, 'no-store'],
      [403, 'no-store'],
      [401, 'no-store'],
      [401, 'no-store']
    ])
  })

  it('is kept by the browser alone where the host lets it', async () => {
    const { url } = await servePages(saying({ 'Cache-Control': 'max-age=60' }))

    expect((await (await logIn(url)).asks('/guarded')).headers['cache-control']).toBe('private, max-age=60')
  })
})
