// Compiled in three ways of resolving packages, with skipLibCheck off, under the types of Express 4 and of Express 5, and then run.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import {
  type Credentials,
  type DirectoryEvent,
  DirectoryError,
  type DirectoryProvider,
  directoryRouter,
  type DirectoryUser,
  hashPassword,
  LruSessionStore,
  requireGroup,
  requireRecentLogin,
  requireUser,
  type RestDirectory,
  safeReturnTo,
  type Session,
  StaticProvider
} from 'express-4d-directory'
import { sessionConsole } from 'express-4d-directory/console'
import { openSession, stubDirectory } from 'express-4d-directory/testing'

declare module 'express-4d-directory' {
  interface SessionStorage {
    cart: string[]
  }
  interface UserAttributes {
    email: string
  }
}

declare module 'express-session' {
  interface SessionData {
    views: number
  }
}

function mount(directory: RestDirectory): express.Express {
  const app = express()
  const handlers: RequestHandler[] = [directory, directory.router, directory.sessionMiddleware, requireUser()]
  const renders: ErrorRequestHandler = directory.errorHandler
  assert.equal(handlers.length, 4)

  app.use('/rest', directory.sessionMiddleware, directory)
  app.use('/console', sessionConsole(directory, { group: 'Sales' }))
  app.get('/rest/cart/:item', requireUser(), requireGroup('Sales'), async (req, res) => {
    const item: string = req.params.item
    // @ts-expect-error -- the path names no such parameter
    assert.equal(req.params.itme, undefined)
    const user: DirectoryUser | null = req.directory.user
    const session: Session | null = req.directory.session
    const storage = await session?.update((draft) => {
      draft.cart = [...(draft.cart ?? []), item]
      // @ts-expect-error -- the cart holds strings
      draft.cart.length === 0 && draft.cart.push(1)
    })
    const cart: readonly string[] = storage?.cart ?? []
    const email: string | undefined = user?.attributes?.email
    assert.equal(email, 'john@example.com')
    res.json({ user, cart })
  })
  app.post('/login', async (req, res) => {
    // What a form holds is nobody's type, and is handed on as it is.
    const credentials: Credentials = req.body
    const provedAt = new Date()
    const user: DirectoryUser | null = await req.directory.verify(credentials)
    if (user) await req.directory.signIn(user, { authenticatedAt: provedAt, rememberMe: undefined })
    const path: string = safeReturnTo(req, '/home')
    res.redirect(303, path)
  })
  app.post('/account/:part', requireRecentLogin({ minutes: 10 }), async (req, res) => {
    const part: string = req.params.part
    const isConfirmed: boolean = await req.directory.confirmPassword(part)
    const user: DirectoryUser | null = await req.directory.refreshUser()
    // @ts-expect-error -- the user, not an ID
    if (!isConfirmed) await req.directory.countFailure('1')
    res.json(user)
  })
  app.get('/passport', (req, res) => {
    // What express-session and passport declare stays theirs.
    const views: number = req.session.views ?? 0
    const user: Express.User | undefined = req.user
    res.json({ views, user, isLoggedIn: req.isAuthenticated() })
  })
  app.use(renders)
  return app
}

async function main(): Promise<void> {
  const jsmith = { ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash: await hashPassword('smith', { cost: 4 }) }
  const attributes = { email: 'john@example.com' }
  const provider: DirectoryProvider = new StaticProvider({
    users: [{ ...jsmith, attributes }],
    groups: [{ ID: '2', name: 'Sales', users: ['jsmith'] }]
  })
  const directory = directoryRouter({
    provider,
    store: new LruSessionStore({ maxGuests: 10 }),
    onLogin: (user, req) => ({ cart: [`${user.userName} by ${req.method}`] })
  })
  // What a database gives: a number as the ID, null for what is absent, undefined where no row was found.
  const rows: DirectoryProvider = {
    findUser: (userName) =>
      Promise.resolve(userName === 'zoe' ? { ID: 7n, userName, fullName: null, passwordHash: null, disabled: null } : undefined)
  }
  await directoryRouter({
    provider: rows,
    store: undefined,
    session: undefined,
    rest: { cookieAlias: undefined },
    cookie: { domain: undefined }
  }).close()
  // @ts-expect-error -- a provider is required
  assert.throws(() => directoryRouter({}))
  const logins: DirectoryEvent[] = []
  directory.events.on('authn_login_success', (event) => logins.push(event))

  const server = mount(directory).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const headers = { 'username-4D': 'jsmith', 'password-4D': 'smith' }
  const login = await fetch(`${url}/rest/$directory/login`, { method: 'POST', headers })
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
  const answer: unknown = await (await fetch(`${url}/rest/cart/pen`, { headers: { cookie } })).json()

  const { passwordHash: _, ...user } = jsmith
  const stub: RequestHandler = stubDirectory({ user, groups: ['Sales'], storage: { cart: [] } })
  assert.equal(stub.length, 3)
  const opened: { cookie: string; handle: string } = await openSession(directory, user, { idleMinutes: 5, storage: { cart: ['pen'] } })
  assert.equal(await directory.sessions.end(opened.handle), true)
  assert.deepEqual(answer, { user, cart: ['jsmith by POST', 'pen'] })
  assert.equal(logins.length, 1)
  assert.ok(new DirectoryError('ERR_BODY', '') instanceof Error)
  server.closeAllConnections()
  server.close()
  await directory.close()
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
