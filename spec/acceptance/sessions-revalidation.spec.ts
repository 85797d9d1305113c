import { describe, expect, it } from 'vitest'

import { type DirectoryProvider, requireGroup, StaticProvider, type UserRecord } from '../../lib/index.js'
import { counterRoutes } from '../support/counter-routes.js'
import { groups, users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { Visitor } from '../support/visitor.js'

const jsmith: UserRecord = users[0]
type Member = 'findUser' | 'findUserByID' | 'authenticate' | 'belongsTo'

/** The seeds' people in a provider whose members can be made to answer something else. */
function changeableProvider() {
  const seeds = new StaticProvider({ users, groups })
  const answers = new Map<string, () => unknown>()
  let lookUps = 0
  const provider = {
    findUser: (userName: string) => (answers.get('findUser')?.() ?? seeds.findUser(userName)) as Promise<UserRecord | null>,
    belongsTo: (user: UserRecord, group: string) => (answers.get('belongsTo')?.() ?? seeds.belongsTo(user, group)) as Promise<boolean>,
    findUserByID: (ID: string) => {
      lookUps += 1
      return (answers.get('findUserByID')?.() ?? seeds.findUserByID(ID)) as Promise<UserRecord | null>
    }
  }
  return {
    provider: provider as DirectoryProvider,
    lookUps: () => lookUps,
    answer: (member: Member, answer: (() => unknown) | null) => (answer === null ? answers.delete(member) : answers.set(member, answer))
  }
}

async function signedIn() {
  const { provider, lookUps, answer } = changeableProvider()
  const served = await serve({ provider, providerTimeoutMilliseconds: 20 }, counterRoutes())
  const visitor = new Visitor(served.url)
  await visitor.logsInAs('jsmith', 'smith')
  await visitor.isKnownAs()
  return { ...served, visitor, lookUps, answer }
}

describe('A7.4.2: a session whose user the provider reports', () => {
  it.each<[string, (now: number) => UserRecord | null]>([
    ['gone', () => null],
    ['disabled', () => ({ ...jsmith, disabled: true })],
    ['to have other credentials since', (now) => ({ ...jsmith, credentialsChangedAt: new Date(now) })]
  ])("%s is a guest's at the first request after revalidateSeconds", async (_what, record) => {
    const { visitor, clock, answer, directory } = await signedIn()
    const revoked: string[] = []
    directory.events.on('authn_token_revoked', ({ userName, reason }) => revoked.push(`${userName} ${reason}`))
    clock.passMilliseconds(59_999)
    answer('findUserByID', () => Promise.resolve(record(clock.now())))
    expect(await visitor.isKnownAs()).toBe('jsmith')

    clock.passMilliseconds(1)

    expect(await visitor.isKnownAs()).toBeNull()
    expect(revoked).toEqual(['jsmith revalidation'])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 1 })
  })

  it('to have other credentials can be had back by a new login', async () => {
    const { visitor, clock, answer } = await signedIn()
    clock.passMinutes(2)
    const changed = { ...jsmith, credentialsChangedAt: new Date(clock.now() - 1) }
    answer('findUserByID', () => Promise.resolve(changed))
    expect(await visitor.isKnownAs()).toBeNull()

    await visitor.logsInAs('jsmith', 'smith')

    expect(await visitor.isKnownAs()).toBe('jsmith')
  })

  it.each<[string, UserRecord | null]>([
    ['gone', null],
    ['disabled', { ...jsmith, disabled: true }]
  ])('%s by mistake can be had back at once, without waiting for revalidateSeconds', async (_what, record) => {
    const { visitor, clock, answer } = await signedIn()
    clock.passMinutes(2)
    answer('findUserByID', () => Promise.resolve(record))
    expect(await visitor.isKnownAs()).toBeNull()
    answer('findUserByID', null)

    await visitor.logsInAs('jsmith', 'smith')

    expect(await visitor.isKnownAs()).toBe('jsmith')
  })
})

