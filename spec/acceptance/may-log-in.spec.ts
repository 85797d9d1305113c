import express, { type Express } from 'express'
import { describe, expect, it } from 'vitest'

import {
  type Credentials,
  type DirectoryEvent,
  type DirectoryProvider,
  type DirectoryRouterOptions,
  type MayLogIn,
  MemoryLoginThrottle,
  type RestDirectory,
  StaticProvider
} from '../../lib/index.js'
import { sessionConsole } from '../../lib/console.js'
import { forwardRejection } from '../../lib/http/forward-rejection.js'
import { groups, users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { type Answer, ask, Visitor } from '../support/visitor.js'
import { mountWithPage, waysToLogIn } from '../support/ways-to-log-in.js'

const [jsmith] = users
const right = { userName: 'jsmith', password: 'smith' }

/** The site's own pages beside what clients of 4D send. */
function mountSite(app: Express, directory: RestDirectory): void {
  mountWithPage(app, directory)
  app.use('/console', sessionConsole(directory, { group: 'Sales' }))
  app.use('/own', directory.sessionMiddleware, express.json())
  app.post(
    '/own/:way',
    forwardRejection(async (req, res) => {
      const credentials = req.body as Credentials
      if (req.params['way'] === 'login') res.status((await req.directory.login(credentials)) ? 200 : 401)
      else if (req.params['way'] === 'verify') await req.directory.verify(credentials)
      else await req.directory.signIn(jsmith)
      res.end()
    })
  )
  app.use(directory.errorHandler)
}

/** Every way in, and what the host is told of it. */
const ways: readonly (readonly [way: string, by: string, enter: (url: string) => Promise<Answer>])[] = [
  ...waysToLogIn.map(({ way, answersResult, send }) => {
    return [way, answersResult ? 'endpoint' : 'header', (url: string) => send(url, 'jsmith', 'smith')] as const
  }),
  ['req.directory.login', 'login', (url) => post(`${url}/own/login`, right)],
  ['req.directory.signIn', 'signIn', (url) => post(`${url}/own/sign-in`, {})],
  ["the console's form", 'login', (url) => sendForm(`${url}/console`, 'user=jsmith&password=smith')]
]

function post(url: string, body: object): Promise<Answer> {
  return ask(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
}

function sendForm(url: string, body: string): Promise<Answer> {
  return ask(url, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body })
}

async function serveSite(options: Partial<DirectoryRouterOptions>) {
  const served = await serve(options, mountSite)
  const events: DirectoryEvent[] = []
  served.directory.events.on('event', (event) => events.push(event))
  return { ...served, events, flow: () => events.map(({ event }) => event) }
}

describe.each(ways)('mayLogIn, for %s,', (_way, by, enter) => {
  it('is asked once, of the user and with the request, before anything opens and before the login is told of', async () => {
    const asked: unknown[] = []
    const site = await serveSite({
      async mayLogIn(user, { req, by: way }) {
        asked.push([user.ID, req.method, way, site.flow(), await site.directory.sessions.count()])
        return true
      }
    })

    await enter(site.url)

    expect(asked).toEqual([[jsmith.ID, expect.stringMatching(/GET|POST/), by, [], { signedIn: 0, guests: 0 }]])
    expect(site.flow()[0]).toBe('authn_login_success')
    expect(site.events[0]?.by).toBe(by)
  })

  it('keeps out whom it refuses: no session, no cookie, and a refused login in the audit trail', async () => {
    const { url, directory, flow } = await serveSite({ mayLogIn: () => false })

    const { setCookies } = await enter(url)

    expect([setCookies, flow()]).toEqual([[], ['authn_login_fail']])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })
})

describe.each(waysToLogIn)('By $way, whom mayLogIn refuses', ({ send }) => {
  it('A6.3.8: gets the answer of a wrong password', async () => {
    const [refused, wrong] = await Promise.all(
      ['smith', 'wrong'].map(async (password) => {
        const { url } = await serve({ mayLogIn: () => false }, mountWithPage)
        const { status, text, setCookies, headers } = await send(url, 'jsmith', password)
        return { status, text, setCookies, headers: { ...headers, date: '' } }
      })
    )

    expect(refused).toEqual(wrong)
    expect(refused?.status).toBe(401)
  })
})

describe('mayLogIn', () => {
  it('is not asked by a first step, and of nobody whose password is wrong', async () => {
    const asked: unknown[] = []
    const { url } = await serveSite({ mayLogIn: ({ ID }) => asked.push(ID) > 0 })

    await post(`${url}/own/verify`, right)
    await new Visitor(url).logsInAs('jsmith', 'wrong')
    await new Visitor(url).logsInAs('nobody', 'smith')

    expect(asked).toEqual([])
  })

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['1', 1],
    ['0', 0],
    ["'true'", 'true'],
    ["'false'", 'false'],
    ["''", ''],
    ['an object', {}],
    ['a promise of undefined', Promise.resolve()],
    ['a promise of 1', Promise.resolve(1)],
    ['new Boolean(true)', Object(true)]
  ])('that answers %s has decided nothing: 503, with its cause, and nobody is let in', async (_what, answer) => {
    const { url, directory, events } = await serveSite({ mayLogIn: (() => answer) as MayLogIn, throttle: new MemoryLoginThrottle() })

    const statuses = await Promise.all([
      new Visitor(url).logsInAs('jsmith', 'smith'),
      post(`${url}/own/login`, right),
      post(`${url}/own/sign-in`, {})
    ])

    expect(statuses.map(({ status, headers }) => [status, headers['retry-after']])).toEqual(Array(3).fill([503, '1']))
    expect(new Set(events.map(({ event, reason }) => `${event} ${reason}`))).toEqual(new Set(['sys_degraded mayLogIn failed']))
    expect(events[0]?.cause).toBeInstanceOf(TypeError)
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it.each<[string, MayLogIn]>([
    [
      'throws',
      () => {
        throw new Error('out of order')
      }
    ],
    ['rejects', () => Promise.reject(new Error('out of order'))],
    ['never answers', () => new Promise(() => undefined)]
  ])('that %s has decided nothing, within the deadline of the provider, and counts for nothing', async (_what, mayLogIn) => {
    let isWell = false
    const throttle = new MemoryLoginThrottle({ failuresPerAccountAndAddress: 1, failuresPerAccount: 1 })
    const { url } = await serveSite({
      mayLogIn: (user, attempt) => isWell || mayLogIn(user, attempt),
      providerTimeoutMilliseconds: 20,
      throttle
    })

    const failed = await new Visitor(url).logsInAs('jsmith', 'smith')
    isWell = true

    expect([failed.status, (await new Visitor(url).logsInAs('jsmith', 'smith')).status]).toEqual([503, 200])
  })

  it('that says no makes a failure that counts: the address stays unknown, and the hash as it is', async () => {
    const written: string[] = []
    const people = new StaticProvider({ users, groups })
    const provider: DirectoryProvider = {
      findUser: (userName) => people.findUser(userName),
      updatePasswordHash: (_user, passwordHash) => Promise.resolve(void written.push(passwordHash))
    }
    const throttle = new MemoryLoginThrottle({ failuresPerAccountAndAddress: 3, failuresPerAccount: 3 })
    const { url } = await serve({ provider, throttle, mayLogIn: () => false })
    const visitor = new Visitor(url)

    const answers = [1, 2, 3, 4].map(() => () => visitor.logsInAs('jsmith', 'smith'))
    const statuses: number[] = []
    for (const answer of answers) statuses.push((await answer()).status)

    expect(statuses).toEqual([401, 401, 401, 429])
    expect(written).toEqual([])
  })
})
