'use strict'

const assert = require('node:assert').strict
const { once } = require('node:events')

/** What every app does with the package, however it imports it: the default store and hasher, the guards, the console. */
module.exports = function visits({ describe, it }, { express, directory, sessionConsole }) {
  describe('An app that installed the package', () => {
    it('logs in over HTTP, guards its routes and logs out', async () => {
      const rest = directory.directoryRouter({ provider: await provider(directory), quotas: { sessions: 2 } })
      const app = express().use('/rest', rest)
      app.get('/rest/me', directory.requireUser(), (req, res) => void res.json(req.directory.user))
      app.get('/rest/managers', directory.requireGroup('Managers'), (req, res) => void res.json(true))
      app.use(rest.errorHandler)

      await served(app, async (url) => {
        assert.equal((await login(url, 'wrong')).status, 401)
        const { status, cookie } = await login(url, 'smith')
        assert.equal(status, 200)
        assert.match(cookie, /^WASID4D=[0-9A-F]{32}$/)
        assert.equal((await ask(`${url}/rest/me`, cookie)).body.fullName, 'John Smith')
        assert.equal((await ask(`${url}/rest/managers`, cookie)).status, 403)
        assert.deepEqual((await ask(`${url}/rest/$directory/logout`, cookie)).body, { result: true })
        const refused = await ask(`${url}/rest/me`)
        assert.equal(refused.status, 401)
        assert.equal(refused.body.__ERROR[0].errCode, 1)
      })
      await rest.close()
    })

    it('shows the session console, with all that its page is made of', async () => {
      const rest = directory.directoryRouter({ provider: await provider(directory) })
      const app = express()
        .use('/rest', rest)
        .use('/console', sessionConsole(rest, { group: 'Sales' }))

      await served(app, async (url) => {
        const { cookie } = await login(url, 'smith')
        const { status, text } = await ask(`${url}/console/`, cookie)
        assert.equal(status, 200)
        assert.match(text, /<script/)
        assert.match(text, /<style/)
      })
      await rest.close()
    })
  })
}

/** The same over the stores that processes share, where the servers are there. */
module.exports.shared = function shared({ describe, it }, packages) {
  const { directory, RedisSessionStore, RedisLoginThrottle, PostgresSessionStore, postgresSchema, createClient, Redis, pg } = packages
  const { REDIS_URL, POSTGRES_URL } = process.env
  const name = `consumer_${process.pid}`

  describe('Two processes of an app', () => {
    if (REDIS_URL) {
      it('share sessions through redis', async () => {
        const client = createClient({ url: REDIS_URL })
        await client.connect()
        const throttle = () => new RedisLoginThrottle({ client, prefix: `${name}:throttle:` })
        await share(packages.express, directory, () => new RedisSessionStore({ client, prefix: `${name}:redis:` }), throttle)
        await client.close()
      })

      it('share sessions through ioredis', async () => {
        const client = new Redis(REDIS_URL)
        const throttle = () => new RedisLoginThrottle({ client, prefix: `${name}:io-throttle:` })
        await share(packages.express, directory, () => new RedisSessionStore({ client, prefix: `${name}:ioredis:` }), throttle)
        await client.quit()
      })
    }
    if (POSTGRES_URL) {
      it('share sessions through pg', async () => {
        const pool = new pg.Pool({ connectionString: POSTGRES_URL })
        await pool.query(postgresSchema(name))
        await share(
          packages.express,
          directory,
          () => new PostgresSessionStore({ pool, schema: name }),
          () => undefined
        )
        await pool.end()
      })
    }
  })
}

/** An app's own tests, which are logged in. */
module.exports.tested = function tested({ describe, it }, { express, directory, openSession, stubDirectory, supertest }) {
  const user = { ID: '12F169764253481E89F0E4EA8C1D791A', userName: 'jsmith', fullName: 'John Smith' }

  /** The app's routes, behind whichever middleware. */
  function pages(middleware) {
    const app = express().use(middleware)
    app.get('/me', directory.requireUser(), (req, res) => void res.json(req.directory.user.userName))
    app.get('/sales', directory.requireGroup('Sales'), (req, res) => void res.json(true))
    return app
  }

  describe('The tests of an app', () => {
    it('are logged in by openSession, as a supertest agent', async () => {
      const rest = directory.directoryRouter({ provider: await provider(directory) })
      const { cookie, handle } = await openSession(rest, user)
      const agent = supertest.agent(pages(rest.sessionMiddleware)).set('Cookie', cookie)

      await agent.get('/me').expect(200, '"jsmith"')
      await agent.get('/sales').expect(200, 'true')
      assert.equal(await rest.sessions.end(handle), true)
      await agent.get('/me').expect(401)
      await rest.close()
    })

    it('stand a user before the guards by stubDirectory', async () => {
      const app = pages(stubDirectory({ user, groups: ['Sales'] }))

      await supertest(app).get('/me').expect(200, '"jsmith"')
      await supertest(app).get('/sales').expect(200, 'true')
      await supertest(pages(stubDirectory({ user })))
        .get('/sales')
        .expect(403)
      await supertest(pages(stubDirectory({ user: null })))
        .get('/sales')
        .expect(401)
    })
  })
}

async function share(express, directory, createStore, createThrottle) {
  const users = await provider(directory)
  const open = () => directory.directoryRouter({ provider: users, store: createStore(), throttle: createThrottle() })
  const [one, other] = [open(), open()]
  await served(express().use('/rest', one).use('/other', other), async (url) => {
    const { status, cookie } = await login(url, 'smith')
    assert.equal(status, 200)
    assert.equal((await ask(`${url}/other/$directory/currentUser`, cookie)).body.result.userName, 'jsmith')
  })
  await one.close()
  await other.close()
}

async function provider({ StaticProvider, hashPassword }) {
  const passwordHash = await hashPassword('smith', { cost: 4 })
  const users = [{ ID: '12F169764253481E89F0E4EA8C1D791A', userName: 'jsmith', fullName: 'John Smith', passwordHash }]
  return new StaticProvider({ users, groups: [{ ID: '1', name: 'Sales', users: ['jsmith'] }] })
}

async function served(app, visit) {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await visit(`http://127.0.0.1:${server.address().port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function login(url, password) {
  const headers = { 'username-4D': 'jsmith', 'password-4D': password }
  const response = await fetch(`${url}/rest/$directory/login`, { method: 'POST', headers })
  await response.text()
  return { status: response.status, cookie: (response.headers.get('set-cookie') ?? '').split(';')[0] }
}

async function ask(url, cookie = '') {
  const response = await fetch(url, { headers: { cookie } })
  const text = await response.text()
  const isJSON = (response.headers.get('content-type') ?? '').includes('json')
  return { status: response.status, text, body: isJSON ? JSON.parse(text) : null }
}
