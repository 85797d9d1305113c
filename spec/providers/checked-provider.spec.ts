import { describe, expect, it } from 'vitest'

import { DirectoryError, type DirectoryEvent, type DirectoryProvider, type UserRecord } from '../../lib/index.js'
import { EventRaiser } from '../../lib/event-raiser.js'
import { isVerifiable } from '../../lib/passwords/password-formats.js'
import { CheckedProvider } from '../../lib/providers/checked-provider.js'
import { checkUser } from '../../lib/providers/directory-user.js'

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

describe('A16.5.2: a provider', () => {
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
    ['findUser', 'jsmith', 'provider.findUser must resolve to a user or null, received a string of 6 characters'],
    ['findUser', {}, 'provider.findUser: ID must be a string of 1 to 255 characters, received undefined'],
    ['findUser', { ...jsmith, ID: '' }, "provider.findUser: ID must be a string of 1 to 255 characters, received ''"],
    ['findUser', { ...jsmith, ID: 7.5 }, 'provider.findUser: ID must be a string of 1 to 255 characters, received 7.5'],
    ['findUser', { ...jsmith, ID: 2 ** 53 }, 'provider.findUser: ID must be a string of 1 to 255 characters, received 9007199254740992'],
    [
      'findUser',
      { ...jsmith, ID: 'x'.repeat(256) },
      'provider.findUser: ID must be a string of 1 to 255 characters, received a string of 256 characters'
    ],
    ['findUser', { ...jsmith, userName: '' }, "provider.findUser: userName must be a string of 1 to 255 characters, received ''"],
    [
      'findUser',
      { ...jsmith, userName: 'x'.repeat(256) },
      'provider.findUser: userName must be a string of 1 to 255 characters, received a string of 256 characters'
    ],
    ['findUser', { ...jsmith, fullName: 7 }, 'provider.findUser: fullName must be a string of up to 255 characters, received 7'],
    [
      'findUser',
      { ...jsmith, passwordHash: undefined },
      'provider.findUser: passwordHash must be a hash as a string, or null, received undefined'
    ],
    ['findUser', { ...jsmith, passwordHash: 7 }, 'provider.findUser: passwordHash must be a hash as a string, or null, received 7'],
    ['findUser', { ...jsmith, disabled: 1 }, 'provider.findUser: disabled must be true or false, received 1'],
    ['findUserByID', false, 'provider.findUserByID must resolve to a user or null, received false'],
    ['findUserByID', undefined, 'provider.findUserByID must resolve to a user or null, received undefined'],
    [
      'findUserByID',
      { ...jsmith, credentialsChangedAt: 5 },
      'provider.findUserByID: credentialsChangedAt must be a valid Date, received 5'
    ],
    [
      'findUserByID',
      { ...jsmith, credentialsChangedAt: new Date(NaN) },
      'provider.findUserByID: credentialsChangedAt must be a valid Date, received an invalid Date'
    ],
    ['authenticate', true, 'provider.authenticate must resolve to a user or null, received true'],
    ['authenticate', {}, 'provider.authenticate: ID must be a string of 1 to 255 characters, received undefined'],
    [
      'authenticate',
      { ...jsmith, attributes: '{}' },
      'provider.authenticate: attributes must be a plain object, received a string of 2 characters; write JSON.parse(row.attributes)'
    ],
    ['authenticate', { ...jsmith, attributes: [] }, 'provider.authenticate: attributes must be a plain object, received []'],
    [
      'authenticate',
      { ...jsmith, attributes: { since: new Date(0) } },
      'provider.authenticate: attributes.since is an instance of Date, which JSON cannot hold: write date.toISOString()'
    ],
    [
      'authenticate',
      { ...jsmith, attributes: { a: 'x'.repeat(4089) } },
      'provider.authenticate: attributes must be at most 4096 bytes as JSON, received 4097'
    ],
    ['belongsTo', 1, 'provider.belongsTo must resolve to true or false, received 1'],
    ['belongsTo', undefined, 'provider.belongsTo must resolve to true or false, received undefined'],
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

describe('a row of a database', () => {
  it('has SQL null for what is absent', async () => {
    const row = {
      ID: '1',
      userName: 'jsmith',
      fullName: null,
      passwordHash: null,
      disabled: null,
      credentialsChangedAt: null,
      attributes: null
    }
    const { ask, heard } = check(() => Promise.resolve(row))

    expect(await ask.findUser()).toEqual({ ID: '1', userName: 'jsmith', fullName: 'jsmith', passwordHash: null })
    expect(await ask.findUserByID()).toEqual(await ask.findUser())
    expect(heard).toEqual([])
  })

  it('needs no full name', async () => {
    const { ask } = check(() => Promise.resolve({ ID: '1', userName: 'jsmith', passwordHash: null }))

    expect(await ask.authenticate()).toEqual({ ID: '1', userName: 'jsmith', fullName: 'jsmith' })
  })

  it.each([
    [7, '7'],
    [0, '0'],
    [-7, '-7'],
    [9_007_199_254_740_993n, '9007199254740993'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991']
  ])('has a number for an ID, which goes on as its digits: %s', async (ID, digits) => {
    const { ask } = check(() => Promise.resolve({ ...jsmith, ID }))

    expect(await ask.findUser()).toMatchObject({ ID: digits })
    expect(await ask.authenticate()).toMatchObject({ ID: digits })
  })

  it.each(['findUser', 'authenticate'] as const)('that was not found may be undefined: nobody at %s', async (member) => {
    const { ask, heard } = check(() => Promise.resolve(undefined))

    expect(await ask[member]()).toBeNull()
    expect(heard).toEqual([])
  })

  it.each([
    [
      { id: 1, userName: 'jsmith', passwordHash: null },
      'ID must be a string of 1 to 255 characters, received undefined; it has id: write ID: row.id'
    ],
    [{ Id: 1, userName: 'jsmith', passwordHash: null }, 'it has Id: write ID: row.Id'],
    [{ ID: 1, user_name: 'jsmith', passwordHash: null }, 'it has user_name: write userName: row.user_name'],
    [{ ID: 1, username: 'jsmith', passwordHash: null }, 'it has username: write userName: row.username'],
    [{ ID: 1, userName: 'jsmith', password_hash: null }, 'it has password_hash: write passwordHash: row.password_hash']
  ])('with a column in another spelling gets an error that says so: %j', async (row, words) => {
    const { ask } = check(() => Promise.resolve(row))

    expect((await failureOf(ask.findUser())).message).toContain(words)
  })

  it('may be an object whose members are getters of its class', async () => {
    class Row {
      readonly #columns = { id: 7, name: 'jsmith' }
      get ID() {
        return this.#columns.id
      }
      get userName() {
        return this.#columns.name
      }
    }
    const { ask } = check(() => Promise.resolve(new Row()))

    expect(await ask.authenticate()).toEqual({ ID: '7', userName: 'jsmith', fullName: 'jsmith' })
  })
})

describe('the attributes of a user', () => {
  it.each(['findUser', 'findUserByID', 'authenticate'] as const)('come from %s as a frozen copy that no JSON shows', async (member) => {
    const attributes = { email: 'john@example.com', roles: ['buyer'] }
    const { ask } = check(() => Promise.resolve({ ...jsmith, attributes }))

    const user = (await ask[member]()) as UserRecord
    attributes.roles.push('admin')

    expect(user.attributes).toEqual({ email: 'john@example.com', roles: ['buyer'] })
    expect(Object.isFrozen(user.attributes)).toBe(true)
    expect(Object.isFrozen((user.attributes as typeof attributes).roles)).toBe(true)
    expect(JSON.stringify(user)).not.toContain('john@example.com')
    expect(Object.keys({ ...user })).not.toContain('attributes')
  })

  it('are an empty object where there are none', async () => {
    const { ask } = check(() => Promise.resolve(jsmith))

    expect((await ask.authenticate()) as UserRecord).toHaveProperty('attributes', {})
  })

  it('may be taken from a user whom the directory has handed out', () => {
    const user = checkUser({ ...jsmith, attributes: { email: 'john@example.com' } }, 'signIn')

    expect(checkUser(user, 'signIn').attributes).toEqual({ email: 'john@example.com' })
  })

  it.each<[object]>([[{}], [{ a: 'x'.repeat(4088) }], [{ constructor: null, toString: [1] }]])(
    'may be any JSON of up to 4096 bytes',
    async (attributes) => {
      const { ask } = check(() => Promise.resolve({ ...jsmith, attributes }))

      expect(((await ask.authenticate()) as UserRecord).attributes).toEqual(attributes)
    }
  )
})

describe('a hash that nothing could fit', () => {
  function checkHash(passwordHash: string, isKnownHash: ((hash: string) => boolean) | null = isVerifiable) {
    const heard: DirectoryEvent[] = []
    const events = new EventRaiser(Date.now)
    events.events.on('sys_degraded', (event) => heard.push(event))
    const find = (name: string) => Promise.resolve({ ID: name, userName: name, passwordHash })
    return { checked: new CheckedProvider({ findUser: find, findUserByID: find }, 1000, events, isKnownHash), heard }
  }

  it.each(['in clear', '$argon2id$v=19$m=65536', `$2b$16$${'a'.repeat(53)}`, '$2b$10$short', '5f4dcc3b5aa765d61d8327deb882cf99'])(
    'is told once for each user: %s',
    async (passwordHash) => {
      const { checked, heard } = checkHash(passwordHash)

      await checked.findUser('jsmith')
      await checked.findUser('jsmith')
      await checked.findUserByID('jsmith')
      await checked.findUser('zoe')

      expect(heard.map(({ userID, reason }) => [userID, reason.startsWith('provider.findUser: passwordHash')])).toEqual([
        ['jsmith', true],
        ['zoe', true]
      ])
      expect(JSON.stringify(heard)).not.toContain(passwordHash)
    }
  )

  it("is a hasher's own affair where the host brings one", async () => {
    const { checked, heard } = checkHash('$argon2id$v=19$m=65536', null)

    await checked.findUser('jsmith')

    expect(heard).toEqual([])
  })
})

describe('admitsGuests', () => {
  it.each([
    [undefined, true],
    [null, true],
    [true, true],
    [false, false]
  ])('of %s is %s', (admitsGuests, answer) => {
    const provider = { findUser: () => Promise.resolve(null), admitsGuests } as DirectoryProvider

    expect(new CheckedProvider(provider, 1000, new EventRaiser(Date.now)).admitsGuests).toBe(answer)
  })

  it('is read anew each time, and is no excuse for nonsense', () => {
    const provider: { findUser: () => Promise<null>; admitsGuests: unknown } = { findUser: () => Promise.resolve(null), admitsGuests: true }
    const checked = new CheckedProvider(provider as DirectoryProvider, 1000, new EventRaiser(Date.now))

    expect(checked.admitsGuests).toBe(true)
    provider.admitsGuests = false
    expect(checked.admitsGuests).toBe(false)
    provider.admitsGuests = 'no'
    expect(() => checked.admitsGuests).toThrow('provider.admitsGuests must be true, false or absent')
  })

  it('A16.5.2: that cannot be told is a failure of the provider', () => {
    class Users implements DirectoryProvider {
      findUser = () => Promise.resolve(null)
      get admitsGuests(): boolean {
        throw new Error('settings not loaded')
      }
    }
    const checked = new CheckedProvider(new Users(), 1000, new EventRaiser(Date.now))

    expect(() => checked.admitsGuests).toThrow(expect.objectContaining({ code: 'ERR_PROVIDER_UNAVAILABLE' }) as Error)
  })
})

describe('a provider without groups', () => {
  it('has nobody in any', async () => {
    const checked = new CheckedProvider({ findUser: () => Promise.resolve(null) }, 1000, new EventRaiser(Date.now))

    expect(await checked.belongsTo(jsmith, 'Sales')).toBe(false)
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
    expect(() => checkUser({ ID: '1', fullName: 'John Smith' }, 'signIn')).toThrow(
      new TypeError('signIn: userName must be a string of 1 to 255 characters, received undefined')
    )
  })
})