describe('revalidation', () => {
  it('asks at most every revalidateSeconds per user, over all sessions and requests', async () => {
    const { url, visitor, clock, lookUps } = await signedIn()
    const second = new Visitor(url)
    await second.logsInAs('jsmith', 'smith')
    await second.isKnownAs()
    const before = lookUps()

    clock.passSeconds(60)
    await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? visitor : second).isKnownAs()))

    expect(lookUps() - before).toBe(1)
  })

  it.each<[string, () => unknown]>([
    ['is down', () => Promise.reject(new Error('connect ECONNREFUSED'))],
    ['is slow', () => new Promise(() => undefined)],
    ['answers nonsense', () => Promise.resolve({ name: 'jsmith' })]
  ])(
    'that fails since the provider %s goes on for ten intervals with an event, then is 503 with the cookie kept, and recovers',
    async (_how, failing) => {
      const { visitor, clock, answer, directory } = await signedIn()
      const before = visitor.sessionId
      const reasons: string[] = []
      directory.events.on('sys_degraded', ({ reason }) => reasons.push(reason))
      answer('findUserByID', failing)

      clock.passMinutes(10)
      expect(await visitor.isKnownAs()).toBe('jsmith')
      expect(reasons.at(-1)).toBe('revalidation failed')
      clock.passMilliseconds(1)
      const { status, headers, body, setCookies } = await visitor.asks('/rest/$directory/currentUser')

      expect([status, headers['retry-after']]).toEqual([503, '1'])
      expect(body).toMatchObject({ __ERROR: [{ errCode: 11 }] })
      expect(setCookies).toEqual([])
      answer('findUserByID', null)
      clock.passSeconds(1)
      expect(await visitor.isKnownAs()).toBe('jsmith')
      expect(visitor.sessionId).toBe(before)
    }
  )
})

describe('A16.5.2: a provider', () => {
  const failures: [string, () => unknown][] = [
    ['is down', () => Promise.reject(new Error('connect ECONNREFUSED'))],
    [
      'throws',
      () => {
        throw new Error('not connected')
      }
    ],
    ['is slow', () => new Promise(() => undefined)],
    ['answers nonsense', () => Promise.resolve('yes')]
  ]

  it.each(failures)(
    'that %s when its groups are asked for gives 503 that names the member, with the cookie kept',
    async (_how, failing) => {
      const { visitor, answer } = await signedIn()
      const before = visitor.sessionId
      answer('belongsTo', failing)

      const { status, headers, body } = await visitor.asks('/rest/$directory/currentUserBelongsTo', { method: 'POST', body: '["Sales"]' })
      answer('belongsTo', null)

      expect([status, headers['retry-after']]).toEqual([503, '1'])
      expect(body).toMatchObject({
        result: false,
        __ERROR: [{ errCode: 11, message: expect.stringContaining('provider.belongsTo') as unknown }]
      })
      expect(visitor.sessionId).toBe(before)
      expect(await visitor.isKnownAs()).toBe('jsmith')
    }
  )

  it.each(failures)('that %s at a login logs nobody in and out: 503 that names the member, with the cookie kept', async (_how, failing) => {
    const { visitor, answer, directory } = await signedIn()
    const before = visitor.sessionId
    answer('findUser', failing)

    const { status, headers, body } = await visitor.logsInAs('john', '123')

    expect([status, headers['retry-after']]).toEqual([503, '1'])
    expect(body).toMatchObject({
      result: false,
      __ERROR: [{ errCode: 11, message: expect.stringContaining('provider.findUser') as unknown }]
    })
    expect(visitor.sessionId).toBe(before)
    expect(await visitor.isKnownAs()).toBe('jsmith')
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
  })

  it.each(failures)('that checks credentials itself and %s logs nobody in, and opens nothing', async (_how, failing) => {
    const provider = { authenticate: failing, belongsTo: () => Promise.resolve(false) } as DirectoryProvider
    const { url, directory } = await serve({ provider, providerTimeoutMilliseconds: 20 })

    const { status, body, setCookies } = await new Visitor(url).logsInAs('jsmith', 'smith')

    expect([status, setCookies]).toEqual([503, []])
    expect(body).toMatchObject({
      result: false,
      __ERROR: [{ errCode: 11, message: expect.stringContaining('provider.authenticate') as unknown }]
    })
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })
})

describe('A8.3.2: a change of groups', () => {
  it('shows on the next request, and is asked for once in each', async () => {
    let isMember = true
    let asked = 0
    const provider: DirectoryProvider = {
      findUser: () => Promise.resolve(jsmith),
      belongsTo: () => {
        asked += 1
        return Promise.resolve(isMember)
      }
    }
    const { url } = await serve({ provider }, (app, directory) => {
      app.use('/rest', directory)
      app.get('/rest/sales', requireGroup('Sales'), requireGroup('Sales'), (_req, res) => void res.json('welcome'))
      app.use(directory.errorHandler)
    })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    expect((await visitor.asks('/rest/sales')).status).toBe(200)
    expect(asked).toBe(1)

    isMember = false

    expect((await visitor.asks('/rest/sales')).status).toBe(403)
  })
})

describe('revalidateSeconds: 0', () => {
  it('serves whom the provider has just found, on a clock that goes on with each look at it', async () => {
    const { provider } = changeableProvider()
    let now = Date.UTC(2026, 0, 1)
    const { url } = await serve({ provider, revalidateSeconds: 0, now: () => (now += 1) })
    const visitor = new Visitor(url)

    await visitor.logsInAs('jsmith', 'smith')

    expect([await visitor.isKnownAs(), await visitor.isKnownAs()]).toEqual(['jsmith', 'jsmith'])
  })
})
