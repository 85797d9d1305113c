import cookieParser from 'cookie-parser'
import express, { type RequestHandler } from 'express'
import expressSession from 'express-session'
import passport from 'passport'
import { Strategy as LocalStrategy } from 'passport-local'
import { describe, expect, it } from 'vitest'

import { requireUser } from '../../lib/index.js'
import { readError } from '../support/read-result.js'
import { users } from '../support/seed-directory.js'
import { type Served, serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

const json = { 'content-type': 'application/json' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }

function serveBehind(...middleware: RequestHandler[]): Promise<Served> {
  return serve({}, (app, directory) => {
    app.use(...middleware)
    app.use('/rest', directory)
  })
}

/** Who logs in by this request; `null`: nobody. */
async function whoLogsIn(url: string, body: string, headers: Record<string, string>): Promise<string | null> {
  const visitor = new Visitor(url)
  await visitor.asks('/rest/$directory/login', { method: 'POST', body, headers })
  return visitor.isKnownAs()
}

describe('behind express.json()', () => {
  it.each([json, form, { 'content-type': 'text/plain' }, {}])('takes the array, parsed already or not: %o', async (headers) => {
    const { url } = await serveBehind(express.json())

    expect(await whoLogsIn(url, '["jsmith","smith"]', headers)).toBe('jsmith')
  })

  it('takes a parsed object and an empty body for no arguments', async () => {
    const { url } = await serveBehind(express.json())

    for (const body of ['{}', '']) {
      const answer = await ask(`${url}/rest/$directory/currentUserBelongsTo`, { method: 'POST', body, headers: json })
      expect(answer.text).toBe('{"result":false}')
    }
  })

  it('takes a bare value where the host lets it through', async () => {
    const { url } = await serveBehind(express.json({ strict: false }))
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const answer = await visitor.asks('/rest/$directory/currentUserBelongsTo', { method: 'POST', body: '"Sales"', headers: json })

    expect(answer.text).toBe('{"result":true}')
  })

  it('leaves the bodies of the host to it', async () => {
    const { url } = await serve({}, (app, directory) => {
      app.use('/rest', directory)
      app.post('/rest/echo', express.json(), (req, res) => res.json(req.body))
    })

    const answer = await ask(`${url}/rest/echo`, { method: 'POST', body: '{"a":1}', headers: json })

    expect(answer.text).toBe('{"a":1}')
  })
})

describe('behind express.text() and express.raw()', () => {
  it.each([
    ['express.text()', express.text({ type: () => true })],
    ['express.raw()', express.raw({ type: () => true })]
  ])('takes what %s has read, form escapes and all', async (_name, parser) => {
    const { url } = await serveBehind(parser)

    expect(await whoLogsIn(url, '["jsmith","smith"]', json)).toBe('jsmith')
    expect(await whoLogsIn(url, '["kind user","test"]', form)).toBe('kind user')
  })
})

describe.each([true, false])('behind express.urlencoded({ extended: %s })', (extended) => {
  it('takes arrays that are called JSON, and credentials in headers', async () => {
    const { url } = await serveBehind(express.urlencoded({ extended }))

    expect(await whoLogsIn(url, '["jsmith","smith"]', json)).toBe('jsmith')
    expect(await whoLogsIn(url, 'a=b', { ...form, 'username-4D': 'jsmith', 'password-4D': 'smith' })).toBe('jsmith')
  })

  it.each(['login', 'currentUserBelongsTo'])(
    'answers %s with a 400 that names the cure where the array has been destroyed',
    async (name) => {
      const { url } = await serveBehind(express.urlencoded({ extended }))

      const answer = await ask(`${url}/rest/$directory/${name}`, { method: 'POST', body: '["jsmith","smith"]', headers: form })

      expect([answer.status, readError(answer)?.errCode]).toEqual([400, 4])
      expect(readError(answer)?.message).toMatch(/express\.urlencoded\(\).*mount the router before it/)
      expect(answer.setCookies).toEqual([])
    }
  )

  it('still answers what needs no body', async () => {
    const { url } = await serveBehind(express.urlencoded({ extended }))

    const answers = [
      await ask(`${url}/rest/$directory/currentUser`, { method: 'POST', headers: form }),
      await ask(`${url}/rest/$directory/logout`, { method: 'POST', body: 'a=b', headers: form })
    ]

    expect(answers.map(({ text }) => text)).toEqual(['{"result":null}', '{"result":true}'])
  })

  it('takes the array where the router is mounted before it, as the message says', async () => {
    const { url } = await serve({}, (app, directory) => {
      app.use('/rest', directory)
      app.use(express.urlencoded({ extended }))
    })

    expect(await whoLogsIn(url, '["jsmith","smith"]', form)).toBe('jsmith')
  })
})

describe('behind cookie-parser', () => {
  it('reads the cookie itself, so that a planted first one does not hide the valid one', async () => {
    const { url } = await serveBehind(cookieParser('secret'))
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const answer = await ask(`${url}/rest/$directory/currentUser`, {
      headers: { cookie: `WASID4D=planted; WASID4D=${visitor.sessionId ?? ''}` }
    })

    expect(answer.text).toContain('"userName":"jsmith"')
  })

  it("reads a cookie signed with the host's secret, and cookie-parser reads ours", async () => {
    const { url } = await serve({ cookie: { secrets: ['secret'] } }, (app, directory) => {
      app.use(cookieParser('secret'))
      app.use('/rest', directory)
      app.get('/rest/signed', (req, res) => res.json((req.signedCookies as Record<string, unknown>)['WASID4D']))
    })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const answer = await visitor.asks('/rest/signed')

    expect(answer.body).toBe(visitor.sessionId?.slice(2, 34))
  })
})

describe('beside express-session', () => {
  const session = () => expressSession({ secret: 'secret', resave: false, saveUninitialized: true, name: 'host' })

  it.each([
    ['in front of us', [session(), 'ours'] as const],
    ['behind us', ['ours', session()] as const]
  ])('keeps both sessions apart, ours first: %s', async (_where, order) => {
    const { url } = await serve({}, (app, directory) => {
      for (const middleware of order) app.use(middleware === 'ours' ? directory.sessionMiddleware : middleware)
      app.use('/rest', directory)
      app.get('/page', (req, res) => res.json([typeof req.session.id, 'user' in req, req.directory.user?.userName ?? null]))
    })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const { body, setCookies } = await visitor.asks('/page')

    expect(body).toEqual(['string', false, 'jsmith'])
    expect(setCookies.map((cookie) => cookie.split('=')[0])).toEqual(['WASID4D', 'host'])
  })
})

describe('beside passport', () => {
  it('signs in whom passport has recognised, and touches neither req.user nor req.session', async () => {
    const { url } = await serve({}, (app, directory) => {
      const authenticator = new passport.Passport()
      authenticator.use(
        new LocalStrategy((userName, password, done) =>
          done(null, password === 'sesame' ? users.find((user) => user.userName === userName) : false)
        )
      )
      authenticator.serializeUser((user, done) => done(null, user))
      authenticator.deserializeUser((user: Express.User, done) => done(null, user))
      app.use(expressSession({ secret: 'secret', resave: false, saveUninitialized: false, name: 'host' }))
      app.use(authenticator.initialize(), authenticator.session() as RequestHandler)
      app.use(directory.sessionMiddleware)
      app.use('/rest', directory)
      app.post(
        '/enter',
        express.urlencoded({ extended: false }),
        authenticator.authenticate('local', { session: false }) as RequestHandler,
        (req, res, next) => {
          req.directory.signIn(req.user as (typeof users)[number]).then(() => res.json(req.user), next)
        }
      )
      app.get('/private', requireUser(), (req, res) => res.json([req.directory.user?.userName, req.user ?? null]))
    })
    const visitor = new Visitor(url)
    const enter = (password: string) =>
      visitor.asks('/enter', { method: 'POST', body: `username=jsmith&password=${password}`, headers: form })

    const refused = await enter('wrong')
    const entered = await enter('sesame')

    expect([refused.status, entered.status]).toEqual([401, 200])
    expect((await visitor.asks('/private')).body).toEqual(['jsmith', null])
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })

  it('logs in through the directory while passport keeps a user of its own', async () => {
    const { url } = await serveBehind(new passport.Passport().initialize())
    const visitor = new Visitor(url)

    await visitor.logsInAs('jsmith', 'smith')

    expect(await visitor.isKnownAs()).toBe('jsmith')
  })
})
