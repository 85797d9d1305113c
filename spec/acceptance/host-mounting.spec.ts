import express, { type Express, Router } from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'

import { directoryRouter, type RestDirectory, requireUser, StaticProvider } from '../../lib/index.js'
import { groups, users } from '../support/seed-directory.js'
import { listen, type Served, serve } from '../support/serve.js'
import { type Answer, ask, Visitor } from '../support/visitor.js'

type Mount = (app: Express, directory: RestDirectory) => void

const mountings: readonly (readonly [how: string, prefix: string, mount: Mount])[] = [
  ["app.use('/rest', directory)", '/rest', (app, directory) => app.use('/rest', directory)],
  ["app.use('/rest', router)", '/rest', (app, { router }) => app.use('/rest', router)],
  [
    "app.use('/rest', sessionMiddleware, router)",
    '/rest',
    (app, { sessionMiddleware, router }) => app.use('/rest', sessionMiddleware, router)
  ],
  [
    'app.use(sessionMiddleware) and the router',
    '/rest',
    (app, { sessionMiddleware, router }) => app.use(sessionMiddleware).use('/rest', router)
  ],
  ['app.use(directory)', '', (app, directory) => app.use(directory)],
  ['in another router', '/api/rest', (app, directory) => app.use('/api', Router().use('/rest', directory))],
  ['in another app', '/api/rest', (app, directory) => app.use('/api', express().use('/rest', directory))],
  ['under a path with a parameter', '/acme/rest', (app, directory) => app.use('/:tenant/rest', directory)],
  ['twice', '/v2/rest', (app, directory) => app.use('/v1/rest', directory).use('/v2/rest', directory)]
]

describe.each(mountings)('mounted as %s', (_how, prefix, mount) => {
  it('answers all of the directory', async () => {
    const { url } = await serve({}, mount)
    let cookie = ''
    const call = async (name: string, method: string, headers: Record<string, string> = {}): Promise<readonly unknown[]> => {
      const answer = await ask(`${url}${prefix}/$directory/${name}`, {
        method,
        headers: { cookie, ...headers },
        body: method === 'POST' ? '["Sales"]' : ''
      })
      cookie = answer.setCookies[0]?.split(';')[0] ?? cookie
      return [answer.status, answer.body, answer.setCookies.length]
    }

    const answers = [
      await call('currentUser', 'GET'),
      await call('login', 'POST', { 'username-4D': 'jsmith', 'password-4D': 'smith' }),
      await call('currentUserBelongsTo', 'POST'),
      await call('logout', 'GET'),
      await call('nothing', 'GET')
    ]

    expect(answers).toEqual([
      [200, { result: null }, 1],
      [200, { result: true }, 1],
      [200, { result: true }, 1],
      [200, { result: true }, 1],
      [404, { __ERROR: [expect.objectContaining({ errCode: 6 })] }, 0]
    ])
  })

  it('opens one session for one visitor', async () => {
    const { url, directory } = await serve({}, mount)

    await ask(`${url}${prefix}/$directory/currentUser`)
    await ask(`${url}${prefix}/Employee`)

    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 2 })
  })
})

