import { describe, expect, it } from 'vitest'

import { DirectoryError, type DirectoryEvent, type DirectoryProvider, type UserRecord } from '../../lib/index.js'
import { EventRaiser } from '../../lib/event-raiser.js'
import { CheckedProvider, checkUser } from '../../lib/providers/checked-provider.js'

const jsmith: UserRecord = { ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash: 'secret hash' }
const credentials = { userName: 'jsmith', password: 'hunter2' }

type Member = 'findUser' | 'findUserByID' | 'authenticate' | 'belongsTo' | 'updatePasswordHash'
const members: readonly Member[] = ['findUser', 'findUserByID', 'authenticate', 'belongsTo', 'updatePasswordHash']

/** A provider every member of which does the same, and how each is asked. */
function check(answer: () => unknown, timeoutMilliseconds = 1000) {
  const heard: DirectoryEvent[] = []
  const events = new EventRaiser(Date.now)
  events.events.on('event', (event) => heard.push(event))
  const provider = Object.fromEntries(members.map((member) => [member, answer])) as unknown as DirectoryProvider
  const checked = new CheckedProvider(provider, timeoutMilliseconds, events)
  const ask: Record<Member, () => Promise<unknown>> = {
    findUser: () => checked.findUser('jsmith'),
    findUserByID: () => checked.findUserByID('1'),
    authenticate: () => checked.authenticate(credentials, '192.0.2.1'),
    belongsTo: () => checked.belongsTo(jsmith, 'Sales'),
    updatePasswordHash: () => checked.updatePasswordHash(jsmith, 'new hash')
  }
  return { ask, heard }
}

function failureOf(question: Promise<unknown>): Promise<DirectoryError> {
  return question.then(
    () => expect.unreachable('it was answered'),
    (error: unknown) => error as DirectoryError
  )
}

describe('A8.2.1: a provider', () => {
  it.each(members)('that rejects at %s becomes a 503 that names the member and not the cause', async (member) => {
    const { ask, heard } = check(() => Promise.reject(new Error('password authentication failed for user "app"')))

    const failure = await failureOf(ask[member]())

    expect(failure).toMatchObject({ code: 'ERR_PROVIDER_UNAVAILABLE', status: 503, retryAfterSeconds: 1 })
    expect(failure.message).toBe(`provider.${member} failed`)
    expect(failure.cause).toBeInstanceOf(Error)
    expect(heard).toMatchObject([{ event: 'sys_degraded', reason: `provider.${member} failed` }])
  })

  it.each(members)('that throws at %s is no different', async (member) => {
    const { ask } = check(() => {
      throw new TypeError('pool is undefined')
    })

    expect((await failureOf(ask[member]())).message).toBe(`provider.${member} failed`)
  })

  it.each(members)('that does not answer at %s becomes a 503 at the deadline', async (member) => {
    const { ask } = check(() => new Promise(() => undefined), 5)

    expect((await failureOf(ask[member]())).message).toBe(`provider.${member} did not answer within 5 ms`)
  })

  it.each<[Member, unknown, string]>([
    ['findUser', undefined, 'provider.findUser must resolve to a user or null, received undefined'],
    ['findUser', 'jsmith', 'provider.findUser must resolve to a user or null, received a string'],
    ['findUser', {}, 'provider.findUser: ID must be a string that is not empty, received undefined'],
    ['findUser', { ...jsmith, ID: '' }, "provider.findUser: ID must be a string that is not empty, received ''"],
    ['findUser', { ...jsmith, ID: 7 }, 'provider.findUser: ID must be a string that is not empty, received 7'],
    ['findUser', { ...jsmith, userName: '' }, "provider.findUser: userName must be a string that is not empty, received ''"],
    ['findUser', { ...jsmith, fullName: null }, 'provider.findUser: fullName must be a string, received null'],
    ['findUser', { ...jsmith, passwordHash: 7 }, 'provider.findUser: passwordHash must be a string or null, received a number'],
    ['findUser', { ...jsmith, disabled: 1 }, 'provider.findUser: disabled must be true, false or absent, received 1'],
    ['findUserByID', false, 'provider.findUserByID must resolve to a user or null, received a boolean'],
    [
      'findUserByID',
      { ...jsmith, credentialsChangedAt: 5 },
      'provider.findUserByID: credentialsChangedAt must be a valid Date or absent, received 5'
    ],
    [
      'findUserByID',
      { ...jsmith, credentialsChangedAt: new Date(NaN) },
      'provider.findUserByID: credentialsChangedAt must be a valid Date or absent, received an invalid Date'
    ],
    ['authenticate', true, 'provider.authenticate must resolve to a user or null, received a boolean'],
    ['authenticate', {}, 'provider.authenticate: ID must be a string that is not empty, received undefined'],
    ['belongsTo', 1, 'provider.belongsTo must resolve to true or false, received a value of type number'],
    ['belongsTo', null, 'provider.belongsTo must resolve to true or false, received null']
  ])('that answers nonsense at %s (%o) becomes a 503 that says what was wrong', async (member, answer, message) => {
    const { ask, heard } = check(() => Promise.resolve(answer))

    const failure = await failureOf(ask[member]())

    expect(failure).toMatchObject({ code: 'ERR_PROVIDER_UNAVAILABLE', message })
    expect(heard).toMatchObject([{ event: 'sys_degraded', reason: message }])
  })

  it('O secrets: shows neither a hash nor a password in what it fails with', async () => {
    const { ask } = check(() => Promise.resolve({ ...jsmith, ID: { ...jsmith, password: 'hunter2' } }))

    for (const member of ['findUser', 'findUserByID', 'authenticate'] as const) {
      const { message, stack } = await failureOf(ask[member]())
      expect(`${message} ${stack ?? ''}`).not.toMatch(/secret hash|hunter2/)
    }
  })
})

