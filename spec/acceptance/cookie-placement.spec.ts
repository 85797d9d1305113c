import type { Request, Response } from 'express'
import { describe, expect, it } from 'vitest'

import { type Served, serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

const id = '[0-9A-F]{32}'
const ours = expect.stringMatching(new RegExp(`^WASID4D=${id}; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax$`)) as string

/** Serves one page of the host, behind the directory. */
function servePage(page: (req: Request, res: Response) => unknown, before?: (res: Response) => void): Promise<Served> {
  return serve({}, (app, directory) => {
    app.use((_req, res, next) => {
      before?.(res)
      next()
    })
    app.use('/rest', directory)
    app.all('/rest/page', (req, res, next) => {
      Promise.resolve(page(req, res)).catch(next)
    })
  })
}

const answers: readonly (readonly [how: string, send: (res: Response) => unknown, others: readonly string[]])[] = [
  ['res.json', (res) => res.json('page'), []],
  ['res.end', (res) => res.end('page'), []],
  ['res.sendStatus', (res) => res.sendStatus(204), []],
  ['res.redirect', (res) => res.redirect('/elsewhere'), []],
  ['res.cookie', (res) => res.cookie('theme', 'dark').cookie('lang', 'fr').json('page'), ['theme=dark; Path=/', 'lang=fr; Path=/']],
  ['setHeader', (res) => res.setHeader('Set-Cookie', 'theme=dark').end(), ['theme=dark']],
  [
    'appendHeader',
    (res) => res.appendHeader('Set-Cookie', 'theme=dark').appendHeader('set-cookie', 'lang=fr').end(),
    ['theme=dark', 'lang=fr']
  ],
  ['writeHead', (res) => res.writeHead(200).end('page'), []],
  [
    'writeHead with an object',
    (res) => res.writeHead(200, { 'set-cookie': ['theme=dark', 'lang=fr'], 'x-a': 'b' }).end(),
    ['theme=dark', 'lang=fr']
  ],
  ['writeHead with an object of one cookie', (res) => res.writeHead(200, { 'Set-Cookie': 'theme=dark' }).end(), ['theme=dark']],
  [
    'writeHead with a flat array',
    (res) => res.writeHead(200, ['SET-COOKIE', 'theme=dark', 'x-a', 'b', 'Set-Cookie', 'lang=fr']).end(),
    ['theme=dark', 'lang=fr']
  ],
  ['writeHead with a reason and an object', (res) => res.writeHead(200, 'Fine', { 'Set-Cookie': ['theme=dark'] }).end(), ['theme=dark']],
  ['writeHead with a reason and a flat array', (res) => res.writeHead(200, 'Fine', ['Set-Cookie', 'theme=dark']).end(), ['theme=dark']],
  ['writeHead with no reason and an object', (res) => res.writeHead(200, undefined, { 'Set-Cookie': 'theme=dark' }).end(), ['theme=dark']],
  ['writeHead over res.cookie', (res) => res.cookie('theme', 'dark').writeHead(200, { 'x-a': 'b' }).end(), ['theme=dark; Path=/']],
  [
    'a stream',
    (res) => {
      res.cookie('theme', 'dark').write('first')
      setImmediate(() => res.end('last'))
    },
    ['theme=dark; Path=/']
  ],
  [
    'flushHeaders',
    (res) => {
      res.cookie('theme', 'dark').flushHeaders()
      setImmediate(() => res.end())
    },
    ['theme=dark; Path=/']
  ]
]

describe('the session cookie of an answer', () => {
  it.each(answers)('stands first, beside all of the host: %s', async (_how, send, others) => {
    const { url } = await servePage((_req, res) => send(res))

    const { setCookies } = await ask(`${url}/rest/page`)

    expect(setCookies).toEqual([ours, ...others])
  })

  it('keeps what else writeHead was given', async () => {
    const { url } = await servePage((_req, res) =>
      res.writeHead(201, 'Fine', { 'Set-Cookie': 'theme=dark', 'X-A': 'b', 'Content-Type': 'text/plain' }).end('page')
    )

    const { status, headers, text } = await ask(`${url}/rest/page`)

    expect([status, headers['x-a'], headers['content-type'], text]).toEqual([201, 'b', 'text/plain', 'page'])
  })

  it.each([
    ['half a pair', ['Set-Cookie'], 'ERR_INVALID_ARG_VALUE'],
    ['a header without a value', { 'Cache-Control': undefined }, 'ERR_HTTP_INVALID_HEADER_VALUE']
  ])('lets Node refuse %s', async (_what, headers, code) => {
    const { url } = await servePage((_req, res) => {
      expect(() => res.writeHead(200, headers)).toThrow(expect.objectContaining({ code }))
      res.end('page')
    })

    expect((await ask(`${url}/rest/page`)).status).toBe(200)
  })

  it('stands before a cookie that a middleware in front of us has set', async () => {
    const { url } = await servePage(
      (_req, res) => res.json('page'),
      (res) => res.cookie('theme', 'dark')
    )

    expect((await ask(`${url}/rest/page`)).setCookies).toEqual([ours, 'theme=dark; Path=/'])
  })

  it('is the only one of its name, whatever the host has set under it', async () => {
    const { url } = await servePage((_req, res) => res.cookie('WASID4D', 'planted').cookie('WASID4D2', 'other').json('page'))

    expect((await ask(`${url}/rest/page`)).setCookies).toEqual([ours, 'WASID4D2=other; Path=/'])
  })

  it('is sent again on every request, on errors too', async () => {
    const { url } = await servePage(() => Promise.reject(new Error('the page is broken')))
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const statuses = []
    for (const path of ['/rest/page', '/rest/nothing', '/rest/$directory/nothing', '/rest/$directory/currentUser']) {
      const { status, setCookies } = await visitor.asks(path)
      statuses.push(status)
      expect(setCookies).toEqual([expect.stringContaining(`WASID4D=${visitor.firstSessionId ?? ''};`)])
    }

    expect(statuses).toEqual([500, 404, 404, 200])
  })
})

describe('C: one request that logs in and out', () => {
  const jsmith = { userName: 'jsmith', password: 'smith' }
  const john = { userName: 'john', password: '123' }

  it('sends one cookie for a login after a logout: the new session', async () => {
    const { url } = await servePage(async (req, res) => {
      await req.directory.logout()
      await req.directory.login(john)
      res.json(req.directory.user)
    })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const { setCookies } = await visitor.asks('/rest/page')

    expect(setCookies).toEqual([ours])
    expect(visitor.sessionId).not.toBe(visitor.firstSessionId)
    expect(await visitor.isKnownAs()).toBe('john')
  })

  it('sends one cookie for a logout after a login: the deletion', async () => {
    const { url, directory } = await servePage(async (req, res) => {
      await req.directory.login(jsmith)
      await req.directory.logout()
      res.json(req.directory.user)
    })
    const visitor = new Visitor(url)
    await visitor.asks('/rest/$directory/currentUser')

    const { setCookies } = await visitor.asks('/rest/page')

    expect(setCookies).toEqual(['WASID4D=; Max-Age=0; Path=/'])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it('sends the cookie of the last of several logins', async () => {
    const { url, directory } = await servePage(async (req, res) => {
      await req.directory.login(jsmith)
      await req.directory.login(john)
      res.json(req.directory.user)
    })
    const visitor = new Visitor(url)

    const { setCookies } = await visitor.asks('/rest/page')

    expect(setCookies).toEqual([ours])
    expect(await visitor.isKnownAs()).toBe('john')
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
  })
})

describe('A14.3.2: caches', () => {
  it.each(['public', 'public, max-age=60', 'max-age=60, s-maxage=120', 'S-MaxAge=5', 'PUBLIC'])(
    'are given no session cookie with a page marked %s',
    async (cacheControl) => {
      const ways: ((res: Response) => unknown)[] = [
        (res) => res.set('Cache-Control', cacheControl).cookie('theme', 'dark').json('page'),
        (res) => res.cookie('theme', 'dark').writeHead(200, { 'cache-control': cacheControl }).end(),
        (res) => res.writeHead(200, ['Cache-Control', cacheControl, 'Set-Cookie', 'theme=dark; Path=/']).end()
      ]

      for (const send of ways) {
        const { url } = await servePage((_req, res) => send(res))
        const visitor = new Visitor(url)
        await visitor.logsInAs('jsmith', 'smith')
        expect((await visitor.asks('/rest/page')).setCookies).toEqual(['theme=dark; Path=/'])
      }
    }
  )

  it('are given none either with a page that a middleware in front of us has marked', async () => {
    const { url } = await servePage(
      (_req, res) => res.json('page'),
      (res) => res.set('Cache-Control', 'public, max-age=60')
    )

    const { setCookies, headers } = await ask(`${url}/rest/page`)

    expect([setCookies, headers['cache-control']]).toEqual([[], 'public, max-age=60'])
  })

  it('are told to keep a page to the visitor where the host says nothing', async () => {
    const { url } = await servePage((_req, res) => res.json('page'))

    expect((await ask(`${url}/rest/page`)).headers['cache-control']).toBe('private, no-cache="Set-Cookie"')
  })

  it.each([
    ['no-cache', 'private, no-cache'],
    ['private, max-age=60', 'private, max-age=60'],
    ['max-age=60, x-publicity=1', 'private, max-age=60, x-publicity=1'],
    ['no-store', 'no-store']
  ])('are told what the host says, and that it is private, with the cookie: %s', async (cacheControl, told) => {
    const { url } = await servePage((_req, res) => res.set('Cache-Control', cacheControl).json('page'))

    const { setCookies, headers } = await ask(`${url}/rest/page`)

    expect([setCookies, headers['cache-control']]).toEqual([[ours], told])
  })
})
