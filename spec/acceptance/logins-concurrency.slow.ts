import { afterAll, describe, expect, it } from 'vitest'

import { BcryptPool, type DirectoryProvider, type DirectoryRouterOptions, StaticProvider } from '../../lib/index.js'
import { Crowd } from '../support/crowd.js'
import { groups, users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { type Answer, Visitor } from '../support/visitor.js'
import { mountBehindProxy, waysToLogIn } from '../support/ways-to-log-in.js'

const passwords = new BcryptPool({ cost: 4, threads: 1, maxWaiting: 1000 })
afterAll(() => passwords.close())

/** So many logins that are all looked up before the first of them is verified, and the hashes that they cost. */
async function atOnce(count: number, logIn: (url: string, turn: number) => Promise<Answer>, options: Partial<DirectoryRouterOptions> = {}) {
  const people = new StaticProvider({ users, groups })
  const crowd = new Crowd(count)
  const provider: DirectoryProvider = {
    findUser: async (userName) => {
      await crowd.arrive()
      return people.findUser(userName)
    },
    belongsTo: (user, group) => people.belongsTo(user, group)
  }
  const { url, directory } = await serve({ provider, passwords, ...options }, mountBehindProxy)
  const before = passwords.statistics.completed
  const answers = await Promise.all(Array.from({ length: count }, (_, turn) => logIn(url, turn)))
  const statuses: Record<number, number> = {}
  for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1
  return { statuses, hashed: passwords.statistics.completed - before, sessions: await directory.sessions.count() }
}

const addressOf = (turn: number) => `198.51.${Math.floor(turn / 250)}.${(turn % 250) + 1}`

describe('A6.3.1, N 3.2.2: 500 different wrong passwords at once', () => {
  it.each(['jsmith', 'nobody'])('are verified ten times, from one address, for %s', async (userName) => {
    const { statuses, hashed } = await atOnce(500, (url, turn) => new Visitor(url).logsInAs(userName, `guess ${turn}`))

    expect(statuses).toEqual({ 401: 10, 429: 490 })
    expect(hashed).toBe(10)
  })

  it('are verified ten times from 500 addresses', async () => {
    const { statuses, hashed } = await atOnce(500, (url, turn) =>
      new Visitor(url).logsInAs('jsmith', `guess ${turn}`, { 'x-forwarded-for': addressOf(turn) })
    )

    expect(statuses).toEqual({ 401: 10, 429: 490 })
    expect(hashed).toBe(10)
  })

  it('are verified a hundred times for 500 accounts from one address', async () => {
    const { statuses, hashed } = await atOnce(500, (url, turn) => new Visitor(url).logsInAs(`nobody ${turn}`, 'guess'))

    expect(statuses).toEqual({ 401: 100, 429: 400 })
    expect(hashed).toBe(100)
  })

  it('are verified ten times over all ways to log in', async () => {
    const { statuses, hashed } = await atOnce(500, (url, turn) => {
      const { send } = waysToLogIn[turn % waysToLogIn.length] ?? waysToLogIn[0] ?? { send: () => Promise.reject(new Error('no way')) }
      return send(url, 'jsmith', `guess ${turn}`)
    })

    expect(statuses).toEqual({ 401: 10, 429: 490 })
    expect(hashed).toBe(10)
  })
})

describe('A6.3.1: 500 times the same wrong password at once', () => {
  it('is verified once, and counts once', async () => {
    const { statuses, hashed } = await atOnce(500, (url) => new Visitor(url).logsInAs('jsmith', 'stale'))

    expect(statuses).toEqual({ 401: 500 })
    expect(hashed).toBe(1)
  })
})

describe('A6.3.1: 50 right passwords at once', () => {
  it('all log in with one hash', async () => {
    const { statuses, hashed, sessions } = await atOnce(50, (url) => new Visitor(url).logsInAs('jsmith', 'smith'))

    expect(statuses).toEqual({ 200: 50 })
    expect(hashed).toBe(1)
    expect(sessions).toEqual({ signedIn: 50, guests: 0 })
  })

  it('all log in from 50 addresses, ten of which at a time might be guessing', async () => {
    const { statuses, hashed } = await atOnce(50, (url, turn) =>
      new Visitor(url).logsInAs('jsmith', 'smith', { 'x-forwarded-for': addressOf(turn) })
    )

    expect(statuses).toEqual({ 200: 50 })
    expect(hashed).toBe(5)
  })

  it('all log in with nine wrong ones among them', async () => {
    const { statuses, hashed } = await atOnce(59, (url, turn) => new Visitor(url).logsInAs('jsmith', turn < 9 ? `guess ${turn}` : 'smith'))

    expect(statuses).toEqual({ 200: 50, 401: 9 })
    expect(hashed).toBe(10)
  })
})
