import { hashSync } from 'bcryptjs'
import { afterAll, describe, expect, it } from 'vitest'

import { BcryptPool, digest4D, type DirectoryProvider, type DirectoryRouterOptions } from '../../lib/index.js'
import { Crowd } from '../support/crowd.js'
import { serve } from '../support/serve.js'
import { Visitor } from '../support/visitor.js'
import { mountWithPage, waysToLogIn } from '../support/ways-to-log-in.js'

const passwords = new BcryptPool({ cost: 5, threads: 1 })
afterAll(() => passwords.close())

const outdated = [
  ['a digest', digest4D('smith')],
  ['bcrypt at a lower cost', hashSync('smith', 4)],
  ['bcrypt_4d at a lower cost', `bcrypt_4d$${hashSync(digest4D('smith'), 4)}`]
] as const
const upToDate = [
  ['bcrypt at this cost', hashSync('smith', 5)],
  ['bcrypt_4d at this cost', `bcrypt_4d$${hashSync(digest4D('smith'), 5)}`],
  ['bcrypt at a higher cost', hashSync('smith', 6)]
] as const

/** A users table of one row, as a host's database keeps it. */
async function serveTable(
  passwordHash: string,
  updatePasswordHash: DirectoryProvider['updatePasswordHash'] | null = null,
  options: Partial<DirectoryRouterOptions> = {},
  crowd = new Crowd(1)
) {
  const table = { ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash, disabled: false }
  const updates: string[] = []
  const provider: DirectoryProvider = {
    findUser: async (userName) => {
      await crowd.arrive()
      return userName === 'jsmith' ? { ...table } : null
    },
    belongsTo: () => Promise.resolve(false),
    updatePasswordHash: async (user, newHash) => {
      updates.push(newHash)
      if (updatePasswordHash !== null) await updatePasswordHash(user, newHash)
      else if (table.passwordHash === user.passwordHash) table.passwordHash = newHash
    }
  }
  const served = await serve({ provider, passwords, ...options }, mountWithPage)
  const told: string[] = []
  served.directory.events.on('event', ({ event, reason }) => told.push(`${event} ${reason}`.trim()))
  return { ...served, table, updates, told }
}

describe.each(outdated)('O passwords: a login against %s', (_what, passwordHash) => {
  it('re-hashes it, and the new hash lets both headers in and is not replaced again', async () => {
    const { url, table, updates } = await serveTable(passwordHash)

    const first = await new Visitor(url).logsInAs('jsmith', 'smith')
    const byPassword = await new Visitor(url).logsInAs('jsmith', 'smith')
    const byDigest = await new Visitor(url).logsInWithDigest('jsmith', 'smith')
    const wrong = await new Visitor(url).logsInAs('jsmith', 'Smith')

    expect([first, byPassword, byDigest, wrong].map(({ status }) => status)).toEqual([200, 200, 200, 401])
    expect(table.passwordHash).toMatch(/^bcrypt_4d\$\$2[ab]\$05\$/)
    expect(updates).toEqual([table.passwordHash])
  })

  it('re-hashes nothing where it is refused, throttled, or of a disabled user', async () => {
    const { url, table, updates } = await serveTable(passwordHash)
    table.disabled = true
    const disabled = await new Visitor(url).logsInAs('jsmith', 'smith')
    table.disabled = false
    for (let guess = 0; guess < 9; guess++) await new Visitor(url).logsInAs('jsmith', `guess ${guess}`)

    const throttled = await new Visitor(url).logsInAs('jsmith', 'smith')

    expect([disabled.status, throttled.status]).toEqual([401, 429])
    expect(updates).toEqual([])
  })
})

it.each(upToDate)('O passwords: a login against %s re-hashes nothing', async (_what, passwordHash) => {
  const { url, updates } = await serveTable(passwordHash)

  const answer = await new Visitor(url).logsInAs('jsmith', 'smith')

  expect(answer.status).toBe(200)
  expect(updates).toEqual([])
})

it.each(waysToLogIn)('O passwords: a login by $way re-hashes a digest', async ({ send }) => {
  const { url, table } = await serveTable(digest4D('smith'))

  const answer = await send(url, 'jsmith', 'smith')

  expect(answer.status).toBe(200)
  expect(table.passwordHash).toMatch(/^bcrypt_4d\$/)
})

describe('O passwords: an update of the hash', () => {
  it.each([
    ['rejects', () => Promise.reject(new Error('the table is read-only'))],
    [
      'throws',
      () => {
        throw new Error('the table is read-only')
      }
    ],
    ['does not answer', () => new Promise<void>(() => undefined)]
  ])('that %s is an event, and the login works', async (_what, update) => {
    const { url, updates, told } = await serveTable(digest4D('smith'), update, { providerTimeoutMilliseconds: 20 })
    const visitor = new Visitor(url)

    const answer = await visitor.logsInAs('jsmith', 'smith')

    expect(answer.text).toBe('{"result":true}')
    expect(await visitor.isKnownAs()).toBe('jsmith')
    expect(updates).toHaveLength(1)
    expect(told).toContain('sys_degraded password hash not upgraded')
    expect(told.filter((event) => event.startsWith('authn_'))).toEqual(['authn_login_success'])
  })

  it('happens once for 50 logins at the same time, which cost two hashes', async () => {
    const crowd = new Crowd(50)
    const { url, updates, table } = await serveTable(digest4D('smith'), null, {}, crowd)
    const before = passwords.statistics.completed

    const answers = await Promise.all(Array.from({ length: 50 }, () => new Visitor(url).logsInAs('jsmith', 'smith')))

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(updates).toEqual([table.passwordHash])
    expect(passwords.statistics.completed - before).toBe(2)
  })
})
