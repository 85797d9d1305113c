import express, { type Express, type Request } from 'express'
import { describe, expect, it } from 'vitest'

import { DirectoryError, type RestDirectory } from '../../lib/index.js'
import { readError } from '../support/read-result.js'
import { serve } from '../support/serve.js'
import { type AskOptions, Visitor } from '../support/visitor.js'

/** As applications of 4D 20 R6 and later write them. */
const datastoreFunctions = {
  async authentify(args: readonly unknown[], req: Request) {
    const [{ name, password }] = args as [{ name: string; password: string }]
    const user = await req.directory.login({ userName: name, password })
    return user === null ? 'Wrong user or password' : 'Welcome'
  },
  async logout(_args: readonly unknown[], req: Request) {
    await req.directory.logout()
  },
  whoAmI: (_args: readonly unknown[], req: Request) => req.directory.user?.userName ?? null,
  echo: (args: readonly unknown[]) => args,
  nothing: () => undefined,
  aFunction: () => () => 1,
  refuse() {
    throw new DirectoryError('ERR_GROUP_REQUIRED', 'Not for you')
  },
  async fail() {
    await Promise.reject(new Error('a defect of the host'))
  }
}

function mountWithOwnRoutes(app: Express, directory: RestDirectory): void {
  app.use('/rest', directory)
  app.use('/rest', (req, res) => {
    res.status(200).json({ hostsOwn: req.method, guest: req.directory.session?.isGuest() })
  })
  app.use((error: unknown, _req: Request, res: express.Response, next: express.NextFunction) => {
    if (res.headersSent) next(error)
    else res.status(500).json({ failed: String(error) })
  })
}

async function serveFunctions(options: Parameters<typeof serve>[0] = {}, mount = mountWithOwnRoutes) {
  const { rest, ...others } = options
  const served = await serve({ ...others, rest: { ...rest, datastoreFunctions } }, mount)
  const visitor = new Visitor(served.url)
  const call = (name: string, { body, ...more }: Omit<AskOptions, 'body'> & { body?: unknown } = {}) => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    return visitor.asks(`/rest/$catalog/${name}`, { method: 'POST', ...(text !== undefined && { body: text }), ...more })
  }
  return { ...served, visitor, call }
}

const henry = [{ name: 'jsmith', password: 'smith' }]

