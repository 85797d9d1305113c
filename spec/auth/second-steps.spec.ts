import { describe, expect, it, vi } from 'vitest'

import { MemoryLoginThrottle, type UserRecord } from '../../lib/index.js'
import { authenticator, jsmith } from '../support/authenticator.js'
import { trustingProvider } from '../support/trusting-provider.js'

const right = { userName: 'jsmith', password: 'smith' }

function throttled(limits = {}) {
  const throttle = new MemoryLoginThrottle({ failuresPerAccountAndAddress: 3, failuresPerAccount: 3, ...limits })
  const arranged = authenticator({ throttle })
  let guesses = 0
  return { ...arranged, throttle, guess: () => arranged.logIn({ userName: 'jsmith', password: `guess ${++guesses}` }) }
}

describe('A6.5.1 second step: verify', () => {
  it('says whose the credentials are and logs nobody in', async () => {
    const { authenticator: own, origin, heard } = throttled()

    const proof = await own.verify(right, origin)

    expect(proof?.user).toMatchObject({ ID: '1' })
    expect(heard).toEqual([])
  })

  it('counts a wrong password as a login does', async () => {
    const { authenticator: own, origin, flow } = throttled()
    for (const password of ['a', 'b', 'c']) expect(await own.verify({ userName: 'jsmith', password }, origin)).toBeNull()

    await expect(own.verify(right, origin)).rejects.toMatchObject({ code: 'ERR_THROTTLED' })
    expect(flow()).toEqual([
      'authn_login_fail',
      'authn_login_fail',
      'authn_login_fail',
      'authn_login_fail_max',
      'excess_rate_limit_exceeded'
    ])
  })

  it('resets no failures, and the signIn that completes the login does', async () => {
    const { authenticator: own, origin, guess } = throttled()
    await guess()
    await guess()
    const first = await own.verify(right, origin)
    await guess()
    await expect(guess()).rejects.toMatchObject({ code: 'ERR_THROTTLED' })

    await own.signIn(first?.user ?? jsmith, origin)

    expect(await guess()).toBeNull()
  })

  it('makes no address known, and the signIn that completes the login does', async () => {
    const { authenticator: own, origin, throttle, clock } = throttled()
    const asked = () => throttle.reserve({ account: 'name jsmith', userID: 'ID 1', address: '192.0.2.1', secret: 's', now: clock.now() })
    await own.verify(right, origin)
    const before = await asked()

    await own.signIn(jsmith, origin)

    expect([before, await asked()]).toMatchObject([{ known: false }, { known: true }])
  })
})

describe('A6.5.1 second step: a wrong second factor', () => {
  it('counts as a wrong password, each time, until the user has to wait', async () => {
    const { authenticator: own, origin, heard } = throttled()
    for (let turn = 0; turn < 3; turn++) await own.countFailure(jsmith, origin)

    await expect(own.countFailure(jsmith, origin)).rejects.toMatchObject({ code: 'ERR_THROTTLED', status: 429 })
    await expect(own.verify(right, origin)).rejects.toMatchObject({ code: 'ERR_THROTTLED' })
    expect(heard.filter(({ reason }) => reason === 'wrong second factor')).toHaveLength(3)
    expect(heard.map(({ event }) => event)).toContain('authn_login_fail_max')
  })
})

describe('signIn', () => {
  it('is told of with the way in, after the host has let the user in', async () => {
    const { authenticator: own, origin, heard } = authenticator()

    await own.signIn(jsmith, { ...origin, by: 'oidc' }, (user) => {
      expect([user.ID, heard]).toEqual(['1', []])
      return Promise.resolve(true)
    })

    expect(heard).toMatchObject([{ event: 'authn_login_success', by: 'oidc', userID: '1' }])
  })

  it('of a user whom the host does not let in is a refused login, with its event', async () => {
    const { authenticator: own, origin, flow } = authenticator()

    await expect(own.signIn(jsmith, origin, () => Promise.resolve(false))).rejects.toMatchObject({ code: 'ERR_LOGIN_FAILED', status: 401 })
    expect(flow()).toEqual(['authn_login_fail'])
  })
})

