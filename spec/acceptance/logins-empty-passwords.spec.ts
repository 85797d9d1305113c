import { describe, expect, it } from 'vitest'

import { type Credentials, digest4D, type DirectoryProvider, type DirectoryRouterOptions } from '../../lib/index.js'
import { serve } from '../support/serve.js'
import { ask, type AskOptions } from '../support/visitor.js'
import { mountWithPage } from '../support/ways-to-log-in.js'

const jsmith = { ID: '1', userName: 'jsmith', fullName: 'John Smith' }
const login = '/$directory/login'
const named = { 'username-4D': 'jsmith' }
const noSession = { 'nosession-4d': 'true' }

const attempts: readonly (AskOptions & { what: string; path: string })[] = [
  { what: 'no password at all', path: login, method: 'POST', headers: named },
  { what: 'an empty password', path: login, method: 'POST', headers: { ...named, 'password-4D': '' } },
  { what: 'an empty digest', path: login, method: 'POST', headers: { ...named, 'hashed-password-4D': '' } },
  { what: 'the digest of nothing', path: login, method: 'POST', headers: { ...named, 'hashed-password-4D': digest4D('') } },
  {
    what: 'the digest of nothing sent as the password',
    path: login,
    method: 'POST',
    headers: { ...named, 'password-4D': '', 'hashed-password-4D': digest4D('') }
  },
  { what: 'a name alone in the array', path: login, method: 'POST', body: '["jsmith"]' },
  { what: 'an empty password in the array', path: login, method: 'POST', body: '["jsmith",""]' },
  { what: 'null as the password in the array', path: login, method: 'POST', body: '["jsmith",null,60]' },
  { what: 'a number as the password in the array', path: login, method: 'POST', body: '["jsmith",0]' },
  { what: "an empty password on a host's page", path: '/Page', headers: { ...named, 'password-4D': '' } },
  { what: "the digest of nothing on a host's page", path: '/Page', headers: { ...named, 'hashed-password-4D': digest4D('') } },
  { what: 'an empty password with NoSession-4D', path: '/Page', headers: { ...named, ...noSession, 'password-4D': '' } },
  { what: 'no password with NoSession-4D on login', path: login, method: 'POST', headers: { ...named, ...noSession } }
]

/** Lets everybody in, as an LDAP server does on an empty bind, and writes down who asked. */
async function serveTrusting(options: Partial<DirectoryRouterOptions> = {}) {
  const asked: Credentials[] = []
  const provider: DirectoryProvider = {
    authenticate(credentials) {
      asked.push(credentials)
      return Promise.resolve(jsmith)
    },
    belongsTo: () => Promise.resolve(false)
  }
  return { asked, ...(await serve({ provider, ...options }, mountWithPage)) }
}

async function serveFinding(options: Partial<DirectoryRouterOptions> = {}) {
  const asked: string[] = []
  const provider: DirectoryProvider = {
    findUser(userName) {
      asked.push(userName)
      return Promise.resolve({ ...jsmith, passwordHash: digest4D('') })
    },
    belongsTo: () => Promise.resolve(false)
  }
  return { asked, ...(await serve({ provider, ...options }, mountWithPage)) }
}

describe.each(attempts)('E empty passwords: $what', ({ path, ...sent }) => {
  it('never reaches a provider that would let it in', async () => {
    const { url, asked, directory } = await serveTrusting()

    const answer = await ask(`${url}/rest${path}`, sent)

    expect(answer.status).toBe(401)
    expect(asked).toEqual([])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it('never has its user looked up', async () => {
    const { url, asked } = await serveFinding()

    const answer = await ask(`${url}/rest${path}`, sent)

    expect(answer.status).toBe(401)
    expect(asked).toEqual([])
  })

  it('is for the provider to judge with allowEmptyPasswords', async () => {
    const trusting = await serveTrusting({ rest: { allowEmptyPasswords: true } })
    const finding = await serveFinding({ rest: { allowEmptyPasswords: true } })

    const statuses = [(await ask(`${trusting.url}/rest${path}`, sent)).status, (await ask(`${finding.url}/rest${path}`, sent)).status]

    expect(statuses).toEqual([200, 200])
    expect([trusting.asked.length, finding.asked.length]).toEqual([1, 1])
  })
})

describe('E empty passwords: req.directory.login', () => {
  it.each([
    ['nothing', {}],
    ['a name alone', { userName: 'jsmith' }],
    ['an empty password', { userName: 'jsmith', password: '' }],
    ['the digest of nothing', { userName: 'jsmith', hashedPassword: digest4D('') }]
  ])('never asks a provider about what a form held: %s', async (_what, fields) => {
    const asked: unknown[] = []
    const provider: DirectoryProvider = {
      authenticate(credentials) {
        asked.push(credentials)
        return Promise.resolve(jsmith)
      },
      belongsTo: () => Promise.resolve(false)
    }
    const { url } = await serve({ provider }, (app, directory) => {
      app.post('/login', directory.sessionMiddleware, (req, res, next) => {
        req.directory.login(fields as Credentials).then((user) => res.json(user), next)
      })
    })

    const answer = await ask(`${url}/login`, { method: 'POST' })

    expect([answer.status, answer.text]).toEqual([200, 'null'])
    expect(asked).toEqual([])
  })
})

describe('E empty passwords: an empty password', () => {
  it('counts for nothing in the throttle, and is an event', async () => {
    const { url, directory } = await serveFinding()
    const refused: string[] = []
    directory.events.on('event', ({ event, reason }) => refused.push(`${event}: ${reason}`))

    const statuses: number[] = []
    for (let turn = 0; turn < 20; turn++) {
      statuses.push((await ask(`${url}/rest${login}`, { method: 'POST', headers: { ...named, 'password-4D': '' } })).status)
    }

    expect(statuses).toEqual(Array(20).fill(401))
    expect(new Set(refused)).toEqual(new Set(['authn_login_fail: empty password']))
  })
})
