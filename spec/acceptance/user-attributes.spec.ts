import { describe, expect, it } from 'vitest'

import { type DirectoryProvider, type DirectoryUser, StaticProvider } from '../../lib/index.js'
import { digest4D } from '../../lib/passwords/digest-4d.js'
import { serve } from '../support/serve.js'
import { readResult } from '../support/read-result.js'
import { Visitor } from '../support/visitor.js'

const attributes = { email: 'john@example.com' }
const john = { ID: '7', userName: 'jsmith', fullName: 'John Smith', attributes }
const record = { ...john, passwordHash: digest4D('smith') }

/** Every way in which a provider gives a user. */
const providers: readonly (readonly [string, DirectoryProvider])[] = [
  ['StaticProvider', new StaticProvider({ users: [record] })],
  ['findUser', { findUser: () => Promise.resolve(record) }],
  ['findUser and findUserByID', { findUser: () => Promise.resolve(record), findUserByID: () => Promise.resolve(record) }],
  ['authenticate', { authenticate: () => Promise.resolve(john) }]
]

/** What a host's own merging of `UserAttributes` says: `spec/package` tries that. */
function emailOf(user: DirectoryUser | null): string | undefined {
  return (user?.attributes as { email?: string } | undefined)?.email
}

async function serveWith(provider: DirectoryProvider) {
  return serve({ provider }, (app, directory) => {
    app.use('/rest', directory)
    app.post('/rest/sign-in', async (req, res) => {
      await req.directory.signIn(john)
      res.json(req.directory.user)
    })
    app.get('/rest/email', (req, res) => res.json([emailOf(req.directory.user)]))
    app.get('/rest/me', (req, res) =>
      res.json({ user: req.directory.user, logged: JSON.stringify(req.directory), keys: Object.keys(req.directory.user ?? {}) })
    )
  })
}

describe('The attributes of a user', () => {
  it.each(providers)('given by %s are there for the host after the login, and on no wire', async (_way, provider) => {
    const { url } = await serveWith(provider)
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const [email, me, currentUser] = [
      await visitor.asks('/rest/email'),
      await visitor.asks('/rest/me'),
      await visitor.asks('/rest/$directory/currentUser')
    ]

    expect(email.body).toEqual(['john@example.com'])
    expect(me.body).toMatchObject({ user: { ID: '7', userName: 'jsmith', fullName: 'John Smith' }, keys: ['ID', 'userName', 'fullName'] })
    expect(`${me.text} ${currentUser.text}`).not.toContain('john@example.com')
  })

  it('given to signIn are kept with the session where the provider finds nobody by ID', async () => {
    const { url } = await serveWith({ findUser: () => Promise.resolve(null) })
    const visitor = new Visitor(url)

    const signedIn = await visitor.asks('/rest/sign-in', { method: 'POST' })

    expect(signedIn.text).not.toContain('john@example.com')
    expect((await visitor.asks('/rest/email')).body).toEqual(['john@example.com'])
  })

  it('are those that findUserByID finds, where there is one', async () => {
    let email = 'john@example.com'
    const found = () => Promise.resolve({ ...record, attributes: { email } })
    const { url, clock } = await serveWith({ findUser: found, findUserByID: found })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    email = 'new@example.com'
    clock.passSeconds(61)

    expect((await visitor.asks('/rest/email')).body).toEqual(['new@example.com'])
  })
})

describe('A provider over a database', () => {
  it('logs in users by number, without a full name, and is asked by the digits', async () => {
    const asked: unknown[] = []
    const row = { ID: 7, userName: 'jsmith', fullName: null, passwordHash: digest4D('smith'), disabled: null, credentialsChangedAt: null }
    const provider: DirectoryProvider = {
      findUser: (userName) => Promise.resolve(userName === 'jsmith' ? row : undefined),
      findUserByID: (ID) => {
        asked.push(ID)
        return Promise.resolve(row)
      },
      belongsTo: ({ ID }: DirectoryUser) => {
        asked.push(ID)
        return Promise.resolve(true)
      }
    }
    const { url } = await serve({ provider })
    const visitor = new Visitor(url)

    const stranger = await new Visitor(url).logsInAs('nobody', 'smith')
    await visitor.logsInAs('jsmith', 'smith')
    const user = await visitor.asks('/rest/$directory/currentUser')
    await visitor.asks('/rest/$directory/currentUserBelongsTo', { method: 'POST', body: '["Sales"]' })

    expect(stranger.status).toBe(401)
    expect(readResult(user)).toEqual({ userName: 'jsmith', fullName: 'jsmith', ID: '7' })
    expect(new Set(asked)).toEqual(new Set(['7']))
  })
})
