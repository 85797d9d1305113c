import express, { type Request, type RequestHandler, type Response } from 'express'
import supertest from 'supertest'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { DirectoryError, requireGroup, requireRecentLogin, requireUser } from '../../lib/index.js'
import { stubDirectory } from '../../lib/testing.js'
import { users } from '../support/seed-directory.js'

const [jsmith, , john] = users

/** The request of a handler that is called by itself. */
function servedBy(stub: RequestHandler, next = vi.fn()): Request {
  const req: object = {}
  stub(req as Request, {} as object as Response, next)
  return req as Request
}

/** A host's routes, as its unit test mounts them. */
function appBehind(stub: RequestHandler): express.Express {
  const app = express()
  app.use(stub)
  app.get('/me', requireUser(), (req, res) => void res.json({ user: req.directory.user, attributes: req.directory.user?.attributes }))
  app.get('/sales', requireGroup('Sales', 'Managers'), (_req, res) => void res.json(true))
  app.get('/recent', requireRecentLogin({ minutes: 10 }), (_req, res) => void res.json(true))
  app.post('/count', async (req, res) => {
    res.json(await req.directory.session?.update((storage) => void (storage.count = (storage.count ?? 0) + 1)))
  })
  app.post('/switch', async (req, res) => {
    await req.directory.signIn(john)
    res.json(req.directory.user)
  })
  app.post('/logout', async (req, res) => {
    const before = req.directory.session
    await req.directory.logout()
    res.json({ user: req.directory.user, session: req.directory.session, lives: await before?.isLive() })
  })
  app.get('/session', (req, res) => void res.json(req.directory.session))
  app.use(((error: unknown, _req, res, next) => {
    if (error instanceof DirectoryError) res.status(error.status).json(error.code)
    else next(error)
  }) satisfies express.ErrorRequestHandler)
  return app
}

afterEach(() => {
  vi.unstubAllEnvs()
  vi.resetModules()
})

