import { describe, expect, it, vi } from 'vitest'

import { BcryptPool, type DirectoryStatistics, LruSessionStore, type PasswordHasher, StaticProvider } from '../lib/index.js'
import { isDown, StoreWithFaults } from './support/store-with-faults.js'
import { groups, users } from './support/seed-directory.js'
import { serve } from './support/serve.js'
import { Visitor } from './support/visitor.js'

const people = new StaticProvider({ users, groups })

describe('directory.statistics()', () => {
  it('tells how many sessions of each kind there are, and the quotas', async () => {
    const { url, directory } = await serve({ quotas: { sessions: 25, sessionsPerUser: 2 } })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    await visitor.isKnownAs()
    await new Visitor(url).logsInAs('john', '123')
    await new Visitor(url).isKnownAs()

    const { sessions, quotas } = await directory.statistics()

    expect(sessions).toEqual({ signedIn: 2, guests: 1, unconfirmed: { signedIn: 1, guests: 1 } })
    expect(quotas).toEqual({
      sessions: 25,
      guestSessions: Infinity,
      signedInSessions: Infinity,
      sessionsPerUser: 2,
      whenUserIsFull: 'end-oldest'
    })
  })

  it('counts logins by what became of them', async () => {
    const { url, directory, clock } = await serve({ quotas: { signedInSessions: 1 }, mayLogIn: ({ userName }) => userName !== 'kind user' })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    await visitor.isKnownAs()
    await new Visitor(url).logsInAs('kind user', 'test')
    for (let turn = 0; turn < 11; turn++) await new Visitor(url).logsInAs('nobody', `guess ${turn}`)
    await new Visitor(url).logsInAs('john', '123')
    await new Visitor(url).logsInAs('john', '123', { 'sec-fetch-site': 'cross-site' })
    await new Visitor(url).asks('/rest/$directory/login', { method: 'POST', headers: { 'password-4D': 'without a name' } })
    clock.passSeconds(1)

    const { logins, throttle } = await directory.statistics()

    expect(logins).toEqual({ succeeded: 1, failed: 12, throttled: 1, full: 1, crossSite: 1, unavailable: 0 })
    expect(throttle).toEqual({ waiting: 1 })
  })

  it('counts the steps of a login as the events tell them: a right first step only when signIn completes it', async () => {
    const { url, directory, clock } = await serve({}, (app, served) => {
      app.use(served.sessionMiddleware)
      app.use(async (req, res) => {
        const own = req.directory
        const [, step, password = ''] = req.path.split('/')
        const user = await people.findUser('jsmith')
        if (step === 'verify') await own.verify({ userName: 'jsmith', password })
        if (step === 'confirm') await own.confirmPassword(password)
        if (step === 'code' && user) await own.countFailure(user)
        if (step === 'signIn' && user) await own.signIn(user)
        res.end()
      })
    })
    const visitor = new Visitor(url)
    const counted: unknown[] = []
    for (const step of ['confirm/smith', 'verify/wrong', 'verify/smith', 'code', 'signIn', 'confirm/wrong', 'confirm/smith']) {
      await visitor.asks(`/${step}`, { method: 'POST' })
      clock.passSeconds(1)
      const { succeeded, failed } = (await directory.statistics()).logins
      counted.push([step, succeeded, failed])
    }
    await new Visitor(url).asks('/verify/smith', { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } })
    clock.passSeconds(1)

    expect(counted).toEqual([
      ['confirm/smith', 0, 0],
      ['verify/wrong', 0, 1],
      ['verify/smith', 0, 1],
      ['code', 0, 2],
      ['signIn', 1, 2],
      ['confirm/wrong', 1, 3],
      ['confirm/smith', 2, 3]
    ])
    expect((await directory.statistics()).logins).toEqual({ succeeded: 2, failed: 3, throttled: 0, full: 0, crossSite: 1, unavailable: 0 })
  })

  it("tells of the pool's threads, queue and mean", async () => {
    const passwords = new BcryptPool({ cost: 4, threads: 1 })
    const { url, directory } = await serve({ passwords })
    await new Visitor(url).logsInAs('jsmith', 'wrong')

    const statistics = await directory.statistics()
    await passwords.close()

    expect(statistics.passwords).toMatchObject({ threads: 1, running: 0, waiting: 0, refused: 0, completed: 1 })
    expect(statistics.passwords?.meanMilliseconds).toBeGreaterThan(0)
  })

  it('says that it does not know what a hasher, a throttle or a store of its own does', async () => {
    const passwords: PasswordHasher = { hash: (password) => Promise.resolve(password), verify: () => Promise.resolve(true) }
    const store = new StoreWithFaults()
    store.fault('count', isDown)
    const { directory } = await serve({ passwords, throttle: false, store })

    expect(await directory.statistics()).toMatchObject({ passwords: null, throttle: null, sessions: null })
  })

  it('counts what the store and the provider were asked, and how often they failed', async () => {
    const store = new StoreWithFaults()
    const findUser = vi.fn((name: string) => people.findUser(name)).mockRejectedValueOnce(new TypeError('no such table'))
    const { url, directory } = await serve({ store, provider: { findUser, belongsTo: () => Promise.resolve(false) } })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    await visitor.logsInAs('jsmith', 'smith')
    store.fault('resume', isDown)
    await visitor.isKnownAs().catch(() => null)

    const statistics = await directory.statistics()

    expect(statistics.provider).toMatchObject({ calls: 2, failures: 1 })
    // The creation, the failed resume, and the count of these very statistics.
    expect(statistics.store).toMatchObject({ calls: 3, failures: 1 })
    expect(statistics.failures).toEqual([
      {
        component: 'provider',
        count: 1,
        latestAt: statistics.at,
        reason: 'provider.findUser failed',
        cause: 'TypeError: no such table'
      },
      {
        component: 'store',
        count: 1,
        latestAt: statistics.at,
        reason: 'session store: resume failed',
        cause: 'Error: connect ECONNREFUSED 127.0.0.1:6379'
      }
    ])
  })

  it("has no password in it, though a provider's error quotes one", async () => {
    const authenticate = ({ userName }: { userName: string }) => Promise.reject(new Error(`bind of ${userName} with correct horse failed`))
    const { url, directory } = await serve({ provider: { authenticate } })
    await new Visitor(url).logsInAs('jsmith', 'correct horse')

    const { failures } = await directory.statistics()

    expect(failures).toMatchObject([{ component: 'provider', cause: 'Error: bind of jsmith with *** failed' }])
  })

  it('looks once a second, however often it is asked, also when the clock is put back', async () => {
    const store = new StoreWithFaults(new LruSessionStore())
    const { directory, clock } = await serve({ store })
    const ask = async (): Promise<[DirectoryStatistics, number]> => {
      const statistics = await directory.statistics()
      return [statistics, store.asked.filter((verb) => verb === 'count').length]
    }

    const asked = await Promise.all([ask(), ask(), ask()])
    clock.passMilliseconds(999)
    const [, within] = await ask()
    clock.passMilliseconds(1)
    const [next, after] = await ask()
    clock.passMilliseconds(-10_000)
    const [, putBack] = await ask()

    expect(new Set(asked.map(([statistics]) => statistics)).size).toBe(1)
    expect([within, after, putBack]).toEqual([1, 2, 3])
    expect(next.at.getTime() - clock.now()).toBe(10_000)
  })
})
