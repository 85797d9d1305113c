import { describe, expect, it } from 'vitest'

import { sessionConsole } from '../../lib/console.js'
import { type DirectoryEvent, StaticProvider } from '../../lib/index.js'
import { collect } from '../support/collect.js'
import { groups, users } from '../support/seed-directory.js'
import { Operator, serveConsole } from '../support/serve-console.js'
import { serve } from '../support/serve.js'
import { isDown, StoreWithFaults } from '../support/store-with-faults.js'
import { Visitor } from '../support/visitor.js'

const actions = ['end', 'end-user', 'end-others', 'unlock', 'logout'] as const
const guardedActions = ['end', 'end-user', 'end-others', 'unlock'] as const

function problemIn({ text }: { readonly text: string }): string | undefined {
  return /id="problem">([^<]*)</.exec(text)?.[1]
}

describe('who may use the session console', () => {
  it('shows a login form to whoever is not logged in, and opens no session for it', async () => {
    const { url, directory } = await serveConsole()

    const answer = await new Operator(url).opensConsole()

    expect(answer.status).toBe(401)
    expect(answer.text).toContain('name="password"')
    expect(answer.setCookies).toEqual([])
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
  })

  it('stays reachable when every licence is taken', async () => {
    const { url, operator } = await serveConsole({ quotas: { sessions: 2 } })
    await new Visitor(url).logsInAs('jsmith', 'smith')

    const answer = await new Operator(url).opensConsole()
    const console = await operator.opensConsole()

    expect(answer.status).toBe(401)
    expect(console.status).toBe(200)
  })

  it('logs a member of the group in by its form, and leads back to its own address', async () => {
    const { url } = await serveConsole()
    const operator = new Operator(url)

    const login = await operator.sendsLoginForm({ user: 'john', password: '123' })
    const page = await operator.opensConsole()

    expect(login.status).toBe(303)
    expect(login.headers['location']).toBe('?')
    expect(page.status).toBe(200)
    expect(page.text).toContain('Live sessions')
  })

  it('says no more than that the name or the password is wrong', async () => {
    const { url } = await serveConsole()
    const operator = new Operator(url)

    const wrong = await operator.triesToLogIn({ user: 'john', password: 'wrong' })
    const unknown = await operator.triesToLogIn({ user: 'nobody', password: 'wrong' })

    expect([wrong.status, unknown.status]).toEqual([401, 401])
    expect(problemIn(wrong)).toBe('The user name or the password is wrong.')
    expect(problemIn(unknown)).toBe(problemIn(wrong))
    expect(operator.sessionId).toBeNull()
  })

  it('leads back to the form after each attempt, so that Back and Reload send no password again, and names nobody in the URL', async () => {
    const { url } = await serveConsole()
    const operator = new Operator(url)

    const answers = [
      await operator.sendsLoginForm({ user: 'john', password: 'wrong' }),
      await operator.sendsLoginForm({ user: 'john', password: '' }),
      await operator.sendsLoginForm({ user: 'john', password: '123' })
    ]

    expect(answers.map(({ status, headers }) => [status, headers['location']])).toEqual([
      [303, '?problem=wrong'],
      [303, '?problem=incomplete'],
      [303, '?']
    ])
  })

  it('shows how long a throttled login has to wait', async () => {
    const { url } = await serveConsole()
    const operator = new Operator(url)
    for (let turn = 0; turn < 10; turn++) await operator.sendsLoginForm({ user: 'john', password: `guess ${turn}` })

    const answer = await operator.triesToLogIn({ user: 'john', password: '123' })

    expect(problemIn(answer)).toBe('Too many failed logins. Try again in 30 s.')
  })

  it('says so where no licence is left, and where logins cannot be checked', async () => {
    const provider = new StaticProvider({ users, groups })
    let isDown = false
    const findUser = (name: string) => (isDown ? Promise.reject(new Error('gone')) : provider.findUser(name))
    const { url, operator } = await serveConsole({
      provider: { findUser, belongsTo: (user, group) => provider.belongsTo(user, group) },
      quotas: { signedInSessions: 1 }
    })
    await operator.opensConsole()
    const other = new Operator(url)

    const full = await other.triesToLogIn({ user: 'john', password: '123' })
    isDown = true
    const unavailable = await other.triesToLogIn({ user: 'john', password: '123' })

    expect([problemIn(full), problemIn(unavailable)]).toEqual([
      'All licences are in use.',
      'Logins cannot be checked at the moment. Try again in 1 s.'
    ])
  })

  it('says what went wrong to a stranger as well, who is logged in as somebody else', async () => {
    const { url } = await serveConsole()
    const stranger = new Operator(url)
    await stranger.logsInAs('jsmith', 'smith')

    const answer = await stranger.triesToLogIn({ user: 'john', password: 'wrong' })

    expect(answer.status).toBe(403)
    expect(problemIn(answer)).toBe('The user name or the password is wrong.')
  })

  it.each(['?problem=constructor', '?problem=%3Cb%3E', '?problem=wrong&problem=full', '?wait=9'])(
    'has no words of others in the form, whoever made the URL %s',
    async (query) => {
      const { url } = await serveConsole()

      const answer = await new Operator(url).asks(`/console${query}`)

      expect(problemIn(answer)).toBeUndefined()
    }
  )

  it('says to whoever is not in the group that it is not for them, and tells the audit trail', async () => {
    const { url, directory } = await serveConsole()
    const operator = new Operator(url)
    await operator.logsInAs('jsmith', 'smith')
    const events: DirectoryEvent[] = []
    directory.events.on('authz_fail', (event) => events.push(event))

    const answer = await operator.opensConsole()

    expect(answer.status).toBe(403)
    expect(answer.text).toContain('members of the group <b>Administrators</b>')
    expect(answer.text).not.toContain('Live sessions')
    expect(events.map(({ userName }) => userName)).toEqual(['jsmith'])
  })

  it.each(guardedActions)('refuses %s with 401 for nobody and 403 for a stranger, and nothing happens', async (action) => {
    const { url, directory, operator } = await serveConsole()
    const stranger = new Operator(url)
    await stranger.logsInAs('jsmith', 'smith')
    const [session] = await collect(directory.sessions.list({ userID: users[2].ID }))
    const body = { handle: session?.handle, userID: users[2].ID, account: users[2].ID }

    const nobody = await new Operator(url).does(action, body)
    const refused = await stranger.does(action, body)

    expect([nobody.status, refused.status]).toEqual([401, 403])
    expect(refused.body).toMatchObject({ error: { code: 'ERR_GROUP_REQUIRED' } })
    expect(await operator.isKnownAs()).toBe('john')
  })

  it('opens the stream for members alone', async () => {
    const { url } = await serveConsole()
    const stranger = new Operator(url)
    await stranger.logsInAs('jsmith', 'smith')

    const forNobody = await new Operator(url).watches()
    const forStranger = await stranger.watches()

    expect([forNobody.status, forStranger.status]).toEqual([401, 403])
  })

  it('answers 503, and no login form, while the store does not answer', async () => {
    const store = new StoreWithFaults()
    const { operator } = await serveConsole({ store })
    store.fault('resume', isDown)

    const answer = await operator.opensConsole()

    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toBeDefined()
    expect(answer.text).not.toContain('name="password"')
    expect(answer.setCookies).toEqual([])
  })
})

