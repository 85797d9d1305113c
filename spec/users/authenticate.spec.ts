import { describe, expect, it } from 'vitest'

import {
  type Credentials,
  digest4D,
  type DirectoryEvent,
  DirectoryEvents,
  type DirectoryProvider,
  type LoginThrottle,
  type PasswordHasher
} from '../../lib/index.js'
import { Authenticator, type LoginOrigin } from '../../lib/users/authenticate.js'
import { CheckedProvider } from '../../lib/users/checked-provider.js'
import { Gate } from '../support/gate.js'

const right: Credentials = { userName: 'jsmith', password: 'smith' }
const wrong: Credentials = { userName: 'jsmith', password: 'wrong' }
const unavailable = { code: 'ERR_STORE_UNAVAILABLE' }

interface Parts {
  readonly provider?: Partial<DirectoryProvider>
  readonly passwords?: Partial<PasswordHasher>
  readonly throttle?: Partial<LoginThrottle>
  readonly settle?: () => Promise<{ limited: boolean; locked: boolean }>
  readonly allowEmptyPasswords?: boolean
}

/** An authenticator whose collaborators write down what they are asked, in order. */
function createAuthenticator(parts: Parts = {}) {
  const calls: string[] = []
  const heard: DirectoryEvent[] = []
  const events = new DirectoryEvents(() => 0)
  events.on('event', (event) => heard.push(event))
  const provider: DirectoryProvider = {
    findUser(userName) {
      calls.push(`find ${userName}`)
      return Promise.resolve({ ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash: digest4D('smith') })
    },
    belongsTo: () => Promise.resolve(false),
    ...parts.provider
  }
  const passwords: PasswordHasher = {
    hash: () => Promise.reject(new Error('not asked for in these specs')),
    verify(secret) {
      calls.push('verify')
      return Promise.resolve(typeof secret === 'object' && 'password' in secret && secret.password === 'smith')
    },
    ...parts.passwords
  }
  const throttle: LoginThrottle = {
    reserve() {
      calls.push('reserve')
      return Promise.resolve({
        allowed: true,
        settle(outcome) {
          calls.push(outcome)
          return parts.settle?.() ?? Promise.resolve({ limited: false, locked: false })
        }
      })
    },
    unlock: () => Promise.resolve(),
    ...parts.throttle
  }
  const authenticator = new Authenticator({
    provider: new CheckedProvider(provider, 5000, events),
    passwords,
    throttle,
    digestLogin: true,
    allowEmptyPasswords: parts.allowEmptyPasswords ?? false,
    events,
    now: () => 0
  })
  return {
    calls,
    heard,
    authenticate: (credentials: unknown, origin: Partial<LoginOrigin> = {}) =>
      authenticator.authenticate(credentials as Credentials, {
        ip: '192.0.2.1',
        userAgent: '',
        signal: new AbortController().signal,
        ...origin
      })
  }
}

describe('a login', () => {
  it('A6.3.1: reserves its place before the verification and settles it with the outcome', async () => {
    const { authenticate, calls } = createAuthenticator()

    await authenticate(right)
    await authenticate(wrong)

    expect(calls).toEqual(['find jsmith', 'reserve', 'verify', 'success', 'find jsmith', 'reserve', 'verify', 'failure'])
  })

  it('A6.3.1: that cannot be decided gives its place back and counts for nothing', async () => {
    const { authenticate, calls } = createAuthenticator({ passwords: { verify: () => Promise.reject(new Error('no thread')) } })

    await expect(authenticate(right)).rejects.toThrow('no thread')

    expect(calls).toEqual(['find jsmith', 'reserve', 'abandoned'])
  })

  it('that cannot be decided says so, though the throttle fails as well', async () => {
    const { authenticate } = createAuthenticator({
      passwords: { verify: () => Promise.reject(new Error('no thread')) },
      settle: () => Promise.reject(new Error('no Redis'))
    })

    await expect(authenticate(right)).rejects.toThrow('no thread')
  })

  it.each([
    ['right', right],
    ['wrong', wrong]
  ])('is answered with 503 where the throttle cannot take its outcome down: %s', async (_what, credentials) => {
    const { authenticate } = createAuthenticator({ settle: () => Promise.reject(new Error('no Redis')) })

    await expect(authenticate(credentials)).rejects.toMatchObject(unavailable)
  })

  it('is answered with 503, unverified, where the throttle cannot be asked', async () => {
    const { authenticate, calls, heard } = createAuthenticator({ throttle: { reserve: () => Promise.reject(new Error('no Redis')) } })

    await expect(authenticate(right)).rejects.toMatchObject(unavailable)

    expect(calls).toEqual(['find jsmith'])
    expect(heard.map(({ event }) => event)).toEqual(['sys_degraded'])
  })
})

