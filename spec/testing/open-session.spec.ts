import supertest from 'supertest'
import { afterEach, describe, expect, it, vi } from 'vitest'

import { BcryptPool, LruSessionStore, requireUser } from '../../lib/index.js'
import { openSession } from '../../lib/testing.js'
import { expectWarnings } from '../support/quiet-warnings.js'
import { users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { isDown, StoreWithFaults } from '../support/store-with-faults.js'

expectWarnings('EXPRESS_4D_DIRECTORY_PLAIN_HTTP')

const [jsmith, , john] = users

/** A site's own page, which tells its user and what the session holds. */
const servePage = (options: Parameters<typeof serve>[0] = {}) =>
  serve(options, (app, directory) => {
    app.get('/me', directory.sessionMiddleware, requireUser(), (req, res) => {
      const { user, session } = req.directory
      res.json({ ID: user?.ID, attributes: user?.attributes, session })
    })
    app.use('/rest', directory)
    app.use(directory.errorHandler)
  })

afterEach(() => {
  vi.unstubAllEnvs()
  vi.resetModules()
})

describe('openSession', () => {
  it("logs a user in for supertest, whose agents go on by the answers' cookies", async () => {
    const { app, directory } = await servePage()
    const { cookie, handle } = await openSession(directory, jsmith)
    const agent = supertest.agent(app).set('Cookie', cookie)

    const { body } = (await agent.get('/me').expect(200)) as { body: unknown }

    expect(body).toMatchObject({ ID: jsmith.ID, session: { handle, userName: 'jsmith', idleMinutes: 60 } })
    await agent.get('/rest/$directory/logout').expect(200, { result: true })
    await supertest(app).get('/me').set('Cookie', cookie).expect(401)
  })

  it('hashes nothing, and asks neither mayLogIn nor onLogin', async () => {
    const passwords = new BcryptPool({ threads: 1 })
    const asked = vi.fn(() => false)
    const { app, directory } = await servePage({ passwords, mayLogIn: asked, onLogin: () => void asked() })
    const verify = vi.spyOn(passwords, 'verify')

    const { cookie } = await openSession(directory, jsmith)

    await supertest(app).get('/me').set('Cookie', cookie).expect(200)
    expect([asked.mock.calls, verify.mock.calls]).toEqual([[], []])
    await passwords.close()
  })

  it.each([
    ['a name of its own', { name: 'sid' }, /^sid=[0-9A-F]{32}$/],
    ['a signature', { secrets: ['a secret that is long enough'] }, /^WASID4D=s:[0-9A-F]{32}\..+$/],
    ['a prefix', { name: '__Host-sid', secure: true }, /^__Host-sid=[0-9A-F]{32}$/]
  ] as const)('gives a cookie with %s where the directory does', async (_what, options, form) => {
    const { app, directory } = await servePage({ cookie: options })

    const { cookie } = await openSession(directory, jsmith)

    expect(cookie).toMatch(form)
    await supertest(app).get('/me').set('Cookie', cookie).expect(200)
  })

  it('opens the session that the options say', async () => {
    const { app, directory, clock } = await servePage()
    const authenticatedAt = new Date(clock.now() - 3_600_000)

    const { cookie } = await openSession(directory, jsmith, { idleMinutes: 5, authenticatedAt, storage: { cart: ['apple'] } })

    const { body } = (await supertest(app).get('/me').set('Cookie', cookie)) as { body: unknown }
    expect(body).toMatchObject({
      session: { idleMinutes: 5, authenticatedAt: authenticatedAt.toISOString(), storage: { cart: ['apple'] } }
    })
    clock.passMinutes(5)
    await supertest(app).get('/me').set('Cookie', cookie).expect(401)
  })

  it('knows the attributes of its user, and takes IDs as databases have them', async () => {
    const { app, directory } = await servePage({ provider: { findUser: () => Promise.resolve(null) } })
    const user = { ID: 17, userName: 'anna', attributes: { email: 'anna@example.com' } as object }

    const { cookie } = await openSession(directory, user)

    await supertest(app)
      .get('/me')
      .set('Cookie', cookie)
      .expect(({ body }) => expect(body).toMatchObject({ ID: '17', attributes: { email: 'anna@example.com' } }))
  })

  it('ends with the provider that does not know its user', async () => {
    const { app, directory } = await servePage()
    const { cookie } = await openSession(directory, { ID: '99', userName: 'nobody' })

    await supertest(app).get('/me').set('Cookie', cookie).expect(401)
  })

  it('keeps to the quotas', async () => {
    const { directory } = await servePage({ quotas: { sessions: 1 }, session: { guests: 'never' } })
    await openSession(directory, jsmith)

    await expect(openSession(directory, john)).rejects.toMatchObject({ code: 'ERR_SESSIONS_FULL' })
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
  })

  it('tells by its events that a session was created, and of no login', async () => {
    const { directory } = await servePage()
    const told: string[] = []
    directory.events.on('event', ({ event, handle }) => void told.push(`${event} ${handle ?? ''}`))

    const { handle } = await openSession(directory, jsmith)

    expect(told).toEqual([`session_created ${handle}`])
  })

  it('rejects with 503 where the store is down', async () => {
    const store = new StoreWithFaults(new LruSessionStore())
    store.fault('create', isDown)
    const { directory } = await servePage({ store })

    await expect(openSession(directory, jsmith)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  })

  it('opens sessions of a directory that another copy of the package has made', async () => {
    const { app, directory } = await servePage()
    vi.resetModules()
    const other = await import('../../lib/testing.js')

    const { cookie } = await other.openSession(directory, jsmith)

    expect(other.openSession).not.toBe(openSession)
    await supertest(app).get('/me').set('Cookie', cookie).expect(200)
  })

  it('refuses under NODE_ENV=production', async () => {
    const { directory } = await servePage()
    vi.stubEnv('NODE_ENV', 'production')

    await expect(openSession(directory, jsmith)).rejects.toThrow('openSession is for tests')
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it.each([
    [
      'something else than a directory',
      ({ sessionMiddleware }) => openSession(sessionMiddleware as never, jsmith),
      /takes what directoryRouter/
    ],
    ['no user', (directory) => openSession(directory, null as never), /openSession: the user must be an object/],
    ['a user without an ID', (directory) => openSession(directory, { userName: 'anna' } as never), /openSession: ID must be/],
    ['an unknown option', (directory) => openSession(directory, jsmith, { idleMinuets: 5 } as object), /Unknown option idleMinuets/],
    ['a session longer than any may be', (directory) => openSession(directory, jsmith, { idleMinutes: 1e6 }), /idleMinutes must be/],
    ['a storage that JSON cannot hold', (directory) => openSession(directory, jsmith, { storage: { at: 1n } as object }), /storage\.at/]
  ] satisfies [string, (directory: Parameters<typeof openSession>[0]) => Promise<unknown>, RegExp][])(
    'says what is wrong with %s',
    async (_what, open, message) => {
      const { directory } = await servePage()

      await expect(open(directory)).rejects.toThrow(message)
      await expect(open(directory)).rejects.toBeInstanceOf(TypeError)
    }
  )

  it('is nothing that a look at the directory shows', async () => {
    const { directory } = await servePage()

    expect(Object.keys(directory).join()).not.toMatch(/open/i)
    expect(Object.getOwnPropertySymbols({ ...directory })).toEqual([])
  })
})
