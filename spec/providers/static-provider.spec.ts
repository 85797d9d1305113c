import { describe, expect, it } from 'vitest'

import type { UserRecord } from '../../lib/providers/directory-provider.js'
import { StaticProvider, type GroupRecord } from '../../lib/providers/static-provider.js'

const smith: UserRecord = {
  ID: '12F169764253481E89F0E4EA8C1D791A',
  userName: 'jsmith',
  fullName: 'John Smith',
  passwordHash: 'bcrypt_4d$$2b$04$' + 'a'.repeat(53)
}
const zoe: UserRecord = { ID: 'zoe-1', userName: 'Zo\u00eb Q.', fullName: 'Zo\u00eb', passwordHash: null }

function directoryOf(...groups: readonly GroupRecord[]): StaticProvider {
  return new StaticProvider({ users: [smith, zoe], groups })
}

describe('A directory of two arrays', () => {
  it('finds a user by name in any case, composed or not, and shows the spelling of the record', async () => {
    const provider = directoryOf()

    const found = await Promise.all(['ZO\u00cb q.', 'zoe\u0308 Q.', 'Zoe Q.', 'zoe-1', ''].map((name) => provider.findUser(name)))

    expect(found).toEqual([zoe, zoe, null, null, null])
  })

  it('finds a user by a UUID in any spelling, and by another ID in any case', async () => {
    const provider = directoryOf()

    const spellings = ['12f16976-4253-481e-89f0-e4ea8c1d791a', '{12F16976-4253-481E-89F0-E4EA8C1D791A}', 'ZOE-1', 'jsmith']
    const found = await Promise.all(spellings.map((ID) => provider.findUserByID(ID)))

    expect(found).toEqual([smith, smith, zoe, null])
  })

  it('names the groups of a user, outer ones and cycles included', () => {
    const provider = directoryOf(
      { ID: 'g1', name: 'Sales', users: ['jsmith'], groups: ['Office'] },
      { ID: 'g2', name: 'Office', groups: ['g1'] },
      { ID: 'g3', name: 'Empty' }
    )

    expect([smith, zoe].map((user) => provider.groupsOf(user))).toEqual([['Sales', 'Office'], []])
  })

  it('finds users and groups named like members of every object', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    const users = names.map((userName, index) => ({ ID: `u${index}`, userName, fullName: '', passwordHash: null }))
    const groups = names.map((name) => ({ ID: `g-${name}`, name, users: [name] }))

    const provider = new StaticProvider({ users, groups })

    for (const user of users) {
      expect(await provider.findUser(user.userName)).toEqual(user)
      expect(await provider.belongsTo(user, user.userName)).toBe(true)
    }
    expect(await directoryOf().findUser('__proto__')).toBeNull()
    expect(await directoryOf().belongsTo(smith, '__proto__')).toBe(false)
  })

  it('keeps copies: what the caller does to the arrays later changes nothing', async () => {
    const changedAt = new Date(1000)
    const user = { ...smith, disabled: false, credentialsChangedAt: changedAt }
    const members = ['jsmith']
    const group = { ID: 'g1', name: 'Sales', users: members }
    const users = [user]
    const provider = new StaticProvider({ users, groups: [group] })

    user.userName = 'other'
    user.disabled = true
    changedAt.setTime(2000)
    users.length = 0
    members.length = 0
    group.name = 'Other'

    expect(await provider.findUser('jsmith')).toEqual({ ...smith, disabled: false, credentialsChangedAt: new Date(1000) })
    expect(await provider.belongsTo(smith, 'Sales')).toBe(true)
  })

  it('is filled from rows of a database: numbers as IDs, null for what is absent, no full name', async () => {
    const rows = [
      { ID: 7, userName: 'jsmith', fullName: null, passwordHash: null, disabled: null, credentialsChangedAt: null, attributes: null }
    ]
    const provider = new StaticProvider({ users: rows, groups: [{ ID: '1', name: 'Sales', users: ['7'] }] })

    const user = await provider.findUser('jsmith')

    expect(user).toEqual({ ID: '7', userName: 'jsmith', fullName: 'jsmith', passwordHash: null })
    expect(await provider.findUserByID('7')).toBe(user)
    expect(user && (await provider.belongsTo(user, 'Sales'))).toBe(true)
  })

  it('keeps the attributes of a user, which no JSON shows', async () => {
    const provider = new StaticProvider({ users: [{ ...smith, attributes: { email: 'john@example.com' } }] })

    const user = await provider.findUser('jsmith')

    expect(user?.attributes).toEqual({ email: 'john@example.com' })
    expect(JSON.stringify(user)).not.toContain('john@example.com')
  })

  it("takes a hash for a hasher of the host's own", () => {
    expect(() => new StaticProvider({ users: [{ ...smith, passwordHash: '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA' }] })).not.toThrow()
  })

  it('A2.4.1: does not normalise what no name can be', async () => {
    // Composed, it would be a name of 255 characters.
    const decomposed = 'e\u0301'.repeat(255)
    const provider = new StaticProvider({
      users: [{ ...smith, userName: '\u00e9'.repeat(255) }],
      groups: [{ ID: '1', name: '\u00e9'.repeat(255), users: [smith.ID] }]
    })

    expect(await provider.findUser('\u00c9'.repeat(255))).not.toBeNull()
    expect(await provider.findUser(decomposed)).toBeNull()
    expect(await provider.belongsTo(smith, decomposed)).toBe(false)
  })

  it('needs no groups', async () => {
    const provider = new StaticProvider({ users: [smith] })

    const answer = await provider.belongsTo(smith, 'Sales')

    expect(answer).toBe(false)
  })
})