describe('credentials of a host in JavaScript', () => {
  it.each([
    [
      'a user name that is no string',
      { userName: { $ne: '' }, password: 'smith' },
      /^credentials\.userName must be a string, received object$/
    ],
    ['no user name', { password: 'smith' }, /^credentials\.userName must be a string, received undefined$/],
    [
      'a password that is no string',
      { userName: 'jsmith', password: ['smith'] },
      /^credentials\.password must be a string, received object$/
    ],
    [
      'a digest that is no string',
      { userName: 'jsmith', hashedPassword: 7 },
      /^credentials\.hashedPassword must be a string, received number$/
    ],
    ['nothing at all', undefined, /^credentials must be an object, received undefined$/]
  ])('are a TypeError that shows no secret, before anybody is asked, with %s', async (_what, credentials, message) => {
    const { authenticate, calls } = createAuthenticator()

    const login = authenticate(credentials)

    await expect(login).rejects.toThrow(TypeError)
    await expect(login).rejects.toThrow(message)
    expect(calls).toEqual([])
  })

  it.each([
    ['no password', { userName: 'jsmith' }],
    ['an undefined password', { userName: 'jsmith', password: undefined }],
    ['an undefined digest', { userName: 'jsmith', hashedPassword: undefined }],
    ['an empty user name', { userName: '', password: 'smith' }]
  ])('A6.2.4: are refused before anybody is asked with %s', async (_what, credentials) => {
    const { authenticate, calls } = createAuthenticator()

    const user = await authenticate(credentials)

    expect(user).toBeNull()
    expect(calls).toEqual([])
  })
})

describe('O passwords: an outdated hash', () => {
  it('is replaced once the throttle knows of the login, so that nobody waits for the place meanwhile', async () => {
    const { authenticate, calls } = createAuthenticator({
      passwords: { upgrade: () => Promise.resolve('better') },
      provider: {
        updatePasswordHash(_user, passwordHash) {
          calls.push(`update to ${passwordHash}`)
          return Promise.resolve()
        }
      }
    })

    await authenticate(right)

    expect(calls.slice(-2)).toEqual(['success', 'update to better'])
  })

  it('is replaced before the login is answered, so that the session is younger than the new hash', async () => {
    const gate = new Gate()
    const { authenticate } = createAuthenticator({
      passwords: { upgrade: () => Promise.resolve('better') },
      provider: { updatePasswordHash: () => gate.pass() }
    })
    let isAnswered = false

    const login = authenticate(right).then(() => (isAnswered = true))
    await gate.reached
    const answeredBefore = isAnswered
    gate.open()
    await login

    expect(answeredBefore).toBe(false)
  })

  it('is replaced once by 50 logins at the same time, and again by the next if need be', async () => {
    let made = 0
    let updates = 0
    const { authenticate } = createAuthenticator({
      passwords: { upgrade: () => Promise.resolve(`better ${++made}`) },
      provider: {
        updatePasswordHash() {
          updates++
          return Promise.resolve()
        }
      }
    })

    const users = await Promise.all(Array.from({ length: 50 }, () => authenticate(right)))
    const afterMany = [made, updates]
    await authenticate(right)

    expect(users.every((user) => user?.userName === 'jsmith')).toBe(true)
    expect(afterMany).toEqual([1, 1])
    expect([made, updates]).toEqual([2, 2])
  })
})