describe('the answer of a provider', () => {
  it.each(['findUser', 'findUserByID', 'authenticate'] as const)('of null at %s is nobody', async (member) => {
    const { ask, heard } = check(() => Promise.resolve(null))

    expect(await ask[member]()).toBeNull()
    expect(heard).toEqual([])
  })

  it('is taken over without what does not belong to it', async () => {
    const changedAt = new Date(5)
    const { ask } = check(() => Promise.resolve({ ...jsmith, disabled: false, credentialsChangedAt: changedAt, salary: 1 }))

    expect(await ask.findUser()).toEqual({ ...jsmith, disabled: false, credentialsChangedAt: changedAt })
    expect(await ask.authenticate()).toEqual({ ID: '1', userName: 'jsmith', fullName: 'John Smith' })
  })

  it('is a copy, which later changes of the provider do not reach', async () => {
    const record = { ...jsmith }
    const { ask } = check(() => Promise.resolve(record))

    const user = await ask.authenticate()
    record.userName = 'administrator'

    expect(user).toMatchObject({ userName: 'jsmith' })
    expect(Object.isFrozen(user)).toBe(true)
  })

  it('may come without a promise', async () => {
    const { ask } = check(() => true)

    expect(await ask.belongsTo()).toBe(true)
  })
})

describe('a provider that is an object of a class', () => {
  it('is asked as one, with its own `this`', async () => {
    class Users implements DirectoryProvider {
      readonly #records = [jsmith]

      findUser(userName: string): Promise<UserRecord | null> {
        return Promise.resolve(this.#records.find((record) => record.userName === userName) ?? null)
      }

      belongsTo(): Promise<boolean> {
        return Promise.resolve(this.#records.length > 0)
      }
    }
    const checked = new CheckedProvider(new Users(), 1000, new EventRaiser(Date.now))

    expect(await checked.findUser('jsmith')).toEqual(jsmith)
    expect(await checked.belongsTo(jsmith, 'Sales')).toBe(true)
    expect([checked.findsByID, checked.checksCredentials, checked.updatesHashes]).toEqual([false, false, false])
  })
})

describe('a user whom a host signs in', () => {
  it('is refused with the member that is wrong', () => {
    expect(() => checkUser({ ID: '1', userName: 'jsmith' }, 'signIn')).toThrow(
      new TypeError('signIn: fullName must be a string, received undefined')
    )
  })
})
