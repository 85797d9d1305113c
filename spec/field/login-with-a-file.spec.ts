import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import express, { type Request, type RequestHandler, type Response } from 'express'
import { CookieJar } from 'tough-cookie'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'

import { requireUser } from '../../lib/index.js'
import { expectWarnings } from '../support/quiet-warnings.js'
import { type Served, serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

expectWarnings('EXPRESS_4D_DIRECTORY_PRIVATE')

// expressjs/session#964, auth0/express-openid-connect#835, expressjs/serve-static#66: Express says `public, max-age=0` of the files that it sends, and so their
// answers lost the session's cookie.

const folder = mkdtempSync(join(tmpdir(), 'pages-'))
const file = join(folder, 'welcome.html')
writeFileSync(file, '<h1>Welcome</h1>')
afterAll(() => rmSync(folder, { recursive: true }))

const sends: readonly (readonly [how: string, send: (req: Request, res: Response) => void])[] = [
  ['res.sendFile', (_req, res) => res.sendFile(file)],
  ['res.download', (_req, res) => res.download(file)],
  [
    'express.static',
    (req, res) => {
      req.url = '/welcome.html'
      req.method = 'GET'
      express.static(folder)(req, res, () => res.sendStatus(404))
    }
  ],
  ['res.sendFile with maxAge', (_req, res) => res.sendFile(file, { maxAge: '1h', immutable: true })]
]

function servePages(send: (req: Request, res: Response) => void): Promise<Served> {
  const after = (change: (req: Request) => Promise<unknown>): RequestHandler => {
    return (req, res, next) => void change(req).then(() => send(req, res), next)
  }
  return serve({}, (app, directory) => {
    app.use(directory.sessionMiddleware)
    app.use('/rest', directory)
    app.post(
      '/login',
      after((req) => req.directory.login({ userName: 'jsmith', password: 'smith' }))
    )
    app.post(
      '/sign-in',
      after((req) => req.directory.signIn({ ID: '7', userName: 'mary', fullName: 'Mary' }))
    )
    app.post(
      '/logout',
      after((req) => req.directory.logout())
    )
    app.post(
      '/cart',
      after((req) => Promise.resolve(req.directory.session?.update((storage) => (storage.count = 1))))
    )
    app.get('/handbook', requireUser(), (req, res) => send(req, res))
    app.get('/public', (req, res) => send(req, res))
  })
}

describe.each(sends)('an answer by %s', (_how, send) => {
  it.each(['/login', '/sign-in', '/cart'])('carries the cookie that %s made, past shared caches', async (path) => {
    const { url } = await servePages(send)

    const { status, setCookies, headers } = await ask(url + path, { method: 'POST' })

    expect([status, setCookies]).toEqual([200, [expect.stringMatching(/^WASID4D=[0-9A-F]{32};/)]])
    expect(headers['cache-control']).toMatch(/^private, max-age=/)
  })

  it('takes the cookie back at a logout', async () => {
    const { url } = await servePages(send)
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    expect((await visitor.asks('/logout', { method: 'POST' })).setCookies).toEqual(['WASID4D=; Max-Age=0; Path=/'])
  })

  it('carries none, and stays what it is, where nobody looked at who is there', async () => {
    const { url, directory } = await servePages(send)

    const { setCookies, headers } = await ask(`${url}/public`)

    expect([setCookies, headers['cache-control']]).toEqual([[], expect.stringMatching(/^public, max-age=/)])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it('keeps a reader of guarded pages logged in for as long as they read, with a 304 too', async () => {
    const { url, clock } = await servePages(send)
    const jar = new CookieJar()
    const go = async (path: string, options: Parameters<typeof ask>[1] = {}) => {
      const now = new Date(clock.milliseconds)
      // The jar has its own clock, so the spec looks for what has run out.
      const cookies = await jar.getCookies(url + path, { expire: false })
      const cookie = cookies.flatMap((each) => ((each.expiryTime() ?? 0) > now.getTime() ? [each.cookieString()] : [])).join('; ')
      const answer = await ask(url + path, { ...options, headers: { ...options.headers, cookie } })
      for (const setCookie of answer.setCookies) await jar.setCookie(setCookie, url + path, { now })
      return answer
    }
    await go('/login', { method: 'POST' })
    const { headers } = await go('/handbook')

    const statuses = []
    for (let visit = 0; visit < 9; visit++) {
      clock.passMinutes(30)
      statuses.push((await go('/handbook', { headers: { 'if-none-match': headers['etag'] ?? '' } })).status)
    }

    expect(statuses).toEqual(Array(9).fill(304))
  })
})

describe('the warning that an answer was made private', () => {
  it.each([
    ['is not given for what Express says of each file by itself', {}, 0],
    ['is given for what the host has said of the file', { maxAge: '1h' }, 1]
  ])('%s', async (_what, options, times) => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
    onTestFinished(() => void vi.restoreAllMocks())
    const { url } = await servePages((_req, res) => res.sendFile(file, options))

    const { headers } = await ask(`${url}/sign-in`, { method: 'POST' })

    expect(headers['cache-control']).toMatch(/^private, max-age=/)
    expect(warned).toHaveBeenCalledTimes(times)
  })
})
