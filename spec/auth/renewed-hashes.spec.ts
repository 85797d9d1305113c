import { describe, expect, it } from 'vitest'

import type { UserRecord } from '../../lib/index.js'
import { authenticator, jsmith } from '../support/authenticator.js'

const credentials = { userName: 'jsmith', password: 'smith' }

/** A users table of one row, which is outdated, and what happens to it while a login is under way. */
function table({
  whenWritten = (row: UserRecord, hash: string): UserRecord | null => ({ ...row, passwordHash: hash }),
  verify = (hash: string | null) => hash === jsmith.passwordHash
} = {}) {
  let row: UserRecord | null = { ...jsmith }
  const arranged = authenticator({
    provider: {
      findUser: () => Promise.resolve(row),
      updatePasswordHash: (user, hash) => {
        row = whenWritten(user, hash)
        return Promise.resolve()
      }
    },
    passwords: {
      verify: (_secret, hash) => Promise.resolve(verify(hash)),
      upgrade: (_secret, hash) => Promise.resolve(hash === jsmith.passwordHash ? 'renewed hash' : null)
    }
  })
  return { ...arranged, startedAt: arranged.clock.now() }
}

describe('A7.4.2 in flight: since when it is known who has logged in', () => {
  it('is the millisecond before the record was read, however long the hash takes', async () => {
    const { authenticate, clock, startedAt } = slowly()

    const authentication = await authenticate(credentials)

    expect(clock.now()).toBe(startedAt + 500)
    expect(authentication?.authenticatedAt).toBe(startedAt - 1)
  })

  it('is the same where the provider checks the password', async () => {
    const { authenticate, clock } = authenticator({ provider: { authenticate: () => Promise.resolve(jsmith) } })

    expect((await authenticate(credentials))?.authenticatedAt).toBe(clock.now() - 1)
  })

  it('is not before the change that our own renewal of the hash is to the provider', async () => {
    const changedAt = new Date(Date.UTC(2026, 0, 1) + 40)
    const { authenticate } = table({ whenWritten: (row, passwordHash) => ({ ...row, passwordHash, credentialsChangedAt: changedAt }) })

    expect((await authenticate(credentials))?.authenticatedAt).toBe(changedAt.getTime())
  })

  it('is as it was where the provider notes no change', async () => {
    const { authenticate, startedAt } = table()

    expect((await authenticate(credentials))?.authenticatedAt).toBe(startedAt - 1)
  })

  it('is as it was where the new hash is not read yet, as from a replica', async () => {
    const { authenticate, startedAt } = table({ whenWritten: (row) => row })

    expect((await authenticate(credentials))?.authenticatedAt).toBe(startedAt - 1)
  })
})

describe('A7.4.2 in flight: a login whose hash was to be renewed', () => {
  it.each<[string, UserRecord | null]>([
    ['the password was changed', { ...jsmith, passwordHash: 'hash of another' }],
    ['the password was taken away', { ...jsmith, passwordHash: null }],
    ['the user was disabled', { ...jsmith, passwordHash: 'renewed hash', disabled: true }],
    ['the user was removed', null]
  ])('is refused where meanwhile %s', async (_what, found) => {
    const { authenticate, heard } = table({ whenWritten: () => found })

    expect(await authenticate(credentials)).toBeNull()
    expect(heard.map(({ event, reason }) => [event, reason])).toEqual([['authn_login_fail', 'changed meanwhile']])
  })

  it('is let in where another process has renewed the hash of the same password at the same time', async () => {
    const changedAt = new Date(Date.UTC(2026, 0, 1) + 7)
    const { authenticate } = table({
      whenWritten: (row) => ({ ...row, passwordHash: 'another hash of smith', credentialsChangedAt: changedAt }),
      verify: (hash) => hash === 'hash of smith' || hash === 'another hash of smith'
    })

    expect(await authenticate(credentials)).toEqual({
      user: expect.objectContaining({ ID: '1' }) as object,
      authenticatedAt: changedAt.getTime()
    })
  })
})

/** The hash takes half a second. */
function slowly() {
  const arranged = authenticator({
    passwords: {
      verify: () => {
        arranged.clock.passMilliseconds(500)
        return Promise.resolve(true)
      }
    }
  })
  return { ...arranged, startedAt: arranged.clock.now() }
}