describe('A directory of two arrays refuses', () => {
  const wrong: readonly (readonly [string, unknown, string])[] = [
    ['no directory', undefined, 'directory must be an object, received undefined'],
    ['users that are no array', { users: { jsmith: smith } }, 'users must be an array, received an object'],
    ['a user that is no object', { users: [smith, 'zoe'] }, 'users[1] must be an object, received a string of 3 characters'],
    ['a hole among the users', { users: Array(1) }, 'users[0] must be an object, received undefined'],
    [
      'a user without an ID',
      { users: [{ ...smith, ID: undefined }] },
      'users[0].ID must be a string of 1 to 255 characters, received undefined'
    ],
    ['an empty name', { users: [{ ...smith, userName: '' }] }, "users[0].userName must be a string of 1 to 255 characters, received ''"],
    [
      'a number for a name',
      { users: [{ ...smith, fullName: 7 }] },
      'users[0].fullName must be a string of up to 255 characters, received 7'
    ],
    [
      'a forgotten hash',
      { users: [{ ...smith, passwordHash: undefined }] },
      'users[0].passwordHash must be a hash as a string, or null, received undefined'
    ],
    [
      'an empty hash',
      { users: [{ ...smith, passwordHash: '' }] },
      "users[0].passwordHash must be in one of the formats bcrypt_4d, bcrypt (both up to cost 15) and 4D digest, as hashPassword makes it, or null, received ''"
    ],
    [
      'a promise of a hash',
      { users: [{ ...smith, passwordHash: Promise.resolve('x') }] },
      'users[0].passwordHash must be a hash as a string, or null, received a promise; write await before it'
    ],
    [
      'a word for disabled',
      { users: [{ ...smith, disabled: 'no' }] },
      'users[0].disabled must be true or false, received a string of 2 characters'
    ],
    [
      'a date that is none',
      { users: [{ ...smith, credentialsChangedAt: new Date('x') }] },
      'users[0].credentialsChangedAt must be a valid Date, received an invalid Date'
    ],
    [
      'a name taken already',
      { users: [smith, { ...zoe, userName: 'JSMITH' }] },
      'users[1].userName "JSMITH" is the same as users[0].userName'
    ],
    ['an ID taken already', { users: [smith, { ...zoe, ID: '{12f16976-4253-481e-89f0-e4ea8c1d791a}' }] }, 'is the same as users[0].ID'],
    ['a password in clear', { users: [{ ...smith, passwordHash: 'hunter2' }] }, 'users[0].passwordHash must be in one of the formats'],
    ['a hash that was cut', { users: [{ ...smith, passwordHash: '$2b$10$abc' }] }, 'users[0].passwordHash must be in one of the formats'],
    ['a cost that is never run', { users: [{ ...smith, passwordHash: `$2b$16$${'a'.repeat(53)}` }] }, 'up to cost 15'],
    ['another spelling', { users: [{ id: 7, userName: 'jsmith', passwordHash: null }] }, 'it has id: write ID: row.id'],
    [
      'a name over 255 units',
      { users: [{ ...smith, userName: 'x'.repeat(256) }] },
      'users[0].userName must be a string of 1 to 255 characters'
    ],
    ['an ID over 255 units', { users: [{ ...smith, ID: 'x'.repeat(256) }] }, 'users[0].ID must be a string of 1 to 255 characters'],
    [
      'a NUL in a name',
      { users: [{ ...smith, userName: 'j\0' }] },
      'users[0].userName must be a string of 1 to 255 characters, none of them NUL'
    ],
    [
      'a group name over 255 units',
      { users: [], groups: [{ ID: '1', name: 'x'.repeat(256) }] },
      'groups[0].name must be a string of 1 to 255'
    ],
    ['attributes that JSON cannot hold', { users: [{ ...smith, attributes: { n: NaN } }] }, 'users[0].attributes.n is NaN'],
    ['attributes over 4 KiB', { users: [{ ...smith, attributes: { n: 'x'.repeat(5000) } }] }, 'at most 4096 bytes as JSON, received 5008'],
    ['groups that are no array', { users: [], groups: null }, 'groups must be an array, received null'],
    [
      'a group without a name',
      { users: [], groups: [{ ID: '1' }] },
      'groups[0].name must be a string of 1 to 255 characters, received undefined'
    ],
    [
      'a group name taken already',
      {
        users: [],
        groups: [
          { ID: '1', name: 'e\u0301' },
          { ID: '2', name: '\u00c9' }
        ]
      },
      'is the same as groups[0].name'
    ],
    [
      'a group ID taken already',
      {
        users: [],
        groups: [
          { ID: 'a', name: 'x' },
          { ID: 'A', name: 'y' }
        ]
      },
      'groups[1].ID "A" is the same as groups[0].ID'
    ],
    [
      'an unknown member',
      { users: [smith], groups: [{ ID: '1', name: 'x', users: ['jsmith', 'nobody'] }] },
      "groups[0].users[1] must be a user of this directory, by userName or ID, received 'nobody'"
    ],
    [
      'an unknown inner group',
      { users: [], groups: [{ ID: '1', name: 'x', groups: ['y'] }] },
      "groups[0].groups[0] must be a group of this directory, by name or ID, received 'y'"
    ],
    [
      'members that are no array',
      { users: [], groups: [{ ID: '1', name: 'x', users: 'jsmith' }] },
      "groups[0].users must be an array, received 'jsmith'"
    ]
  ]

  it.each(wrong)('%s', (_what, directory, sentence) => {
    const build = () => Reflect.construct(StaticProvider, [directory]) as unknown

    expect(build).toThrow(TypeError)
    expect(build).toThrow(sentence)
  })

  it('a wrong hash without showing it or the hashes of others', () => {
    const secret = 'q1TzCU0hvFUZnyOPqPJ8Iw=='
    const directories = [
      { users: secret },
      { users: [secret] },
      { users: [{ ...smith, passwordHash: [secret] }] },
      { users: { jsmith: { ...smith, passwordHash: secret } } },
      { users: [{ ...smith, ID: { passwordHash: secret } }] }
    ]

    const messages = directories.map((directory) => messageOf(() => Reflect.construct(StaticProvider, [directory]) as unknown))

    expect(messages).toHaveLength(5)
    for (const message of messages) expect(message).toMatch(/must be .*, received (an? \w+|a string of 24 characters|an array of 1)$/)
  })
})

function messageOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    return String(error)
  }
  return 'nothing was thrown'
}

describe('Membership', () => {
  it('counts a user who is named by name or by ID, in any spelling', async () => {
    const provider = directoryOf(
      { ID: 'g1', name: 'Sales', users: ['JSmith', 'ZOE-1'] },
      { ID: 'g2', name: 'Other', users: ['12f16976-4253-481e-89f0-e4ea8c1d791a'] }
    )

    expect(await provider.belongsTo(smith, 'sales')).toBe(true)
    expect(await provider.belongsTo(zoe, 'SALES')).toBe(true)
    expect(await provider.belongsTo(smith, 'Other')).toBe(true)
    expect(await provider.belongsTo(zoe, 'Other')).toBe(false)
  })

  it('is asked by group name, or by group ID in any spelling', async () => {
    const provider = directoryOf({ ID: '88BAF858143D4B13B26AF48C7A5A7A68', name: 'Sales', users: ['jsmith'] })

    const asked = [
      'Sales',
      '88baf858143d4b13b26af48c7a5a7a68',
      '88BAF858-143D-4B13-B26A-F48C7A5A7A68',
      '{88baf858-143d-4b13-b26a-f48c7a5a7a68}',
      'Unknown',
      ''
    ]
    const answers = await Promise.all(asked.map((group) => provider.belongsTo(smith, group)))

    expect(answers).toEqual([true, true, true, true, false, false])
  })

  it('takes a name before the ID of another group that is spelled the same', async () => {
    const provider = directoryOf({ ID: 'Sales', name: 'Office', users: ['jsmith'] }, { ID: 'g2', name: 'Sales', users: ['zoe-1'] })

    expect(await provider.belongsTo(smith, 'Sales')).toBe(false)
    expect(await provider.belongsTo(zoe, 'Sales')).toBe(true)
    expect(await provider.belongsTo(smith, 'Office')).toBe(true)
  })

  it('goes from an inner group out to every group around it, and not back in', async () => {
    const provider = directoryOf(
      { ID: '1', name: 'World', groups: ['2'] },
      { ID: '2', name: 'Office', groups: ['Sales'] },
      { ID: '3', name: 'Sales', users: ['jsmith'] },
      { ID: '4', name: 'Board', users: ['zoe-1'], groups: [] }
    )

    const answers = await Promise.all(['World', 'Office', 'Sales', 'Board'].map((group) => provider.belongsTo(smith, group)))

    expect(answers).toEqual([true, true, true, false])
  })

  it('tells the groups of a user by name, in the order of the directory, nested ones and cycles included', () => {
    const provider = directoryOf(
      { ID: '1', name: 'World', groups: ['2'] },
      { ID: '2', name: 'Office', groups: ['Sales', 'World'] },
      { ID: '3', name: 'Board', users: ['zoe-1'], groups: ['Board'] },
      { ID: '4', name: 'Sales', users: ['jsmith', smith.ID] }
    )

    expect(provider.groupsOf(smith)).toEqual(['World', 'Office', 'Sales'])
    expect(provider.groupsOf({ ...zoe, ID: 'ZOE-1' })).toEqual(['Board'])
    expect(provider.groupsOf({ ID: 'nobody', userName: 'jsmith', fullName: '' })).toEqual([])
    expect(directoryOf().groupsOf(smith)).toEqual([])
  })

  it('ends in a cycle, where everybody belongs to every group of it', async () => {
    const provider = directoryOf(
      { ID: '1', name: 'A', groups: ['B'], users: ['jsmith'] },
      { ID: '2', name: 'B', groups: ['C', 'B'] },
      { ID: '3', name: 'C', groups: ['A'] },
      { ID: '4', name: 'D', users: ['zoe-1'], groups: ['A'] }
    )

    for (const group of ['A', 'B', 'C', 'D']) {
      expect(await provider.belongsTo(smith, group)).toBe(true)
      expect(await provider.belongsTo(zoe, group)).toBe(group === 'D')
    }
  })

  it('reaches through five thousand levels', async () => {
    const levels = Array.from({ length: 5000 }, (_, level) => ({
      ID: `g${level}`,
      name: `Level ${level}`,
      groups: level === 0 ? [] : [`g${level - 1}`]
    }))
    const provider = directoryOf(...levels, { ID: 'top', name: 'Top', groups: ['g4999'] }, { ID: 'in', name: 'In', users: ['jsmith'] })
    const bottom = new StaticProvider({
      users: [smith],
      groups: levels.map((level, index) => (index === 0 ? { ...level, users: ['jsmith'] } : level))
    })

    expect(await provider.belongsTo(smith, 'Top')).toBe(false)
    expect(await bottom.belongsTo(smith, 'Level 4999')).toBe(true)
  })

  it('has no place for a user who is not in the directory', async () => {
    const provider = directoryOf({ ID: 'g1', name: 'Sales', users: ['jsmith'] })

    const answer = await provider.belongsTo({ ID: 'stranger', userName: 'jsmith', fullName: 'John Smith' }, 'Sales')

    expect(answer).toBe(false)
  })
})