describe('routes of the host', () => {
  it('see req.directory behind the router and leave its paths to it', async () => {
    const { url } = await serve({}, (app, directory) => {
      app.use('/rest', directory)
      app.get('/rest/me', (req, res) => res.json(req.directory.session?.isGuest()))
      app.get('/outside', (req, res) => res.json((req as { directory?: unknown }).directory !== undefined))
    })

    expect([(await ask(`${url}/rest/me`)).text, (await ask(`${url}/outside`)).text]).toEqual(['true', 'false'])
  })

  it('outside of the mount path know the user where the session middleware is mounted', async () => {
    const { url } = await serve({}, (app, { sessionMiddleware, router }) => {
      app.use(sessionMiddleware)
      app.use('/rest', router)
      app.get('/page', requireUser(), (req, res) => res.json(req.directory.user))
    })

    const visitor = new Visitor(url)
    const byHeaders = await visitor.asks('/page', { headers: { 'username-4D': 'jsmith', 'password-4D': 'smith' } })
    await visitor.logsInAs('jsmith', 'smith')
    const answer = await visitor.asks('/page')

    // Past the site's own login form, 4D's headers mean nothing on its pages.
    expect(byHeaders.status).toBe(401)
    expect(answer.body).toEqual({ ID: users[0].ID, userName: 'jsmith', fullName: 'John Smith' })
  })

  it('that are added to the directory router itself are refused in the format of the protocol', async () => {
    const { url } = await serve({}, (app, directory) => {
      app.use('/rest', directory)
      directory.get('/late', requireUser(), (_req, res) => res.json('late'))
      directory.use(
        '/inner',
        Router().get('/late', requireUser(), (_req, res) => res.json('late'))
      )
    })

    const answers = [await ask(`${url}/rest/late`), await ask(`${url}/rest/inner/late`)]

    for (const answer of answers) {
      expect(answer.status).toBe(401)
      expect(answer.body).toEqual({ __ERROR: [{ message: expect.any(String) as string, componentSignature: 'exdr', errCode: 1 }] })
    }
  })

  it('pass errors of their own through the directory router to the host', async () => {
    const { url } = await serve({}, (app, directory) => {
      directory.get('/broken', () => {
        throw new RangeError('broken')
      })
      app.use('/rest', directory)
      app.use(((error: unknown, _req, res, next) => {
        if (error instanceof RangeError) res.status(599).json(error.message)
        else next(error)
      }) satisfies express.ErrorRequestHandler)
    })

    const answer = await ask(`${url}/rest/broken`)

    expect([answer.status, answer.body]).toEqual([599, 'broken'])
  })
})

describe('two directories in one app', () => {
  const make = (name: string): RestDirectory => {
    const directory = directoryRouter({ provider: new StaticProvider({ users, groups }), cookie: { name } })
    onTestFinished(() => directory.close())
    return directory
  }

  async function serveTwo(mount: (app: Express, first: RestDirectory, second: RestDirectory) => void): Promise<Pick<Served, 'url'>> {
    const app = express()
    mount(app, make('FIRST'), make('SECOND'))
    app.get(['/first/page', '/second/page'], (req, res) => res.json(req.directory.user?.userName ?? null))
    const { server, url } = await listen(app)
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return { url }
  }

  it.each<[string, (app: Express, first: RestDirectory, second: RestDirectory) => void]>([
    ['each under its path', (app, first, second) => app.use('/first', first).use('/second', second)],
    [
      'with one session middleware for all',
      (app, first, second) => app.use(first.sessionMiddleware).use('/first', first).use('/second', second)
    ],
    [
      'with both session middlewares for all',
      (app, first, second) => app.use(first.sessionMiddleware, second.sessionMiddleware).use('/first', first).use('/second', second)
    ]
  ])('log in and out apart: %s', async (_how, mount) => {
    const { url } = await serveTwo(mount)
    const jar = new Map<string, string>()
    const call = async (path: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answer> => {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
      const answer = await ask(url + path, { method, headers: { cookie, ...headers } })
      for (const setCookie of answer.setCookies) {
        const [, name = '', value = ''] = /^(\w+)=([^;]*)/.exec(setCookie) ?? []
        jar.set(name, value)
      }
      expect(new Set(answer.setCookies.map((cookie) => cookie.split('=')[0])).size).toBe(answer.setCookies.length)
      return answer
    }
    const both = async () => [(await call('/first/page')).body, (await call('/second/page')).body]

    await call('/first/$directory/login', 'POST', { 'username-4D': 'jsmith', 'password-4D': 'smith' })
    const afterFirst = await both()
    await call('/second/$directory/login', 'POST', { 'username-4D': 'john', 'password-4D': '123' })
    const afterSecond = await both()
    await call('/first/$directory/logout')
    const afterLogout = await both()

    expect([afterFirst, afterSecond, afterLogout]).toEqual([
      ['jsmith', null],
      ['jsmith', 'john'],
      [null, 'john']
    ])
  })
})
