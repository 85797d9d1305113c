import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { digest4D, type DirectoryEvent, LruSessionStore, MemoryLoginThrottle, requireUser, type RestDirectory } from '../../lib/index.js'
import { counterRoutes } from '../support/counter-routes.js'
import { users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { trustingProvider } from '../support/trusting-provider.js'
import { ask, type AskOptions, Visitor } from '../support/visitor.js'

async function audited(options: Parameters<typeof serve>[0] = {}) {
  const served = await serve(options, (app, directory) => {
    app.get('/rest/guarded', directory.sessionMiddleware, requireUser(), (_req, res) => void res.json('welcome'))
    counterRoutes()(app, directory)
  })
  const heard: DirectoryEvent[] = []
  served.directory.events.on('event', (event) => heard.push(event))
  const flow = () => heard.map(({ event, reason }) => (reason === '' ? event : `${event}: ${reason}`))
  return { ...served, heard, flow, visitor: new Visitor(served.url) }
}

describe('A16.4.1 size: of refusals that cost their sender nothing, an address', () => {
  it.each<[string, Parameters<typeof serve>[0], string, NonNullable<AskOptions['headers']>]>([
    ['guarded pages', {}, '/rest/guarded', {}],
    ['pages of another site', {}, '/rest/$directory/logout', { 'sec-fetch-site': 'cross-site' }],
    ['a full pool', { quotas: { sessions: 1 } }, '/rest/$directory/currentUser', {}]
  ])(
    'fills no audit log: %s are told twenty times a minute, and the next time how many were left out',
    async (_what, options, path, headers) => {
      const { url, visitor, heard, clock } = await audited(options)
      await visitor.logsInAs('jsmith', 'smith')
      await visitor.isKnownAs()
      heard.length = 0

      for (let time = 0; time < 25; time++) await ask(url + path, { headers })
      clock.passSeconds(60)
      await ask(url + path, { headers })

      expect(heard.map(({ omitted }) => omitted)).toEqual([...Array<number>(20).fill(0), 5])
    }
  )
})

describe('A16.3.1: the audit trail of', () => {
  it('a visit: session_created, once', async () => {
    const { visitor, flow } = await audited()

    await visitor.isKnownAs()
    await visitor.isKnownAs()

    expect(flow()).toEqual(['session_created'])
  })

  it('a first login: authn_login_success, session_created', async () => {
    const { visitor, flow } = await audited()

    await visitor.logsInAs('jsmith', 'smith')

    expect(flow()).toEqual(['authn_login_success', 'session_created'])
  })

  it("a guest's login: authn_login_success, session_renewed with both handles", async () => {
    const { visitor, heard } = await audited()
    await visitor.isKnownAs()
    const guest = heard[0]?.handle ?? ''
    heard.length = 0

    await visitor.logsInAs('jsmith', 'smith')

    expect(heard.map(({ event }) => event)).toEqual(['authn_login_success', 'session_renewed'])
    expect(heard[1]?.replaces).toBe(guest)
    expect(heard[1]?.handle).not.toBe(guest)
  })

  it('a refused login: authn_login_fail', async () => {
    const { visitor, flow } = await audited()

    await visitor.logsInAs('jsmith', 'wrong')
    await visitor.logsInAs('nobody at all', 'wrong')
    await visitor.logsInAs('jsmith', '')

    expect(flow()).toEqual([
      'authn_login_fail: wrong credentials',
      'authn_login_fail: wrong credentials',
      'authn_login_fail: empty password'
    ])
  })

  it('a logout: authn_token_revoked, once', async () => {
    const { visitor, flow, heard, url } = await audited()
    await visitor.logsInAs('jsmith', 'smith')
    const cookie = `WASID4D=${visitor.sessionId}`
    heard.length = 0

    await visitor.logsOut()
    await ask(`${url}/rest/$directory/logout`, { headers: { cookie } })

    expect(flow()).toEqual(['authn_token_revoked: logout'])
  })

  it.each([
    ['end', (directory: RestDirectory, handle: string) => directory.sessions.end(handle, { by: 'an operator' })],
    ['endUser', (directory: RestDirectory) => directory.sessions.endUser(users[0].ID, { by: 'an operator' })],
    ['endAll', (directory: RestDirectory) => directory.sessions.endAll({ by: 'an operator' })]
  ])('the end by %s: authn_token_revoked, with who did it', async (_verb, end) => {
    const { visitor, flow, heard, directory } = await audited()
    await visitor.logsInAs('jsmith', 'smith')
    const handle = heard.at(-1)?.handle ?? ''
    heard.length = 0

    await end(directory, handle)

    expect(flow()).toEqual(['authn_token_revoked: ended'])
    expect(heard[0]).toMatchObject({ handle, userID: users[0].ID, by: 'an operator' })
  })

  it('a user who comes by other means: authn_login_success, with which', async () => {
    const heard: DirectoryEvent[] = []
    const { url } = await serve({}, (app, directory) => {
      directory.events.on('event', (event) => heard.push(event))
      app.post('/callback', directory.sessionMiddleware, (req, res, next) => {
        req.directory.signIn(users[0], { by: 'OpenID Connect' }).then(() => res.end(), next)
      })
    })

    await ask(`${url}/callback`, { method: 'POST' })

    expect(heard.map(({ event, by }) => [event, by])).toEqual([
      ['authn_login_success', 'OpenID Connect'],
      ['session_created', null]
    ])
  })

  it('somebody whom mayLogIn does not let in: authn_login_fail', async () => {
    const { visitor, flow } = await audited({ mayLogIn: () => false })

    await visitor.logsInAs('jsmith', 'smith')

    expect(flow()).toEqual(['authn_login_fail: not admitted'])
  })

  it('a guest whose cookie did not go out: session_created, session_expired unsent', async () => {
    const heard: DirectoryEvent[] = []
    const { url, directory } = await serve({}, (app, ours) => {
      ours.events.on('event', (event) => heard.push(event))
      app.use('/rest', ours)
      app.get('/rest/public', (_req, res) => void res.setHeader('Cache-Control', 'public, max-age=60').json({}))
    })

    await ask(`${url}/rest/public`)

    expect(heard.map(({ event, reason }) => [event, reason])).toEqual([
      ['session_created', ''],
      ['session_expired', 'unsent']
    ])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it.each([
    ['idle', 60],
    ['absolute', 90]
  ])('an expiry: session_expired with its reason, %s', async (reason, minutes) => {
    const { visitor, flow, heard, clock, directory } = await audited({ session: { absoluteMinutes: 90 } })
    await visitor.logsInAs('jsmith', 'smith')
    heard.length = 0
    if (reason === 'absolute') {
      clock.passMinutes(45)
      await visitor.isKnownAs()
      clock.passMinutes(minutes - 45)
    } else {
      clock.passMinutes(minutes)
    }

    await directory.sessions.count()

    expect(flow()).toEqual([`session_expired: ${reason}`])
    expect(heard[0]).toMatchObject({ userName: 'jsmith', userID: users[0].ID })
  })

  it('a login that ends the oldest of its user: session_expired user-full', async () => {
    const { url, flow, heard, clock } = await audited({ quotas: { sessionsPerUser: 1 } })
    await new Visitor(url).logsInAs('jsmith', 'smith')
    clock.passSeconds(1)
    heard.length = 0

    await new Visitor(url).logsInAs('jsmith', 'smith')

    expect(flow()).toEqual(['authn_login_success', 'session_expired: user-full', 'session_created'])
  })

  it('a login that reclaims a place, and a guest who is evicted', async () => {
    const { url, flow, heard } = await audited({ quotas: { sessions: 1 } })
    await new Visitor(url).isKnownAs()
    heard.length = 0
    await new Visitor(url).logsInAs('jsmith', 'smith')
    const reclaiming = flow()

    const small = await audited({ store: new LruSessionStore({ maxGuests: 1 }) })
    await new Visitor(small.url).isKnownAs()
    await new Visitor(small.url).isKnownAs()

    expect(reclaiming).toEqual(['authn_login_success', 'session_expired: reclaimed', 'session_created'])
    expect(small.flow()).toEqual(['session_created', 'session_expired: evicted', 'session_created'])
  })

  it('a login that finds no place: authn_login_success, session_refused', async () => {
    const { url, visitor, flow, heard } = await audited({ quotas: { sessions: 1 } })
    await visitor.logsInAs('jsmith', 'smith')
    await visitor.isKnownAs()
    heard.length = 0

    await new Visitor(url).logsInAs('john', '123')

    expect(flow()).toEqual(['authn_login_success', 'session_refused'])
  })

  it('a guarded page: authz_fail, with what was asked for and without its query', async () => {
    const { visitor, flow, heard } = await audited()
    await visitor.isKnownAs()
    heard.length = 0

    await visitor.asks('/rest/guarded?token=secret')

    expect(flow()).toEqual(['authz_fail: ERR_LOGIN_REQUIRED GET /rest/guarded'])
  })

  it.each<[string, AskOptions & { readonly path: string }]>([
    ['logs in', { method: 'POST', path: '/rest/$directory/login', body: '["john","123"]' }],
    ['logs out', { path: '/rest/$directory/logout' }],
    ['posts with the cookie', { method: 'POST', path: '/rest/count' }]
  ])('a page of another site that %s: authz_fail', async (_what, { path, ...options }) => {
    const { visitor, flow, heard } = await audited()
    await visitor.logsInAs('jsmith', 'smith')
    heard.length = 0

    const { status } = await visitor.asks(`${path}?token=secret`, { ...options, headers: { 'sec-fetch-site': 'cross-site' } })

    expect(status).toBe(403)
    expect(flow()).toEqual([`authz_fail: ERR_CROSS_SITE ${options.method ?? 'GET'} ${path}`])
  })

  it('guesses: authn_login_fail_max when they have to wait, authn_login_lock when the account is locked', async () => {
    const throttle = new MemoryLoginThrottle({
      failuresPerAccountAndAddress: 2,
      failuresPerAccount: 2,
      failuresUntilLocked: 3,
      firstWaitSeconds: 1
    })
    const { visitor, flow, clock } = await audited({ provider: trustingProvider, throttle })

    await visitor.logsInAs('ann', 'first')
    await visitor.logsInAs('ann', 'second')
    await visitor.logsInAs('ann', 'third')
    clock.passMinutes(60)
    await visitor.logsInAs('ann', 'fourth')

    expect(flow()).toEqual([
      'authn_login_fail: wrong credentials',
      'authn_login_fail: wrong credentials',
      'authn_login_fail_max',
      expect.stringMatching(/^excess_rate_limit_exceeded: logins /),
      'authn_login_fail: wrong credentials',
      'authn_login_fail_max',
      'authn_login_lock'
    ])
  })
})

describe('every event', () => {
  it('says when, who, from where, with what and in which session', async () => {
    const { visitor, heard, clock } = await audited()

    await visitor.logsInAs('jsmith', 'smith', { 'user-agent': 'Spec 1.0' })
    await visitor.logsOut()

    const common = {
      time: new Date(clock.now()),
      userName: 'jsmith',
      userID: users[0].ID,
      ip: expect.stringContaining('127.0.0.1') as unknown,
      userAgent: 'Spec 1.0'
    }
    const handle = heard[1]?.handle
    expect(handle).toMatch(/^[0-9a-f]{16}$/)
    expect(heard).toMatchObject([
      { event: 'authn_login_success', level: 'INFO', ...common, handle: null },
      { event: 'session_created', level: 'INFO', ...common, handle },
      { event: 'authn_token_revoked', level: 'INFO', ...common, handle, reason: 'logout' }
    ])
  })

  it('A16.4.1: has line ends and escape codes in names and user agents escaped', async () => {
    const { visitor, heard } = await audited()

    await visitor.logsInByBody(['admin\r\n\u001b[2Jforged line', 'wrong'])

    expect(heard[0]?.userName).toBe('admin\\u000d\\u000a\\u001b[2Jforged line')
  })

  it('A16.2.5: holds no password, digest or id, whatever a client sends', async () => {
    const { url, heard } = await audited({ throttle: false, provider: trustingProvider })
    const secret = fc.string({ unit: fc.constantFrom(...Array.from('abcdefghijkmnpqrstuvwxyz23456789')), minLength: 12, maxLength: 20 })

    await fc.assert(
      fc.asyncProperty(secret, fc.constantFrom('body', 'header', 'digest', 'right'), fc.boolean(), async (password, how, isGuest) => {
        heard.length = 0
        const visitor = new Visitor(url)
        if (isGuest) await visitor.isKnownAs()
        if (how === 'body') await visitor.logsInByBody(['ann', password])
        else if (how === 'digest') await visitor.logsInWithDigest('ann', password)
        else await visitor.logsInAs('ann', how === 'right' ? 'right' : password)
        await visitor.asks('/rest/guarded')
        const ids = [visitor.firstSessionId, visitor.sessionId].filter((id) => id !== null)
        await visitor.logsOut()

        const trail = JSON.stringify(heard).toLowerCase()
        for (const hidden of [password, digest4D(password), ...ids]) expect(trail).not.toContain(hidden.toLowerCase())
        expect(heard.length).toBeGreaterThan(0)
      }),
      { numRuns: 40 }
    )
  })

  it.each<[string, string, AskOptions]>([
    ['a password without a name, in headers', '/rest/$directory/login', { method: 'POST', headers: { 'password-4D': 'smith' } }],
    ["the same on a host's page", '/rest/storage', { headers: { 'password-4D': 'smith' } }],
    ['an array without a name', '/rest/$directory/login', { method: 'POST', body: '[null,"smith"]' }],
    ['a password in a header of another name', '/rest/$directory/login', { method: 'POST', headers: { password: 'smith' } }],
    ['an empty password', '/rest/$directory/login', { method: 'POST', body: '["jsmith",""]' }],
    ['a password that is no text', '/rest/$directory/login', { method: 'POST', body: '["jsmith",{}]' }]
  ])(
    'A16.4.1 size: of refused logins that cost nothing is raised twenty times a minute, and says how many were left out: %s',
    async (_what, path, options) => {
      const { url, clock, heard } = await audited()
      const attempt = () => ask(url + path, options)

      for (let n = 0; n < 30; n++) expect((await attempt()).status).toBe(401)
      const inTheFirstMinute = heard.length
      clock.passMinutes(1)
      await attempt()

      expect(heard.map(({ event }) => event)).toEqual(Array(21).fill('authn_login_fail'))
      expect([inTheFirstMinute, heard.at(-1)?.omitted]).toEqual([20, 10])
    }
  )

  it('harms no request when its listener throws or rejects', async () => {
    const { visitor, directory } = await audited()
    const warnings: string[] = []
    const warn = (warning: Error) => void warnings.push(warning.message)
    process.on('warning', warn)
    directory.events.on('authn_login_success', () => {
      throw new Error('disk full')
    })
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- hosts do it all the same
    directory.events.on('session_created', () => Promise.reject(new Error('log server gone')))

    const { status } = await visitor.logsInAs('jsmith', 'smith')
    const user = await visitor.isKnownAs()
    process.off('warning', warn)

    expect([status, user]).toEqual([200, 'jsmith'])
    expect(warnings).toEqual([expect.stringContaining('disk full'), expect.stringContaining('log server gone')])
  })
})
