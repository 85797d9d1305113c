import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'

import { DirectoryError, type DirectoryEvent, type DirectoryUser, requireGroup, requireUser, StaticProvider } from '../../lib/index.js'
import { forwardRejection } from '../../lib/http/forward-rejection.js'
import { groups, users } from '../support/seed-directory.js'
import { listen, serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

const renderHost: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (error instanceof DirectoryError) res.status(error.status).type('html').send(`<p>${error.code}</p>`)
  else if (error instanceof Error) res.status(500).send(error.message)
  else next(error)
}

async function serveGuarded(guard: RequestHandler, errorHandler?: ErrorRequestHandler) {
  return serve({}, (app, directory) => {
    app.use('/rest', directory)
    app.get('/rest/guarded', guard, (_req, res) => res.json('in'))
    app.use(errorHandler ?? directory.errorHandler)
  })
}

describe('requireUser', () => {
  it('lets users in and turns everybody else away with 401', async () => {
    const { url } = await serveGuarded(requireUser())
    const visitor = new Visitor(url)

    const before = await visitor.asks('/rest/guarded')
    await visitor.logsInAs('jsmith', 'smith')
    const after = await visitor.asks('/rest/guarded')

    expect([before.status, before.body]).toEqual([401, { __ERROR: [expect.objectContaining({ errCode: 1, componentSignature: 'exdr' })] }])
    expect(after.text).toBe('"in"')
  })

  it('tells the audit trail whom it turned away, and from where', async () => {
    const { url, directory } = await serveGuarded(requireUser())
    const events: DirectoryEvent[] = []
    directory.events.on('authz_fail', (event) => events.push(event))

    await ask(`${url}/rest/guarded?secret=1`)

    expect(events).toEqual([expect.objectContaining({ userName: '', ip: '127.0.0.1', reason: 'ERR_LOGIN_REQUIRED GET /rest/guarded' })])
  })
})

describe('requireGroup', () => {
  it.each([
    [['Sales'], { jsmith: 200, john: 403 }],
    [['Administrators', 'Sales'], { jsmith: 200, john: 200 }],
    [['88baf858-143d-4b13-b26a-f48c7a5a7a68'], { jsmith: 200, john: 403 }],
    [['Everybody'], { jsmith: 200, john: 200 }],
    [['Nobody'], { jsmith: 403, john: 403 }]
  ])('lets members of %j in, 403 for other users and 401 for nobody', async (names, statuses) => {
    const { url } = await serveGuarded(requireGroup(...names))
    const statusOf = async (userName: string, password: string) => {
      const visitor = new Visitor(url)
      await visitor.logsInAs(userName, password)
      return (await visitor.asks('/rest/guarded')).status
    }

    expect({ jsmith: await statusOf('jsmith', 'smith'), john: await statusOf('john', '123') }).toEqual(statuses)
    expect((await ask(`${url}/rest/guarded`)).status).toBe(401)
  })

  it('asks the provider once in a request, however often the group is asked for', async () => {
    const asked: string[] = []
    const people = new StaticProvider({ users, groups })
    const provider = {
      findUser: (userName: string) => people.findUser(userName),
      belongsTo: (user: DirectoryUser, group: string) => {
        asked.push(group)
        return people.belongsTo(user, group)
      }
    }
    const { url } = await serve({ provider }, (app, directory) => {
      app.use('/rest', directory)
      app.get('/rest/guarded', requireGroup('Nobody', 'Sales'), requireGroup('Sales'), (req, res, next) => {
        Promise.all([req.directory.belongsTo('Sales'), req.directory.belongsTo('Sales')]).then((answers) => res.json(answers), next)
      })
    })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const first = await visitor.asks('/rest/guarded')
    await visitor.asks('/rest/guarded')

    expect(first.body).toEqual([true, true])
    expect(asked).toEqual(['Nobody', 'Sales', 'Nobody', 'Sales'])
  })

  it('A8.3.2: sees a change of groups on the next request', async () => {
    let isMember = true
    const people = new StaticProvider({ users })
    const { url } = await serve(
      { provider: { findUser: (userName) => people.findUser(userName), belongsTo: () => Promise.resolve(isMember) } },
      (app, directory) => {
        app.use('/rest', directory)
        app.get('/rest/guarded', requireGroup('Sales'), (_req, res) => res.json('in'))
      }
    )
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const before = await visitor.asks('/rest/guarded')
    isMember = false
    const after = await visitor.asks('/rest/guarded')

    expect([before.status, after.status]).toEqual([200, 403])
  })

  it.each([[[]], [['']], [[7]], [[['Sales']]], [[null]]])('refuses at start-up to guard for %j, and says what to write', (names) => {
    const callAsJavaScript = requireGroup as unknown as (...names: unknown[]) => unknown

    expect(() => callAsJavaScript(...names)).toThrow(/requireGroup\('Sales'\)/)
  })
})