describe('cross-site requests to the session console', () => {
  const judged = [
    ['Fetch Metadata says cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['Fetch Metadata says same-site', { 'sec-fetch-site': 'same-site' }],
    ['the Origin is another host, without Fetch Metadata', { origin: 'http://evil.example' }],
    ['the Origin is null, without Fetch Metadata', { origin: 'null' }],
    ['the Referer is another host, without the rest', { referer: 'http://evil.example/page' }]
  ] as const

  describe.each(judged)('where %s', (_, headers) => {
    it.each(actions)('refuses %s, and nothing happens', async (action) => {
      const { url, operator, directory } = await serveConsole()
      const other = new Visitor(url)
      await other.logsInAs('jsmith', 'smith')
      const [session] = await collect(directory.sessions.list({ userID: users[0].ID }))

      const answer = await operator.does(action, { handle: session?.handle, userID: users[0].ID, account: users[0].ID }, headers)

      expect(answer.status).toBe(403)
      expect(answer.body).toMatchObject({ error: { code: 'ERR_CROSS_SITE' } })
      expect([await other.isKnownAs(), await operator.isKnownAs()]).toEqual(['jsmith', 'john'])
    })

    it('refuses the login form', async () => {
      const { url } = await serveConsole()
      const operator = new Operator(url)

      const answer = await operator.sendsLoginForm({ user: 'john', password: '123' }, headers)

      expect(answer.status).toBe(403)
      expect(operator.sessionId).toBeNull()
    })
  })

  it('serves an origin that is allowed', async () => {
    const { operator } = await serveConsole({ allowedOrigins: ['https://admin.example'] })

    const answer = await operator.does('end-others', {}, { origin: 'https://admin.example', 'sec-fetch-site': 'cross-site' })

    expect(answer.status).toBe(200)
  })

  it('does not take a plain form for a command', async () => {
    const { operator } = await serveConsole()

    const answer = await operator.does('end-user', { userID: users[0].ID }, { 'content-type': 'text/plain' })

    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ error: { code: 'ERR_BODY' } })
  })
})

describe('what sessionConsole is given', () => {
  it('refuses what is no directory, and a group that is missing, with the cure', async () => {
    const { directory } = await serveConsole({ provider: new StaticProvider({ users, groups }) })

    expect(() => sessionConsole({} as never, { group: 'Administrators' })).toThrow(/what directoryRouter returned/)
    expect(() => sessionConsole(directory, {} as never)).toThrow(/group must be the name or ID.*received undefined/)
    expect(() => sessionConsole(directory, { group: '' })).toThrow(/received ''/)
  })

  it('refuses a directory whose provider knows no groups, since nobody could ever come in', async () => {
    const people = new StaticProvider({ users, groups })
    const { directory } = await serve({ provider: { findUser: (userName) => people.findUser(userName) } })

    expect(() => sessionConsole(directory, { group: 'Administrators' })).toThrow(TypeError)
    expect(() => sessionConsole(directory, { group: 'Administrators' })).toThrow(
      'give the provider of directoryRouter a function belongsTo'
    )
  })
})
