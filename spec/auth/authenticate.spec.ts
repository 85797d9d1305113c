import { describe, expect, it, vi } from 'vitest'

import { type Credentials, digest4D, type LoginThrottle, MemoryLoginThrottle } from '../../lib/index.js'
import { type Arrangement, authenticator, jsmith } from '../support/authenticator.js'
import { trustingProvider } from '../support/trusting-provider.js'

describe('credentials', () => {
  it('that are right are their user, without the hash', async () => {
    const { logIn, heard } = authenticator()

    const user = await logIn({ userName: 'jsmith', password: 'smith' })

    expect(user).toEqual({ ID: '1', userName: 'jsmith', fullName: 'John Smith' })
    expect(heard).toMatchObject([{ event: 'authn_login_success', userName: 'jsmith', userID: '1', ip: '192.0.2.1', userAgent: 'spec' }])
  })

  it.each([
    ['wrong', 'jsmith', 'hash of smith', 'name jsmith'],
    ['of nobody', 'NoBody', null, 'name nobody'],
    ['of a disabled user', 'disabled', null, 'name disabled'],
    ['of a user without a password', 'without', null, 'name without']
  ])('A6.3.8: that are %s are nobody, after one verification', async (_what, userName, hash, account) => {
    const { logIn, asked, flow } = authenticator()

    const user = await logIn({ userName, password: userName === 'jsmith' ? 'wrong' : 'smith' })

    expect(user).toBeNull()
    expect(asked).toEqual([
      ['findUser', userName],
      ['verify', hash, account]
    ])
    expect(flow()).toEqual(['authn_login_fail'])
  })

  it.each<[string, Credentials]>([
    ['an empty password', { userName: 'jsmith', password: '' }],
    ['an empty digest', { userName: 'jsmith', hashedPassword: '' }],
    ['the digest of an empty password', { userName: 'jsmith', hashedPassword: digest4D('') }]
  ])('E empty passwords: of %s reach neither the provider nor the hasher', async (_what, credentials) => {
    const { logIn, asked, flow } = authenticator()

    expect(await logIn(credentials)).toBeNull()
    expect(asked).toEqual([])
    expect(flow()).toEqual(['authn_login_fail'])
  })

  it('of an empty password reach the provider under allowEmptyPasswords', async () => {
    const { logIn, asked } = authenticator({ allowEmptyPasswords: true })

    await logIn({ userName: 'jsmith', password: '' })

    expect(asked).toHaveLength(2)
  })

  it('by digest are refused under digestLogin: false, before anybody is asked', async () => {
    const { logIn, asked } = authenticator({ digestLogin: false })

    expect(await logIn({ userName: 'jsmith', hashedPassword: digest4D('smith') })).toBeNull()
    expect(asked).toEqual([])
  })
})

describe('A2.4.1 names: credentials that are too long', () => {
  const long = 'x'.repeat(300)

  it.each<[string, object]>([
    ['a name', { userName: long, password: 'smith' }],
    ['the password of a user', { userName: 'jsmith', password: long.repeat(20) }],
    ['the digest of a user', { userName: 'jsmith', hashedPassword: long }],
    ['the password of nobody', { userName: 'nobody', password: long.repeat(20) }]
  ])("are nobody's, after the same work as any other: %s", async (_what, credentials) => {
    const { logIn, asked, flow } = authenticator()

    expect(await logIn(credentials)).toBeNull()
    expect(asked).toEqual([['verify', null, expect.any(String)]])
    expect(flow()).toEqual(['authn_login_fail'])
  })

  it('never reach a provider that checks credentials itself, and count', async () => {
    const asked: unknown[] = []
    const { logIn } = authenticator({
      throttle: new MemoryLoginThrottle({ failuresPerAccount: 1 }),
      provider: {
        authenticate: (credentials) => {
          asked.push(credentials)
          return Promise.resolve(jsmith)
        }
      }
    })

    expect(await logIn({ userName: 'jsmith', password: 'x'.repeat(4097) })).toBeNull()
    await expect(logIn({ userName: 'jsmith', password: 'x'.repeat(4097) })).rejects.toMatchObject({ code: 'ERR_THROTTLED' })
    expect(asked).toEqual([])
  })
})

describe('a provider that checks credentials itself', () => {
  // To a library in C `smith NUL x` is `smith`, and NUL alone the empty password, which an LDAP server takes for a success.
  it.each<[string, Credentials]>([
    ['A6.2.8', { userName: 'jsmith', password: 'smith\0x' }],
    ['E empty passwords', { userName: 'jsmith', password: '\0' }],
    ['E empty passwords', { userName: 'jsmith', hashedPassword: '\0' }]
  ])('%s: is never asked about what holds a NUL, and a refused login it is', async (_code, credentials) => {
    const authenticate = vi.fn(() => Promise.resolve(jsmith))
    const { logIn, flow } = authenticator({ provider: { authenticate } })

    expect(await logIn(credentials)).toBeNull()
    expect(authenticate).not.toHaveBeenCalled()
    expect(flow()).toEqual(['authn_login_fail'])
  })

  it('is asked with the address, and nothing is hashed', async () => {
    const seen: unknown[] = []
    const { logIn, asked } = authenticator({
      provider: {
        authenticate: (credentials, from) => {
          seen.push(credentials, from)
          return Promise.resolve(jsmith)
        }
      }
    })

    const user = await logIn({ userName: 'JSMITH', password: 'anything' })

    expect(user).toEqual({ ID: '1', userName: 'jsmith', fullName: 'John Smith' })
    expect(seen).toEqual([{ userName: 'JSMITH', password: 'anything' }, { ip: '192.0.2.1' }])
    expect(asked).toEqual([])
  })
})