describe('a guard', () => {
  it('lets the host render its refusal', async () => {
    const { url } = await serveGuarded(requireUser(), renderHost)

    const answer = await ask(`${url}/rest/guarded`)

    expect([answer.status, answer.headers['content-type'], answer.text]).toEqual([
      401,
      'text/html; charset=utf-8',
      '<p>ERR_LOGIN_REQUIRED</p>'
    ])
  })

  it.each([
    ['requireUser', requireUser()],
    ['requireGroup', requireGroup('Sales')]
  ])('without the session middleware in front says what to write: %s', async (name, guard) => {
    const app = express()
    app.get('/guarded', guard, (_req, res) => res.json('in'))
    app.use(renderHost)
    const { server, url } = await listen(app)
    onTestFinished(() => void server.close())

    const answer = await ask(`${url}/guarded`)

    expect(answer.status).toBe(500)
    expect(answer.text).toMatch(new RegExp(`^${name} needs the session middleware in front of it: write app\\.use\\(`))
  })

  it.each([
    ['requireUser', requireUser as unknown as RequestHandler],
    ['requireGroup', requireGroup as unknown as RequestHandler]
  ])('without its parentheses says what to write: %s', async (name, guard) => {
    const { url } = await serveGuarded(guard, renderHost)

    const answer = await ask(`${url}/rest/guarded`)

    expect(answer.status).toBe(500)
    expect(answer.text).toMatch(new RegExp(`write app\\.get\\(path, ${name}\\(`))
  })
})

describe('the session middleware on its own', () => {
  it('lets the host render its refusals', async () => {
    const { url } = await serve({}, (app, { sessionMiddleware }) => {
      app.use(sessionMiddleware)
      app.get(
        '/enter',
        forwardRejection(async (req, res) => {
          await req.directory.login({ userName: 'jsmith', password: 'smith' })
          res.json('in')
        })
      )
      app.post('/page', (_req, res) => res.json('page'))
      app.use(renderHost)
    })
    const visitor = new Visitor(url)
    await visitor.asks('/enter')

    const answer = await visitor.asks('/page', { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } })

    expect([answer.status, answer.text, answer.setCookies]).toEqual([403, '<p>ERR_CROSS_SITE</p>', []])
  })

  it('has them rendered in the format of the protocol by errorHandler, which passes other errors on', async () => {
    const { url } = await serve({}, (app, { sessionMiddleware, errorHandler }) => {
      app.use(sessionMiddleware)
      app.get('/page', requireUser())
      app.get('/broken', () => {
        throw new Error('broken')
      })
      app.use(errorHandler, renderHost)
    })

    const refused = await ask(`${url}/page`)
    const broken = await ask(`${url}/broken`)

    expect(refused.body).toEqual({ __ERROR: [{ message: 'A logged-in user is required', componentSignature: 'exdr', errCode: 1 }] })
    expect([broken.status, broken.text]).toEqual([500, 'broken'])
  })
})
