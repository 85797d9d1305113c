import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Express } from 'express'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'

import { digest4D, DirectoryFileProvider, type DirectoryEvent, type RestDirectory, StaticProvider } from '../../lib/index.js'
import { readError } from '../support/read-result.js'
import { groups, users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

/** The seeds' people, whose provider admits guests or not, as it is told. */
class ChangeableProvider extends StaticProvider {
  admitsGuests = false

  constructor() {
    super({ users, groups })
  }
}

type Options = Parameters<typeof serve>[0]

/** A page at /page and data at /rest/Employee, as hosts have them. */
function mountWithPage(app: Express, directory: RestDirectory): void {
  app.get('/page', directory.sessionMiddleware, (req, res) => {
    res.json({ user: req.directory.user?.userName ?? null, session: req.directory.session })
  })
  app.use('/rest', directory)
  app.get('/rest/Employee', (_req, res) => {
    res.json({ __entityModel: 'Employee' })
  })
}

async function serveNamedOnly(options: Options = {}) {
  const provider = new ChangeableProvider()
  const served = await serve({ provider, ...options }, mountWithPage)
  return { ...served, provider, visitor: new Visitor(served.url) }
}

const refusedLogin = { status: 401, body: { result: false }, setCookies: [] }

describe('A directory that does not admit guests', () => {
  it.each([
    ['nothing at all', {}],
    ['an empty array as body', { body: '[]' }],
    ['an empty object as body', { body: '{}', headers: { 'content-type': 'application/json' } }],
    ['empty headers', { headers: { 'username-4D': '', 'password-4D': '' } }],
    ['an array without names', { body: '["",""]' }]
  ])('refuses a login of nobody, with %s, and opens no session', async (_what, sent) => {
    const { url, directory } = await serveNamedOnly()

    expect(await ask(`${url}/rest/$directory/login`, { method: 'POST', ...sent })).toMatchObject(refusedLogin)
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it.each([
    ['GET', '/rest/$directory/currentUser', {}],
    ['POST', '/rest/%24directory/currentUser/?$top=40', {}],
    ['POST', '/rest/$directory/currentUserBelongsTo', { result: false }],
    ['GET', '/rest/Employee', {}],
    ['GET', '/rest/whatever', {}]
  ])('refuses %s %s without a session as 4D does', async (method, path, result) => {
    const { url, directory } = await serveNamedOnly()

    const answer = await ask(url + path, { method })

    expect(answer).toMatchObject({ status: 401, headers: { '4d-credentials': '1.0', 'cache-control': 'no-store' }, setCookies: [] })
    expect(answer.body).toEqual({ ...result, __ERROR: [{ message: 'REST login failed', componentSignature: 'dbmg', errCode: 1822 }] })
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it.each<Options>([{ session: { guests: 'on-write' } }, { session: { guests: 'never' } }, { rest: { headerLogin: 'login-only' } }])(
    'refuses them under %j too',
    async (options) => {
      const { url } = await serveNamedOnly(options)

      expect(readError(await ask(`${url}/rest/$directory/currentUser`))?.errCode).toBe(1822)
      expect(await ask(`${url}/rest/$directory/login`, { method: 'POST' })).toMatchObject(refusedLogin)
    }
  )

  it('serves whoever logs in, by the endpoint, in headers of any request, and without a session', async () => {
    const { url, visitor } = await serveNamedOnly()
    const headers = { 'username-4D': 'jsmith', 'password-4D': 'smith' }

    await visitor.logsInAs('jsmith', 'smith')
    const statuses = [
      await visitor.asks('/rest/Employee'),
      await ask(`${url}/rest/Employee`, { headers }),
      await ask(`${url}/rest/Employee`, { headers: { ...headers, 'nosession-4D': 'true' } }),
      await ask(`${url}/rest/Employee`, { headers: { 'nosession-4D': 'true' } })
    ].map(({ status }) => status)

    expect(statuses).toEqual([200, 200, 200, 401])
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })

  it('leaves a session that lives as it is at a login of nobody', async () => {
    const { visitor } = await serveNamedOnly()
    await visitor.logsInAs('jsmith', 'smith')

    const answer = await visitor.asks('/rest/$directory/login', { method: 'POST' })

    expect(answer).toMatchObject({ status: 200, body: { result: true } })
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })

  it('logs out whoever is logged in, and answers true to whoever is not', async () => {
    const { visitor } = await serveNamedOnly()
    await visitor.logsInAs('jsmith', 'smith')

    const answers = [await visitor.logsOut(), await visitor.logsOut()]

    expect(answers.map(({ status, body }) => [status, body])).toEqual([
      [200, { result: true }],
      [200, { result: true }]
    ])
    expect((await visitor.asks('/rest/$directory/currentUser')).status).toBe(401)
  })

  it.each([
    ['PUT', '/rest/$directory/currentUser', 405],
    ['HEAD', '/rest/$directory/login', 405],
    ['GET', '/rest/$directory/nothing', 404],
    ['GET', '/rest/$directory/%E0%A4%A', 400],
    ['OPTIONS', '/rest/$directory/currentUser', 204]
  ])('answers %s %s as ever: %i', async (method, path, status) => {
    const { url } = await serveNamedOnly()

    expect((await ask(url + path, { method })).status).toBe(status)
  })

  it("lets a preflight through to the host's own routes", async () => {
    const { url } = await serveNamedOnly()

    expect((await ask(`${url}/rest/Employee`, { method: 'OPTIONS' })).status).not.toBe(401)
  })

  it('serves pages through the middleware on its own, with no session that could open', async () => {
    const { url } = await serveNamedOnly()

    expect(await ask(`${url}/page`)).toMatchObject({ status: 200, body: { user: null, session: null }, setCookies: [] })
  })

  it('lets a function of the datastore log in, and opens no guest beside it', async () => {
    const { visitor, directory } = await serveNamedOnly({
      rest: {
        datastoreFunctions: {
          async authentify([userName, password], req) {
            return (await req.directory.login({ userName: String(userName), password: String(password) })) !== null
          }
        }
      }
    })
    const call = (args: unknown) => visitor.asks('/rest/$catalog/authentify', { method: 'POST', body: JSON.stringify(args) })

    const wrong = await call(['jsmith', 'wrong'])
    const guests = await directory.sessions.count()
    const right = await call(['jsmith', 'smith'])

    expect(wrong).toMatchObject({ status: 200, body: { result: false }, setCookies: [] })
    expect(guests).toEqual({ signedIn: 0, guests: 0 })
    expect(right).toMatchObject({ status: 200, body: { result: true } })
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })

  it('ends the sessions of guests that it admitted before, at their next request, and no others', async () => {
    const { provider, visitor, url, directory } = await serveNamedOnly()
    const other = new Visitor(url)
    const ended: DirectoryEvent[] = []
    directory.events.on('authn_token_revoked', (event) => ended.push(event))
    provider.admitsGuests = true
    await visitor.isKnownAs()
    await other.logsInAs('jsmith', 'smith')

    provider.admitsGuests = false
    const answer = await visitor.asks('/rest/$directory/currentUser')

    expect(readError(answer)?.errCode).toBe(1822)
    expect(ended.map(({ userID, reason }) => ({ userID, reason }))).toEqual([{ userID: null, reason: 'revalidation' }])
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
    expect(await other.isKnownAs()).toBe('jsmith')
  })

  it('tells of whom it refuses', async () => {
    const { url, directory } = await serveNamedOnly()
    const told: string[] = []
    directory.events.on('event', ({ event, reason }) => told.push(`${event}: ${reason}`))

    await ask(`${url}/rest/Employee`)
    await ask(`${url}/rest/$directory/login`, { method: 'POST' })

    expect(told).toEqual([
      'authz_fail: ERR_LOGIN_FAILED GET /rest/Employee',
      'authn_login_fail: there is no user name, and nobody is admitted without one'
    ])
  })

  it('is unavailable, and nobody is let in, where the provider answers neither true nor false', async () => {
    const { provider, url } = await serveNamedOnly()
    Object.assign(provider, { admitsGuests: 'yes' })

    const statuses = [
      await ask(`${url}/rest/$directory/currentUser`),
      await ask(`${url}/rest/$directory/login`, { method: 'POST' }),
      await ask(`${url}/rest/Employee`)
    ].map(({ status }) => status)

    expect(statuses).toEqual([503, 503, 503])
  })
})

describe('A directory.json with a REST group', () => {
  let folder: string
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'admits-guests-'))))
  afterAll(() => rm(folder, { recursive: true }))

  const project = (restGroup?: string) =>
    JSON.stringify({
      users: { designer: { alias: 'Boss', password: digest4D('pass') }, other: { password: digest4D('pass') } },
      groups: { Office: { users: ['Boss'] } },
      settings: restGroup === undefined ? {} : { localMobileAccessGroupRW: restGroup }
    })

  async function serveFile(content: string, watch = false) {
    const path = join(folder, 'directory.json')
    await writeFile(path, content)
    const provider = await DirectoryFileProvider.open(path, { watch })
    onTestFinished(() => provider.close())
    const served = await serve({ provider }, mountWithPage)
    return { ...served, path, provider, visitor: new Visitor(served.url) }
  }

  it('lets in the members of the group alone', async () => {
    const { visitor } = await serveFile(project('Office'))

    const statuses = [
      await visitor.asks('/rest/Employee'),
      await visitor.logsInAs('other', 'pass'),
      await visitor.asks('/rest/Employee'),
      await visitor.logsInAs('Boss', 'pass'),
      await visitor.asks('/rest/Employee')
    ].map(({ status }) => status)

    expect(statuses).toEqual([401, 401, 401, 200, 200])
  })

  it('lets guests in where every user may use REST', async () => {
    const { url } = await serveFile(project('*'))

    expect((await ask(`${url}/rest/Employee`)).status).toBe(200)
  })

  it('ends the guests of before when the group is set while it is watched', async () => {
    const { path, provider, visitor } = await serveFile(project(), true)
    await visitor.isKnownAs()
    const reloaded = new Promise((resolve) => provider.events.once('reloaded', resolve))

    await writeFile(path, project('Office'))
    await reloaded

    expect((await visitor.asks('/rest/Employee')).status).toBe(401)
    expect((await visitor.asks('/page')).body).toEqual({ user: null, session: null })
  })
})