describe('stubDirectory', () => {
  it('lets a user through the guards, in any case of a group that the user is in', async () => {
    const app = appBehind(stubDirectory({ user: { ...jsmith, attributes: { email: 'j@example.com' } }, groups: ['SALES'] }))

    const { body } = (await supertest(app).get('/me').expect(200)) as { body: unknown }

    expect(body).toEqual({
      user: { ID: jsmith.ID, userName: 'jsmith', fullName: 'John Smith' },
      attributes: { email: 'j@example.com' }
    })
    await supertest(app).get('/sales').expect(200)
  })

  it.each([
    ['nobody', stubDirectory(), 401, 'ERR_LOGIN_REQUIRED'],
    ['nobody, said so', stubDirectory({ user: null, groups: ['Sales'] }), 401, 'ERR_LOGIN_REQUIRED'],
    ['a user in no group', stubDirectory({ user: jsmith }), 403, 'ERR_GROUP_REQUIRED'],
    ['a user in another group', stubDirectory({ user: jsmith, groups: ['Sale'] }), 403, 'ERR_GROUP_REQUIRED']
  ])('has a guard refuse %s', async (_who, stub, status, code) => {
    await supertest(appBehind(stub)).get('/sales').expect(status, JSON.stringify(code))
  })

  it.each([
    ['eleven minutes ago', 11, 401, 'ERR_LOGIN_TOO_OLD'],
    ['nine minutes ago', 9, 200, true]
  ])('has requireRecentLogin judge a login of %s', async (_when, minutes, status, answer) => {
    const app = appBehind(stubDirectory({ user: jsmith, authenticatedAt: new Date(Date.now() - minutes * 60_000) }))

    await supertest(app).get('/recent').expect(status, JSON.stringify(answer))
  })

  it('serves a handler that is called without an app, at once', () => {
    const next = vi.fn()

    const req = servedBy(stubDirectory({ user: jsmith }), next)
    requireUser()(req, req as object as Response, next)

    expect(next.mock.calls).toEqual([[], []])
    expect(req.directory.user?.userName).toBe('jsmith')
  })

  it('keeps what the visitor stores from one request to the next, from what it began with', async () => {
    const app = appBehind(stubDirectory({ user: jsmith, storage: { count: 4 } }))

    await supertest(app).post('/count').expect(200, { count: 5 })
    await supertest(app).post('/count').expect(200, { count: 6 })

    await supertest(appBehind(stubDirectory({ user: jsmith })))
      .post('/count')
      .expect(200, { count: 1 })
  })

  it('has a session as the visitor of a page has one', async () => {
    const authenticatedAt = new Date('2026-01-01')
    const [ofNobody, ofUser] = await Promise.all(
      [stubDirectory(), stubDirectory({ user: jsmith, authenticatedAt })].map((stub) => supertest(appBehind(stub)).get('/session'))
    )

    expect(ofNobody?.body).toMatchObject({ handle: '', userName: '', authenticatedAt: null, storage: {} })
    expect(ofUser?.body).toMatchObject({ handle: 'stub', userName: 'jsmith', authenticatedAt: authenticatedAt.toISOString() })
  })

  it('takes another user in, who finds nothing of the one before', async () => {
    const agent = supertest(appBehind(stubDirectory({ user: jsmith, storage: { count: 4 } })))

    await agent.post('/switch').expect(200)

    await agent.get('/me').expect(({ body }) => expect(body).toMatchObject({ user: { userName: 'john' } }))
    await agent.post('/count').expect(200, { count: 1 })
  })

  it('logs out for this request and the next, which is a guest', async () => {
    const agent = supertest(appBehind(stubDirectory({ user: jsmith, storage: { count: 4 } })))

    await agent.post('/logout').expect(200, { user: null, session: null, lives: false })

    await agent.get('/me').expect(401)
    await agent.post('/count').expect(200, { count: 1 })
  })

  it('refuses a storage as the real session does', async () => {
    const req = servedBy(stubDirectory({ user: jsmith }))

    await expect(req.directory.session?.update((storage) => void Object.assign(storage, { at: 1n }))).rejects.toThrow(/storage\.at/)
  })

  it('says of a login that there are no passwords', async () => {
    const req = servedBy(stubDirectory({ user: jsmith }))

    await expect(req.directory.login({ userName: 'jsmith', password: 'smith' })).rejects.toThrow('stubDirectory knows no passwords')
  })

  it('has no password to confirm where nobody is logged in, as the real one', async () => {
    const { directory } = servedBy(stubDirectory())

    expect(await directory.confirmPassword('smith')).toBe(false)
  })

  it('counts the wrong second factor of a user, and of nothing else', async () => {
    const { directory } = servedBy(stubDirectory())

    await expect(directory.countFailure(jsmith)).resolves.toBeUndefined()
    await expect(directory.countFailure({ userName: 'jsmith' } as never)).rejects.toThrow(TypeError)
  })

  it('is known by the guards of another copy of the package', async () => {
    vi.resetModules()
    const other = await import('../../lib/testing.js')

    await supertest(appBehind(other.stubDirectory({ user: jsmith, groups: ['Sales'] })))
      .get('/sales')
      .expect(200)
  })

  it('refuses under NODE_ENV=production', () => {
    vi.stubEnv('NODE_ENV', 'production')

    expect(() => stubDirectory({ user: jsmith })).toThrow('stubDirectory is for tests')
  })

  it.each([
    ['a user without a name', { user: { ID: '1' } }, /stubDirectory: userName must be/],
    ['groups that are no array', { user: jsmith, groups: 'Sales' }, /groups must be an array/],
    ['an unknown option', { users: [jsmith] }, /Unknown option users/]
  ])('says what is wrong with %s', (_what, options, message) => {
    expect(() => stubDirectory(options as object)).toThrow(message)
    expect(() => stubDirectory(options as object)).toThrow(TypeError)
  })
})
