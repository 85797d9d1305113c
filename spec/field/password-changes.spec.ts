import { describe, expect, it } from 'vitest'

import { type DirectoryProvider, LruSessionStore, type PasswordHasher, type UserRecord } from '../../lib/index.js'
import { Gate } from '../support/gate.js'
import { serve } from '../support/serve.js'
import { Visitor } from '../support/visitor.js'

// Six of six sessions that were opened with the old password while it was changed outlived the change, for up to 30 days.

const logins = 6

/** A users table of one row, as the docs say that it is written to. */
class UsersTable implements DirectoryProvider {
  row: UserRecord = { ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash: 'old hash of smith', credentialsChangedAt: null }

  findUser(): Promise<UserRecord> {
    return Promise.resolve(this.row)
  }

  findUserByID(): Promise<UserRecord> {
    return Promise.resolve(this.row)
  }

  updatePasswordHash({ passwordHash: old }: UserRecord, passwordHash: string): Promise<void> {
    if (this.row.passwordHash === old) this.row = { ...this.row, passwordHash }
    return Promise.resolve()
  }

  changePassword(password: string, now: number): void {
    this.row = { ...this.row, passwordHash: `hash of ${password}`, credentialsChangedAt: new Date(now) }
  }
}

/** Takes its time, at each of its two steps, until the spec lets it go on. */
function slowPasswords(verifying: Gate | null, upgrading: Gate | null): PasswordHasher {
  return {
    hash: (password) => Promise.resolve(`hash of ${password}`),
    async verify(secret, hash) {
      const isRight = typeof secret === 'object' && 'password' in secret && (hash?.endsWith(`hash of ${secret.password}`) ?? false)
      await verifying?.pass()
      return isRight
    },
    async upgrade(secret, hash) {
      if (!hash.startsWith('old ')) return null
      await upgrading?.pass()
      return 'password' in secret ? `hash of ${secret.password}` : null
    }
  }
}

describe('A7.4.2 in flight: logins with the old password', () => {
  it.each<[string, Gate | null, Gate | null, string]>([
    ['while their hash was compared', new Gate(), null, 'hash of smith'],
    ['while their hash was compared, and is to be renewed', new Gate(), null, 'old hash of smith'],
    ['while their hash was renewed', null, new Gate(), 'old hash of smith']
  ])(
    'that were under way when it changed, %s, do not outlive the change and the next look at the user',
    async (_when, verifying, upgrading, hash) => {
      const provider = new UsersTable()
      provider.row = { ...provider.row, passwordHash: hash }
      const passwords = slowPasswords(verifying, upgrading)
      const { url, clock, directory } = await serve({ provider, passwords })
      const visitors = Array.from({ length: logins }, () => new Visitor(url))
      const loggingIn = visitors.map((visitor) => visitor.logsInAs('jsmith', 'smith'))
      await (verifying ?? upgrading)?.reached

      clock.passMilliseconds(1)
      provider.changePassword('another', clock.now())
      await directory.sessions.endUser('1')
      ;(verifying ?? upgrading)?.open()
      await Promise.all(loggingIn)
      clock.passSeconds(60)

      expect(await Promise.all(visitors.map((visitor) => visitor.isKnownAs()))).toEqual(Array(logins).fill(null))
      expect(provider.row.passwordHash).toBe('hash of another')
      expect((await directory.sessions.count()).signedIn).toBe(0)
    }
  )
})

describe('A7.4.2: a user who is disabled', () => {
  it('is logged out on every machine within revalidateSeconds', async () => {
    const provider = new UsersTable()
    const store = new LruSessionStore()
    const passwords = slowPasswords(null, null)
    const [here, there] = [await serve({ provider, passwords, store }), await serve({ provider, passwords, store })]
    const visitor = new Visitor(here.url)
    const sameThere = new Visitor(there.url)
    const other = new Visitor(there.url)
    await visitor.logsInAs('jsmith', 'smith')
    await other.logsInAs('jsmith', 'smith')
    sameThere.sessionId = visitor.sessionId
    expect([await visitor.isKnownAs(), await sameThere.isKnownAs(), await other.isKnownAs()]).toEqual(['jsmith', 'jsmith', 'jsmith'])

    provider.row = { ...provider.row, disabled: true }
    here.clock.passSeconds(60)
    there.clock.passSeconds(60)

    expect([await other.isKnownAs(), await sameThere.isKnownAs(), await visitor.isKnownAs()]).toEqual([null, null, null])
  })
})