describe('A function of the datastore', () => {
  it('logs in by what it was given, with a new session id, and answers what it returned', async () => {
    const { visitor, call } = await serveFunctions()

    const refused = await call('authentify', { body: [{ name: 'jsmith', password: 'wrong' }] })
    const guestsId = visitor.sessionId
    const accepted = await call('authentify', { body: henry })

    expect(refused).toMatchObject({ status: 200, body: { result: 'Wrong user or password' } })
    expect(accepted).toMatchObject({
      status: 200,
      body: { result: 'Welcome' },
      headers: { 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' }
    })
    expect(visitor.sessionId).not.toBe(guestsId)
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })

  it.each(['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream', null])(
    'reads its arguments whatever the body is called: %s',
    async (type) => {
      const { call } = await serveFunctions()

      const { body } = await call('echo', { body: ['Medium', 1, null], headers: type === null ? {} : { 'content-type': type } })

      expect(body).toEqual({ result: ['Medium', 1, null] })
    }
  )

  it.each([
    [undefined, []],
    ['', []],
    ['[]', []],
    ['{}', []],
    ['"Medium"', ['Medium']],
    ['[[1],{"a":2}]', [[1], { a: 2 }]]
  ])('takes %j for the arguments %j', async (body, args) => {
    const { call } = await serveFunctions()

    expect((await call('echo', { body })).body).toEqual({ result: args })
  })

  it('reads its arguments behind express.json() as well', async () => {
    const { call } = await serveFunctions({}, (app, directory) => {
      app.use(express.json())
      mountWithOwnRoutes(app, directory)
    })

    expect((await call('echo', { body: [1], headers: { 'content-type': 'application/json' } })).body).toEqual({ result: [1] })
    expect((await call('echo', { body: [2], headers: { 'content-type': 'text/plain' } })).body).toEqual({ result: [2] })
  })

  it.each(['nothing', 'aFunction', 'logout'])('answers null where it returns nothing that JSON could hold: %s', async (name) => {
    const { call } = await serveFunctions()

    expect(await call(name)).toMatchObject({ status: 200, text: '{"result":null}' })
  })

  it.each([
    ['what is not JSON', '[1', 400, 4],
    ['what is too large', JSON.stringify(['x'.repeat(17_000)]), 413, 5]
  ])('is not called with %s', async (_what, body, status, errCode) => {
    const { call } = await serveFunctions()

    const answer = await call('echo', { body })

    expect([answer.status, readError(answer)?.errCode]).toEqual([status, errCode])
  })

  it('refuses in the format of the protocol, and leaves other failures to the host', async () => {
    const { call } = await serveFunctions()

    const [refused, failed] = [await call('refuse'), await call('fail')]

    expect(refused).toMatchObject({ status: 403, body: { __ERROR: [{ message: 'Not for you', errCode: 2 }] } })
    expect(refused.body).not.toHaveProperty('result')
    expect(failed).toMatchObject({ status: 500, body: { failed: 'Error: a defect of the host' } })
  })
})

describe('The session of a function of the datastore', () => {
  it('is the one that there is', async () => {
    const { visitor, call, directory } = await serveFunctions()
    await visitor.logsInAs('jsmith', 'smith')
    const { sessionId } = visitor

    const answer = await call('whoAmI')

    expect(answer.body).toEqual({ result: 'jsmith' })
    expect(visitor.sessionId).toBe(sessionId)
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
  })

  it('is the one of the credentials in the headers, as on any URL', async () => {
    const { call } = await serveFunctions()

    const answer = await call('whoAmI', { headers: { 'username-4D': 'jsmith', 'password-4D': 'smith' } })
    const refused = await call('whoAmI', { headers: { 'username-4D': 'john', 'password-4D': 'wrong', cookie: '' } })

    expect(answer.body).toEqual({ result: 'jsmith' })
    expect([refused.status, readError(refused)?.errCode]).toEqual([401, 1822])
  })

  it.each([
    ['a guest afterwards where it neither logged in nor out', 'echo', { signedIn: 0, guests: 1 }],
    ['none where it logged out', 'logout', { signedIn: 0, guests: 0 }],
    ['none where it refused', 'refuse', { signedIn: 0, guests: 0 }],
    ["the user's alone where it logged in, with the one licence that there is", 'authentify', { signedIn: 1, guests: 0 }]
  ])('is %s', async (_what, name, sessions) => {
    const { call, directory } = await serveFunctions({ quotas: { sessions: 1 } })

    await call(name, { body: henry })

    expect(await directory.sessions.count()).toEqual(sessions)
  })

  it('is none after it has logged the user out', async () => {
    const { visitor, call, directory } = await serveFunctions()
    await visitor.logsInAs('jsmith', 'smith')

    const answer = await call('logout')

    expect(answer.setCookies[0]).toMatch(/^WASID4D=; Max-Age=0;/)
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it('is never a guest where guests are off', async () => {
    const { call } = await serveFunctions({ session: { guests: 'never' } })

    expect((await call('echo')).setCookies).toEqual([])
  })
})

describe('A3.5.1: a function of the datastore', () => {
  it.each([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { referer: 'https://evil.example/page' }
  ])('is not called by a page of another site, whose body is not read: %j', async (headers) => {
    const { call, directory } = await serveFunctions()

    const answer = await call('authentify', { body: '[not JSON', headers })

    expect([answer.status, readError(answer)?.errCode]).toEqual([403, 3])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it('is called by a page of an allowed origin', async () => {
    const { call } = await serveFunctions({ allowedOrigins: ['https://shop.example'] })

    const answer = await call('authentify', { body: henry, headers: { origin: 'https://shop.example', 'sec-fetch-site': 'cross-site' } })

    expect(answer.body).toEqual({ result: 'Welcome' })
  })
})

describe('The URL of a function of the datastore', () => {
  it.each(['/rest/$catalog/echo', '/rest/%24catalog/echo', '/rest/$catalog/echo/', '/rest/$catalog/echo?$top=40'])(
    'may be %s',
    async (path) => {
      const { visitor } = await serveFunctions()

      expect((await visitor.asks(path, { method: 'POST' })).body).toEqual({ result: [] })
    }
  )

  it.each([
    '/rest/$catalog',
    '/rest/$catalog/Employee',
    '/rest/$catalog/Echo',
    '/rest/$catalog/constructor',
    '/rest/$catalog/__proto__',
    '/rest/$catalog/echo/1'
  ])("is the host's own where no function has that name: %s", async (path) => {
    const { visitor } = await serveFunctions()

    expect((await visitor.asks(path, { method: 'POST' })).body).toEqual({ hostsOwn: 'POST', guest: true })
  })

  it.each(['GET', 'HEAD', 'PUT', 'DELETE'])('is not asked by %s', async (method) => {
    const { call, directory } = await serveFunctions()

    const answer = await call('logout', { method })

    expect([answer.status, answer.headers['allow']]).toEqual([405, 'POST, OPTIONS'])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it('tells by OPTIONS what it takes, and opens nothing', async () => {
    const { call } = await serveFunctions()

    expect(await call('echo', { method: 'OPTIONS' })).toMatchObject({ status: 204, setCookies: [], headers: { allow: 'POST, OPTIONS' } })
  })

  it('is the same where the middleware has served the request before', async () => {
    const { call, directory } = await serveFunctions({}, (app, mounted) => {
      app.use(mounted.sessionMiddleware)
      mountWithOwnRoutes(app, mounted)
    })

    const answer = await call('authentify', { body: henry })

    expect(answer.body).toEqual({ result: 'Welcome' })
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
  })
})
