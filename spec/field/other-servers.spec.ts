import { createServer, type IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'

import connect from 'connect'
import express from 'express'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'

import {
  BcryptPool,
  directoryRouter,
  type DirectoryRouterOptions,
  type RequestDirectory,
  type RestDirectory,
  StaticProvider
} from '../../lib/index.js'
import { openSession } from '../../lib/testing.js'
import { askBy, type Asked, type ProtocolAnswer } from '../support/ask-by-protocol.js'
import { collect } from '../support/collect.js'
import { listen, type OtherServer, otherServers, type Page, theirCookie } from '../support/other-servers.js'
import { expectWarnings } from '../support/quiet-warnings.js'
import { groups, users } from '../support/seed-directory.js'

expectWarnings('EXPRESS_4D_DIRECTORY_LATE')

const [jsmith] = users

const passwords = new BcryptPool({ cost: 4, threads: 1 })
afterAll(() => passwords.close())

/** What a site of the host's does with its visitors. */
const page: Page = async (directory, path) => {
  if (path === '/login') await directory.login({ userName: 'jsmith', password: 'smith' })
  if (path === '/sign-in') await directory.signIn(jsmith)
  if (path === '/logout') await directory.logout()
  if (path === '/count') await directory.session?.update((storage) => void (storage.count = (storage.count ?? 0) + 1))
  return {
    user: directory.user?.userName ?? null,
    isInSales: await directory.belongsTo('Sales'),
    storage: directory.session?.storage ?? null
  }
}

async function serveBy(
  server: OtherServer,
  middleware: 'sessionMiddleware' | 'resumeMiddleware' = 'sessionMiddleware',
  options: Partial<DirectoryRouterOptions> = {}
): Promise<{ directory: RestDirectory; port: number; ask: (path: string, asked?: Asked) => Promise<ProtocolAnswer> }> {
  const directory = directoryRouter({ provider: new StaticProvider({ users, groups }), passwords, ...options })
  onTestFinished(() => directory.close())
  const port = await server.serve(directory[middleware], page)
  return { directory, port, ask: (path, asked) => askBy(server.protocol, port, path, asked) }
}

function ours({ setCookies }: ProtocolAnswer): string {
  return setCookies.find((setCookie) => setCookie.startsWith('WASID4D='))?.split(';')[0] ?? ''
}

const isTLS = ({ protocol }: OtherServer) => protocol === 'https' || protocol === 'h2'
const nobody = { user: null, isInSales: false, storage: {} }

/** What a client says of itself through a proxy that nobody has said to trust. */
const forwarded = {
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'evil.example',
  forwarded: 'for=203.0.113.9;proto=https;host=evil.example'
}

describe.each(otherServers)('$name', (server) => {
  it('serves a visitor as nobody, without a cookie of ours', async () => {
    const { ask, directory } = await serveBy(server)

    const answer = await ask('/', { headers: forwarded })

    expect([answer.status, JSON.parse(answer.text), answer.setCookies]).toEqual([200, nobody, [theirCookie]])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it.each(['/login', '/sign-in'])('logs in by %s, with the cookie first and Secure over TLS alone', async (path) => {
    const { ask, directory } = await serveBy(server)

    const login = await ask(path, { method: 'POST', headers: forwarded })
    const next = await ask('/', { headers: { cookie: ours(login), ...forwarded } })

    const secure = isTLS(server) ? '; Secure' : ''
    expect(login.setCookies).toEqual([
      expect.stringMatching(new RegExp(`^WASID4D=[0-9A-F]{32}; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax${secure}$`)),
      theirCookie
    ])
    expect([login.headers['cache-control'], next.headers['cache-control']]).toEqual(Array(2).fill(expect.stringContaining('private')))
    expect([JSON.parse(login.text), JSON.parse(next.text)]).toEqual(Array(2).fill({ user: 'jsmith', isInSales: true, storage: {} }))
    expect(next.setCookies).toHaveLength(2)
    // The socket's address counts: nobody has said that a proxy may speak for others.
    const [session] = await collect(directory.sessions.list())
    expect(session?.ip).toBe('127.0.0.1')
  })

  it('opens a session with the first update, and keeps what it stores', async () => {
    const { ask } = await serveBy(server)

    const first = await ask('/count', { method: 'POST' })
    const second = await ask('/count', { headers: { cookie: ours(first) } })

    expect(JSON.parse(second.text)).toEqual({ ...nobody, storage: { count: 2 } })
  })

  it('takes the cookie back at logout', async () => {
    const { ask, directory } = await serveBy(server)
    const { cookie } = await openSession(directory, jsmith)

    const answer = await ask('/logout', { method: 'POST', headers: { cookie } })

    expect(answer.setCookies).toEqual([expect.stringMatching(/^WASID4D=; Max-Age=0/), theirCookie])
    expect(JSON.parse((await ask('/', { headers: { cookie } })).text)).toEqual(nobody)
  })

  it('A3.5.1 everywhere: judges other sites by the host that the client asked for, and by no forwarded one', async () => {
    const { ask, directory, port } = await serveBy(server)
    const { cookie } = await openSession(directory, jsmith)
    const post = (origin: string) => ask('/count', { method: 'POST', headers: { cookie, origin, ...forwarded } })
    const scheme = isTLS(server) ? 'https' : 'http'

    const statuses = [
      (await post(`${scheme}://directory.test:${port}`)).status,
      (await post(`${scheme}://directory.test:1`)).status,
      (await post('https://evil.example')).status
    ]

    expect(statuses).toEqual([200, 403, 403])
  })

  it('takes up a session behind resumeMiddleware, and opens none', async () => {
    const { ask, directory } = await serveBy(server, 'resumeMiddleware')
    const { cookie } = await openSession(directory, jsmith)

    const [known, unknown] = [await ask('/', { headers: { cookie, ...forwarded } }), await ask('/count', { method: 'POST' })]

    expect([JSON.parse(known.text), JSON.parse(unknown.text)]).toEqual([
      { user: 'jsmith', isInSales: true, storage: {} },
      { ...nobody, storage: null }
    ])
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
  })
})

describe('a directory that is mounted in connect', () => {
  it.each(['http', 'h2c'] as const)('speaks 4D over %s', async (protocol) => {
    const directory = directoryRouter({
      provider: new StaticProvider({ users, groups }),
      passwords,
      rest: { datastoreFunctions: { greet } }
    })
    const app = connect()
    app.use('/rest', directory as unknown as connect.NextHandleFunction)
    const port = await listen(protocol === 'http' ? createServer(app) : createHttp2Server(app as unknown as Http2Handler))
    const credentials = { 'username-4D': 'jsmith', 'password-4D': 'smith', ...forwarded }
    const ask = (path: string, asked: Asked) => askBy(protocol, port, `/rest/${path}`, asked)

    const cookie = ours(await ask('$directory/login', { method: 'POST', headers: credentials }))

    const body = '["Sales"]'
    // As browsers say it over HTTP/2 too; body-parser takes a request without for one that has no body.
    const headers = { cookie, 'content-type': 'application/json', 'content-length': String(body.length) }
    const asked = { method: 'POST', headers, body }
    const answers = [
      await ask('$directory/currentUserBelongsTo', asked),
      await ask('$directory/currentUserBelongsTo("Everybody")', { headers: { cookie } }),
      await ask('$catalog/greet', asked),
      await ask('$directory/nothing', { headers: { cookie } })
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 404])
    expect(answers.slice(0, 3).map(({ text }) => JSON.parse(text) as unknown)).toEqual([
      { result: true },
      { result: true },
      { result: 'Hello' }
    ])
  })
})

describe('an answer that says in its own way whether its headers are out', () => {
  // As @fastify/express has it, of which an assignment throws.
  it('carries the cookie that a login has made', async () => {
    const directory = directoryRouter({ provider: new StaticProvider({ users, groups }), passwords })
    const server = createServer((req, res) => {
      Object.defineProperty(res, 'headersSent', { get: () => false })
      const served = req as typeof req & { readonly directory: RequestDirectory }
      directory.sessionMiddleware(req, res, () => void served.directory.signIn(jsmith).then(() => res.writeHead(200).end()))
    })

    const answer = await askBy('http', await listen(server), '/')

    expect(answer.setCookies).toEqual([expect.stringMatching(/^WASID4D=[0-9A-F]{32}; /)])
  })
})

describe('an upgrade that an Express app serves', () => {
  // As express-ws has it: the answer is bound to no socket, since the handshake is answered past it.
  it('logs nobody in and opens no session, since no cookie could go out', async () => {
    const directory = directoryRouter({ provider: new StaticProvider({ users, groups }), passwords })
    onTestFinished(() => directory.close())
    let tried: readonly PromiseSettledResult<unknown>[] = []
    const app = express()
    app.use(directory.sessionMiddleware, async (req) => {
      const update = req.directory.session?.update((storage) => void (storage.count = 1))
      tried = await Promise.allSettled([
        req.directory.login({ userName: 'jsmith', password: 'smith' }),
        req.directory.signIn(jsmith),
        update
      ])
      req.socket.destroy()
    })
    const server = createServer()
    server.on('upgrade', (req: IncomingMessage) => void app(req, new ServerResponse(req)))

    await expect(askBy('http', await listen(server), '/', { headers: { connection: 'upgrade', upgrade: 'websocket' } })).rejects.toThrow()

    expect(tried.map(({ status }) => status)).toEqual(Array(3).fill('rejected'))
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })
})

describe('an answer over HTTP/2', () => {
  it.each<[string, (res: ServerResponse) => void]>([
    ['end alone', (res) => res.end()],
    ['write', (res) => res.write('a') && res.end('b')],
    ['flushHeaders', (res) => (res.flushHeaders(), res.end())],
    ['writeHead with an object', (res) => res.writeHead(303, { location: '/', 'set-cookie': theirCookie }).end()],
    ['writeHead with a list', (res) => res.writeHead(303, ['location', '/', 'set-cookie', theirCookie]).end()]
  ])('carries the cookie that a login has made, by %s', async (_how, end) => {
    const directory = directoryRouter({ provider: new StaticProvider({ users, groups }), passwords })
    const server = createHttp2Server(((req: IncomingMessage & { directory: RequestDirectory }, res: ServerResponse) => {
      directory.sessionMiddleware(req, res, () => void req.directory.signIn(jsmith).then(() => end(res)))
    }) as unknown as Http2Handler)

    const answer = await askBy('h2c', await listen(server), '/')

    expect(answer.setCookies[0]).toMatch(/^WASID4D=[0-9A-F]{32}; /)
  })
})

type Http2Handler = Parameters<typeof createHttp2Server>[1]

function greet(): string {
  return 'Hello'
}
