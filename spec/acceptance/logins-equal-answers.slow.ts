import { hashSync } from 'bcryptjs'
import { afterAll, describe, expect, it } from 'vitest'

import { BcryptPool, digest4D, type DirectoryProvider, StaticProvider, type UserRecord } from '../../lib/index.js'
import { serve } from '../support/serve.js'
import { type Answer, Visitor } from '../support/visitor.js'
import { mountWithPage, waysToLogIn } from '../support/ways-to-log-in.js'

const poolCost = 6
const passwords = new BcryptPool({ cost: poolCost, threads: 1 })
afterAll(() => passwords.close())

/** One user for each thing that can be stored. Nobody's password is `wrong`, but for those who cannot log in. */
const accounts: readonly { userName: string; passwordHash: string | null; disabled?: boolean }[] = [
  { userName: 'digest', passwordHash: digest4D('right') },
  { userName: 'bcrypt_4d at cost 4', passwordHash: bcrypt4D('right', 4) },
  { userName: 'bcrypt_4d at cost 6', passwordHash: bcrypt4D('right', 6) },
  { userName: '$2a$ at cost 4', passwordHash: hashSync('right', 4).replace(/^\$2b/, '$2a') },
  { userName: '$2b$ at cost 5', passwordHash: hashSync('right', 5) },
  { userName: '$2y$ at cost 6', passwordHash: hashSync('right', 6).replace(/^\$2b/, '$2y') },
  { userName: 'bcrypt at cost 16', passwordHash: hashSync('wrong', 4).replace('$04$', '$16$') },
  { userName: 'bcrypt at cost 31', passwordHash: hashSync('wrong', 4).replace('$04$', '$31$') },
  { userName: 'bcrypt_4d at cost 31', passwordHash: bcrypt4D('wrong', 4).replace('$04$', '$31$') },
  { userName: 'without a password', passwordHash: null },
  { userName: 'disabled, digest', passwordHash: digest4D('wrong'), disabled: true },
  { userName: 'disabled, bcrypt', passwordHash: hashSync('wrong', 4), disabled: true },
  { userName: 'disabled, bcrypt_4d', passwordHash: bcrypt4D('wrong', 5), disabled: true }
]
const users: readonly UserRecord[] = accounts.map((account, index) => ({ ID: String(index), fullName: '', ...account }))
const names = ['unknown', 'an unknown with a name that is longer', ...users.map(({ userName }) => userName)]

function bcrypt4D(password: string, cost: number): string {
  return `bcrypt_4d$${hashSync(digest4D(password), cost)}`
}

/** What a client can see of an answer, but for the time. */
function lookOf({ status, rawHeaders, text }: Answer): string {
  return JSON.stringify([status, rawHeaders.filter((_, index) => rawHeaders[index - (index % 2)] !== 'Date'), text])
}

/** A table of the host's own: `StaticProvider` would refuse hashes that nobody can log in with. */
const usersTable: DirectoryProvider = {
  findUser: (userName) => Promise.resolve(users.find((user) => user.userName === userName) ?? null)
}

async function serveAccounts() {
  return serve({ provider: usersTable, passwords, throttle: false }, mountWithPage)
}

describe.each(waysToLogIn)('A6.3.8, V CVE-2026-22746: a refused login by $way', ({ send }) => {
  it('looks the same, whoever it was for', async () => {
    const { url } = await serveAccounts()
    const looks = new Map<string, string>()

    for (const name of names) looks.set(name, lookOf(await send(url, name, 'wrong')))

    const first = looks.get('unknown')
    expect(first).toContain('[401,')
    expect(Object.fromEntries(looks)).toEqual(Object.fromEntries(names.map((name) => [name, first])))
  })

  it('looks the same to a guest, whoever it was for', async () => {
    const { url } = await serveAccounts()
    const guest = new Visitor(url)
    await guest.asks('/rest/$directory/currentUser')
    const looks = new Set<string>()

    for (const name of names) looks.add(lookOf(await send(url, name, 'wrong', { cookie: `WASID4D=${guest.sessionId ?? ''}` })))

    expect([...looks]).toHaveLength(1)
  })

  it('costs one task of the same bcrypt work, whoever it was for', async () => {
    const { url } = await serveAccounts()
    const costs: Record<string, [tasks: number, work: number]> = {}

    for (const name of names) {
      const before = passwords.statistics
      await send(url, name, 'wrong')
      const { completed, work } = passwords.statistics
      costs[name] = [completed - before.completed, work - before.work]
    }

    expect(costs).toEqual(Object.fromEntries(names.map((name) => [name, [1, 2 ** poolCost]])))
  })
})

describe('A6.3.8: a login', () => {
  it('costs the same work whether it is right or wrong', async () => {
    const { url } = await serveAccounts()
    const canLogIn = accounts.filter(
      ({ passwordHash, disabled }) => passwordHash !== null && !disabled && !/\$(16|31)\$/.test(passwordHash)
    )
    const costs: number[] = []

    for (const { userName } of canLogIn) {
      for (const password of ['right', 'wrong']) {
        const before = passwords.statistics.work
        const answer = await new Visitor(url).logsInAs(userName, password)
        costs.push(passwords.statistics.work - before)
        expect(answer.status).toBe(password === 'right' ? 200 : 401)
      }
    }

    expect(costs).toEqual(Array(canLogIn.length * 2).fill(2 ** poolCost))
  })

  it('costs the same work for everybody from the first on that met a hash of a higher cost', async () => {
    const ownPool = new BcryptPool({ cost: 4, threads: 1 })
    const provider = new StaticProvider({ users: [{ ID: '1', userName: 'costly', fullName: '', passwordHash: hashSync('right', 7) }] })
    const { url } = await serve({ provider, passwords: ownPool, throttle: false })
    const costs: number[] = []

    for (const name of ['costly', 'unknown', 'costly', 'unknown']) {
      const before = ownPool.statistics.work
      await new Visitor(url).logsInAs(name, 'wrong')
      costs.push(ownPool.statistics.work - before)
    }
    await ownPool.close()

    expect(costs).toEqual(Array(4).fill(2 ** 7))
  })

  it('is refused before any work, the same for everybody, where digests are not taken', async () => {
    const { url } = await serve({ provider: usersTable, passwords, throttle: false, rest: { digestLogin: false } })
    const before = passwords.statistics.completed
    const looks = new Set<string>()

    for (const name of names) looks.add(lookOf(await new Visitor(url).logsInWithDigest(name, 'right')))

    expect([...looks]).toHaveLength(1)
    expect(passwords.statistics.completed).toBe(before)
  })
})