describe('confirmPassword', () => {
  it('says since when it is known again, and takes only the password of that user', async () => {
    const { authenticator: own, origin, clock } = authenticator()
    clock.passSeconds(60)

    const [confirmed, wrong] = [await own.confirmPassword(jsmith, 'smith', origin), await own.confirmPassword(jsmith, 'other', origin)]

    expect(confirmed).toMatchObject({ user: { ID: '1' }, authenticatedAt: clock.now() - 1 })
    expect(wrong).toBeNull()
  })

  it.each([undefined, null, 7, {}, ''])('takes %j for a wrong one', async (password) => {
    const { authenticator: own, origin, flow } = authenticator()

    expect(await own.confirmPassword(jsmith, password, origin)).toBeNull()
    expect(flow()).toEqual(['authn_login_fail'])
  })

  it('finds the user by ID where the provider can, since the name may be another now', async () => {
    const renamed: UserRecord = { ...jsmith, userName: 'john' }
    const { authenticator: own, origin } = authenticator({ provider: { findUserByID: () => Promise.resolve(renamed) } })

    expect(await own.confirmPassword(jsmith, 'smith', origin)).toMatchObject({ user: { userName: 'john' } })
  })

  it('does not take the password of somebody else who has the name by now', async () => {
    const { authenticator: own, origin } = authenticator()

    expect(await own.confirmPassword({ ...jsmith, ID: '9' }, 'smith', origin)).toBeNull()
  })

  it('is throttled as logins are', async () => {
    const { authenticator: own, origin } = throttled()
    for (const password of ['a', 'b', 'c']) await own.confirmPassword(jsmith, password, origin)

    await expect(own.confirmPassword(jsmith, 'smith', origin)).rejects.toMatchObject({ code: 'ERR_THROTTLED' })
  })
})

describe('mayLogIn', () => {
  it('is asked after the password, and of nobody whose password is wrong', async () => {
    const admitted: string[] = []
    const { logIn } = authenticator()
    const admit = (user: { userName: string }) => Promise.resolve(admitted.push(user.userName) > 0)

    await logIn({ userName: 'jsmith', password: 'wrong' }, admit)
    await logIn({ userName: 'nobody', password: 'smith' }, admit)
    await logIn(right, admit)

    expect(admitted).toEqual(['jsmith'])
  })

  it('that says no makes a refused login that counts: no address becomes known, and no hash is renewed', async () => {
    const throttle = new MemoryLoginThrottle({ failuresPerAccount: 2 })
    const { logIn, flow, clock } = authenticator({
      throttle,
      provider: { updatePasswordHash: () => expect.unreachable('nothing is to be renewed') },
      passwords: { upgrade: () => Promise.resolve('renewed hash') }
    })
    const refuse = () => Promise.resolve(false)

    const answers = [await logIn(right, refuse), await logIn(right, refuse)]
    const asked = await throttle.reserve({ account: 'name jsmith', userID: 'ID 1', address: '192.0.2.1', secret: 's', now: clock.now() })

    expect(answers).toEqual([null, null])
    expect(asked).toMatchObject({ allowed: false, limit: 'account' })
    expect(flow()).toEqual(['authn_login_fail', 'authn_login_fail', 'authn_login_fail_max'])
  })

  it('that said no does not make the right password a wrong one', async () => {
    const { logIn } = authenticator({ throttle: new MemoryLoginThrottle({ failuresPerAccountAndAddress: 50, failuresPerAccount: 50 }) })
    for (let turn = 0; turn < 15; turn++) await logIn(right, () => Promise.resolve(false))

    expect(await logIn(right, () => Promise.resolve(true))).toMatchObject({ ID: '1' })
  })

  it('that fails makes a login that could not be decided, and counts for nothing', async () => {
    const { logIn } = authenticator({ throttle: new MemoryLoginThrottle({ failuresPerAccount: 1 }) })

    await expect(logIn(right, () => Promise.reject(new Error('down')))).rejects.toThrow('down')
    expect(await logIn(right)).toMatchObject({ ID: '1' })
  })
})

describe('unlock', () => {
  it('takes an ID or a name in any spelling, and says whether anything was locked', async () => {
    for (const user of ['1', 'jsmith', 'JSmith']) {
      const throttle = new MemoryLoginThrottle({ failuresPerAccountAndAddress: 1, failuresPerAccount: 1 })
      const { authenticator: own, logIn } = authenticator({
        throttle,
        provider: {
          findUser: (name) => Promise.resolve(name.toLowerCase() === 'jsmith' ? jsmith : null),
          findUserByID: (ID) => Promise.resolve(ID === '1' ? jsmith : null)
        }
      })
      await logIn({ userName: 'jsmith', password: 'wrong' })

      expect([user, await own.unlock(user), await own.unlock(user), await logIn(right)]).toEqual([user, true, false, expect.anything()])
    }
  })

  it('asks no provider who cannot be anybody', async () => {
    const findUser = vi.fn(() => Promise.resolve(null))
    const { authenticator: own } = authenticator({ throttle: new MemoryLoginThrottle(), provider: { findUser } })

    expect([await own.unlock('jsmith\0'), await own.unlock('x'.repeat(256))]).toEqual([false, false])
    expect(findUser).not.toHaveBeenCalled()
  })

  it.each(['', 'x'.repeat(256), 'nobody'])('says no of what nobody is called: %j', async (user) => {
    const { authenticator: own } = authenticator({ throttle: new MemoryLoginThrottle() })

    expect(await own.unlock(user)).toBe(false)
  })

  it('says no without a throttle', async () => {
    const { authenticator: own } = authenticator({ provider: trustingProvider })

    expect(await own.unlock('jsmith')).toBe(false)
  })
})