describe('O passwords: an outdated hash', () => {
  it('is replaced through updatePasswordHash after a right password, and only then', async () => {
    const updated: unknown[] = []
    const { logIn } = authenticator({
      provider: {
        updatePasswordHash: (user, hash) => {
          updated.push([user.ID, hash])
          return Promise.resolve()
        }
      },
      passwords: { upgrade: () => Promise.resolve('new hash') }
    })

    await logIn({ userName: 'jsmith', password: 'wrong' })
    expect(updated).toEqual([])
    await logIn({ userName: 'jsmith', password: 'smith' })

    expect(updated).toEqual([['1', 'new hash']])
  })

  it('that is as good as new is left alone', async () => {
    const { logIn } = authenticator({
      provider: { updatePasswordHash: () => expect.unreachable('nothing is to be updated') },
      passwords: { upgrade: () => Promise.resolve(null) }
    })

    expect(await logIn({ userName: 'jsmith', password: 'smith' })).not.toBeNull()
  })

  it.each<[string, Arrangement]>([
    [
      'the table cannot be written',
      {
        provider: { updatePasswordHash: () => Promise.reject(new Error('read-only')) },
        passwords: { upgrade: () => Promise.resolve('new hash') }
      }
    ],
    [
      'the hasher is busy',
      { provider: { updatePasswordHash: () => Promise.resolve() }, passwords: { upgrade: () => Promise.reject(new Error('busy')) } }
    ]
  ])('does not fail the login where %s: an event tells of it', async (_why, arrangement) => {
    const { logIn, heard } = authenticator(arrangement)

    expect(await logIn({ userName: 'jsmith', password: 'smith' })).not.toBeNull()
    expect(heard.map(({ reason }) => reason)).toContain('password hash not upgraded')
    expect(heard.map(({ event }) => event)).toContain('authn_login_success')
  })
})

describe('the throttle', () => {
  it('turns an account away before its password is looked at, whatever the spelling of its name', async () => {
    const { logIn, asked, heard } = authenticator({
      throttle: new MemoryLoginThrottle({ failuresPerAccountAndAddress: 2, failuresPerAccount: 2 }),
      provider: { findUser: (userName) => Promise.resolve(userName.toLowerCase() === 'jsmith' ? jsmith : null) }
    })
    await logIn({ userName: 'jsmith', password: 'first' })
    await logIn({ userName: 'JSmith', password: 'second' })
    asked.length = 0

    await expect(logIn({ userName: 'JSMITH', password: 'smith' })).rejects.toMatchObject({ code: 'ERR_THROTTLED', status: 429 })

    expect(asked).toEqual([])
    expect(heard.at(-1)).toMatchObject({ event: 'excess_rate_limit_exceeded', userName: 'jsmith', userID: '1' })
  })

  it('counts a wrong password once, whether it is sent as such or as its digest', async () => {
    const { logIn } = authenticator({ throttle: new MemoryLoginThrottle({ failuresPerAccountAndAddress: 2, failuresPerAccount: 2 }) })
    await logIn({ userName: 'jsmith', password: 'wrong' })
    await logIn({ userName: 'jsmith', hashedPassword: digest4D('wrong') })

    expect(await logIn({ userName: 'jsmith', password: 'smith' })).not.toBeNull()
  })

  it('does not count what could not be found out', async () => {
    let isDown = true
    const { logIn } = authenticator({
      throttle: new MemoryLoginThrottle({ failuresPerAccountAndAddress: 1, failuresPerAccount: 1 }),
      passwords: { verify: () => (isDown ? Promise.reject(new Error('queue full')) : Promise.resolve(true)) }
    })
    for (const password of ['a', 'b', 'c'])
      await expect(logIn({ userName: 'jsmith', password })).rejects.toMatchObject({ code: 'ERR_LOGIN_QUEUE_FULL', status: 503 })
    isDown = false

    expect(await logIn({ userName: 'jsmith', password: 'smith' })).not.toBeNull()
  })

  it('that cannot answer makes a login a 503, not a refusal', async () => {
    const throttle: LoginThrottle = { reserve: () => Promise.reject(new Error('connection reset')), unlock: () => Promise.resolve(false) }
    const { logIn, asked, heard } = authenticator({ throttle })

    await expect(logIn({ userName: 'jsmith', password: 'smith' })).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', status: 503 })

    expect(asked).toEqual([['findUser', 'jsmith']])
    expect(heard).toMatchObject([{ event: 'sys_degraded', component: 'throttle', reason: 'login throttle failed' }])
    expect(heard[0]?.cause).toMatchObject({ message: 'connection reset' })
  })

  it('is lifted by ID, also where the provider checks credentials itself and names are what is counted', async () => {
    const { logIn, authenticator: own } = authenticator({
      throttle: new MemoryLoginThrottle({ failuresPerAccountAndAddress: 1, failuresPerAccount: 1 }),
      provider: { ...trustingProvider, findUserByID: () => Promise.resolve({ ...jsmith, userName: 'ann' }) }
    })
    await logIn({ userName: 'ann', password: 'wrong' })
    await expect(logIn({ userName: 'ann', password: 'right' })).rejects.toMatchObject({ code: 'ERR_THROTTLED' })

    expect(await own.unlock('1')).toBe(true)
    expect(await own.unlock('1')).toBe(false)
    expect(await logIn({ userName: 'ann', password: 'right' })).toMatchObject({ userName: 'ann' })
  })
})
