import { createRequire } from 'node:module'
import { ServerResponse } from 'node:http'

import type { Express, Request, RequestHandler } from 'express'
import { describe, expect, it } from 'vitest'

import { collect } from '../support/collect.js'
import { users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { ask } from '../support/visitor.js'

const [jsmith] = users
const expressOf = createRequire(__filename) as (copy: string) => () => Express

const signIn: RequestHandler = async (req, res) => {
  await req.directory.signIn(jsmith)
  res.json(req.directory.user?.userName)
}

const signedIn = [200, 'jsmith', [expect.stringMatching(/^WASID4D=[0-9A-F]{32}; /)]]

async function visit(url: string): Promise<readonly unknown[]> {
  const { status, body, setCookies } = await ask(url)
  return [status, body, setCookies]
}

describe('an app that another app calls as a function', () => {
  // Express gives requests and answers the prototypes of the app that is called: of its own copy, where that is another.
  it.each(['express', 'express4'])('signs in by a middleware that both have, the other being of %s', async (copy) => {
    const { url } = await serve({}, (app, { sessionMiddleware }) => {
      const called = expressOf(copy)().use(sessionMiddleware).get('/', signIn)
      app.use(sessionMiddleware, (req, res, next) => void called(req, res, next))
    })

    expect(await visit(url)).toEqual(signedIn)
  })
})

describe('a request that inherits from the one of Express', () => {
  it('signs in, from the address that its app trusts', async () => {
    const { directory, url } = await serve({}, (app, { sessionMiddleware }) => {
      app.set('trust proxy', 1)
      app.use((req, res, next) => {
        const derived = Object.create(req) as typeof req
        sessionMiddleware(derived, res, () => void signIn(derived, res, next))
      })
    })

    const { setCookies } = await ask(url, { headers: { 'x-forwarded-for': '192.0.2.7' } })

    expect(setCookies).toHaveLength(1)
    expect((await collect(directory.sessions.list())).map(({ ip }) => ip)).toEqual(['192.0.2.7'])
  })
})

describe('an app with members of its own', () => {
  it('signs in where its answers write their headers in their own way', async () => {
    const { url } = await serve({}, (app, { sessionMiddleware }) => {
      Object.assign(app.response, { writeHead: Object.getOwnPropertyDescriptor(ServerResponse.prototype, 'writeHead')?.value as unknown })
      app.get('/', sessionMiddleware, signIn)
    })

    expect(await visit(url)).toEqual(signedIn)
  })

  it.each<[string, PropertyDescriptor]>([
    ['a value', { value: 'theirs', configurable: true }],
    ['a getter', { get: () => 'theirs', configurable: true }]
  ])('signs in where its requests have a directory by %s', async (_how, descriptor) => {
    const { url } = await serve({}, (app, { sessionMiddleware }) => {
      Object.defineProperty(app.request, 'directory', descriptor)
      app.get('/', sessionMiddleware, signIn)
    })

    expect(await visit(url)).toEqual(signedIn)
  })
})

describe('a request that a test has made by hand', () => {
  it.each([
    ['from the address that Express tells', { ip: '192.0.2.7', secure: true }, '192.0.2.7'],
    ['from no address, where there is no app', {}, '']
  ])('signs in %s', async (_where, members, ip) => {
    const { app, directory } = await serve()
    const req = Object.create(null) as Request
    Object.assign(req, { headers: {}, method: 'GET', url: '/' }, 'ip' in members ? { app, ...members } : {})
    const res = new ServerResponse(req)

    await new Promise((resolve) => directory.sessionMiddleware(req, res, resolve))
    await req.directory.signIn(jsmith)
    res.writeHead(200)

    expect(res.getHeader('set-cookie')).toHaveLength(1)
    expect((await collect(directory.sessions.list())).map((session) => session.ip)).toEqual([ip])
  })
})
