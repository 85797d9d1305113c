import { execFileSync } from 'node:child_process'
import { mkdtemp, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { digest4D } from '../../../lib/passwords/digest-4d.js'
import { DirectoryFileError } from '../../../lib/providers/directory-file/error.js'
import { DirectoryFileProvider, type DirectoryFileOptions } from '../../../lib/providers/directory-file/provider.js'

const bcrypt = '$2y$10$' + 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.'
const project = {
  users: {
    designer: { alias: 'Boss', password: digest4D('pass') },
    administrator: { alias: 'Admin' },
    'zoe q': { password: bcrypt, startupMethod: 'M_start' }
  },
  groups: {
    Sales: { users: ['Boss', 'zoe q'] },
    Office: { users: ['Admin'], groups: ['Sales'] },
    Empty: {}
  },
  settings: {},
  sqlSchemaGranters: {},
  remoteGranters: {}
}

let folder: string
let files = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'directory-file-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function write(content: unknown): Promise<string> {
  const path = join(folder, `directory-${files++}.json`)
  await writeFile(path, typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content))
  return path
}

async function open(content: unknown, options?: DirectoryFileOptions): Promise<DirectoryFileProvider> {
  return DirectoryFileProvider.open(await write(content), options)
}

async function failure(content: unknown): Promise<DirectoryFileError> {
  const error: unknown = await open(content).catch((reason: unknown) => reason)
  if (!(error instanceof DirectoryFileError)) throw new Error(`expected a DirectoryFileError, got ${inspect(error)}`)
  return error
}

async function belongs(provider: DirectoryFileProvider, userName: string, group: string): Promise<boolean> {
  const user = await provider.findUser(userName)
  if (!user) throw new Error(`nobody is called ${userName}`)
  return provider.belongsTo(user, group)
}

describe('The users of a project', () => {
  it('are found by the name that 4D shows: the alias of the two fixed users, the key of the others', async () => {
    const provider = await open(project)

    expect(await provider.findUser('Boss')).toMatchObject({
      userName: 'Boss',
      fullName: 'Boss',
      passwordHash: digest4D('pass'),
      disabled: false
    })
    expect(await provider.findUser('ADMIN')).toMatchObject({ userName: 'Admin' })
    expect(await provider.findUser('Zoe Q')).toMatchObject({ userName: 'zoe q', fullName: 'zoe q', passwordHash: bcrypt })
    expect(await provider.findUser('designer')).toBeNull()
    expect(await provider.findUser('administrator')).toBeNull()
  })

  it('are found by their key where a fixed user has no alias or an empty one, and where another user has one', async () => {
    const provider = await open({ users: { designer: {}, administrator: { alias: '' }, joe: { alias: 'Joseph' } } })

    const found = await Promise.all(['designer', 'administrator', 'joe', 'Joseph'].map((name) => provider.findUser(name)))

    expect(found.map((user) => user?.userName)).toEqual(['designer', 'administrator', 'joe', undefined])
  })

  it('have the empty password where the file holds none', async () => {
    const provider = await open({ users: { a: {}, b: { password: '' } } })

    expect(await provider.findUser('a')).toMatchObject({ passwordHash: digest4D('') })
    expect(await provider.findUser('b')).toMatchObject({ passwordHash: digest4D('') })
  })

  it('have IDs made of the key alone, the same on every machine and after a new alias', async () => {
    const provider = await open(project)
    const renamed = await open({ ...project, users: { designer: { alias: 'Chief' } } })

    const boss = await provider.findUser('Boss')
    const chief = await renamed.findUser('Chief')

    // printf 'user:designer' | sha256sum
    expect(boss?.ID).toBe('F067DA2206109FA903DF25E91F59C581')
    expect(chief?.ID).toBe(boss?.ID)
    expect(await provider.findUserByID(boss?.ID.toLowerCase() ?? '')).toBe(boss)
  })

  it('may be called like members of every object, and hold dots, quotes and accents in any composition', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'O\'Brien "x".y', 'Zo\u00eb', '\u5f20\u4f1f', ' ', '\ud83d\ude00', '']
    const users = names.map((name) => `${JSON.stringify(name)}: {}`).join(',')
    const groups = names.map((name) => `${JSON.stringify(name)}: {"users": [${JSON.stringify(name)}]}`).join(',')

    const provider = await open(`{"users": {${users}}, "groups": {${groups}}}`)

    for (const name of names) {
      expect(await provider.findUser(name)).toMatchObject({ userName: name })
      for (const group of names) expect(await belongs(provider, name, group)).toBe(name === group)
    }
    expect(await provider.findUser('zoe\u0308')).toMatchObject({ userName: 'Zo\u00eb' })
    expect(await provider.findUser('hasOwnProperty')).toBeNull()
  })

  it('are there behind a byte order mark, among members that 4D adds', async () => {
    const provider = await open(
      '\ufeff' + JSON.stringify({ ...project, future: [{ deep: null }], users: { joe: { more: 1e300, last: [] } } })
    )

    expect(await provider.findUser('joe')).not.toBeNull()
  })

  it('are there in a file of 150 kB and more', async () => {
    const users = Object.fromEntries(
      Array.from({ length: 2000 }, (_, index) => [`user number ${index}`, { password: digest4D(String(index)) }])
    )
    const groups = { All: { users: Object.keys(users) } }

    const provider = await open({ users, groups })

    expect(await belongs(provider, 'User Number 1999', 'all')).toBe(true)
  })
})

describe('The groups of a project', () => {
  it('name the fixed users by alias, and count the users of inner groups', async () => {
    const provider = await open(project)

    expect(await belongs(provider, 'Boss', 'sales')).toBe(true)
    expect(await belongs(provider, 'Boss', 'OFFICE')).toBe(true)
    expect(await belongs(provider, 'Admin', 'Office')).toBe(true)
    expect(await belongs(provider, 'Admin', 'Sales')).toBe(false)
    expect(await belongs(provider, 'zoe q', 'Empty')).toBe(false)
    expect(await belongs(provider, 'zoe q', 'Unknown')).toBe(false)
  })

  it('have IDs made of their name', async () => {
    const provider = await open(project)

    // printf 'group:Sales' | sha256sum
    expect(await belongs(provider, 'Boss', '05B968C1F8633690444301357B2187A6')).toBe(true)
    expect(await belongs(provider, 'Admin', '05B968C1F8633690444301357B2187A6')).toBe(false)
  })

  it('may contain each other', async () => {
    const provider = await open({
      users: { a: {}, b: {} },
      groups: { X: { groups: ['Y'], users: ['a'] }, Y: { groups: ['X', 'Y'], users: ['b'] } }
    })

    for (const group of ['X', 'Y']) {
      expect(await belongs(provider, 'a', group)).toBe(true)
      expect(await belongs(provider, 'b', group)).toBe(true)
    }
  })

  it('may be called like a user', async () => {
    const provider = await open({ users: { Sales: {}, joe: {} }, groups: { Sales: { users: ['joe'] } } })

    expect(await belongs(provider, 'joe', 'Sales')).toBe(true)
    expect(await belongs(provider, 'Sales', 'Sales')).toBe(false)
  })

  it('that name somebody unknown are a warning that lists them', async () => {
    const provider = await open({
      users: { joe: {} },
      groups: { A: { users: ['joe', 'ann', 'b "b"'], groups: ['B', 'A'] }, C: { users: ['joe'] } }
    })

    expect(provider.warnings).toEqual([
      'The group "A" names users that are not there: "ann", "b \\"b\\""',
      'The group "A" names groups that are not there: "B"'
    ])
    expect(await belongs(provider, 'joe', 'A')).toBe(true)
    expect((await open(project)).warnings).toEqual([])
  })
})

describe('A warning', () => {
  it('shows control characters and marks of direction escaped, long names cut, and many names counted', async () => {
    const users = ['\u001b[31m', 'a\u202eb', '\u2066', '\u009b', 'line\u2028end', 'y'.repeat(1000)]
    const many = Array.from({ length: 30 }, (_, index) => `nobody ${index}`)
    const provider = await open({
      users: {},
      groups: { 'S\u202eA': { users }, Many: { users: many } },
      settings: { localMobileAccessGroupRW: '\u202e' }
    })

    const text = provider.warnings.join('\n')

    // eslint-disable-next-line no-control-regex -- these are what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/u)
    expect(text).toContain('"S\\u202eA"')
    expect(text).toContain('"\\u001b[31m", "a\\u202eb", "\\u2066", "\\u009b", "line\\u2028end"')
    expect(text).not.toContain('y'.repeat(256))
    expect(text).toContain('"nobody 19" and 10 more')
  })
})

describe('The groups of a user', () => {
  it('are told by name, inner ones included', async () => {
    const provider = await open(project)
    const [boss, admin] = [await provider.findUser('Boss'), await provider.findUser('Admin')]

    expect(boss && provider.groupsOf(boss)).toEqual(['Sales', 'Office'])
    expect(admin && provider.groupsOf(admin)).toEqual(['Office'])
  })
})

describe('Visitors without a name', () => {
  it.each([
    [undefined, {}, true],
    [{}, {}, true],
    [{ localMobileAccessGroupRW: '*' }, {}, true],
    [{ localMobileAccessGroupRW: 'Sales' }, {}, false],
    [{ localMobileAccessGroupRW: '' }, {}, false],
    [{ localMobileAccessGroupRW: 'Gone' }, {}, false],
    [{ localMobileAccessGroupRW: 'Sales' }, { restGroup: false }, true]
  ])('with the settings %j and the options %j are admitted: %s', async (settings, options, admitsGuests) => {
    const provider = await open({ ...project, settings }, options)

    expect(provider.admitsGuests).toBe(admitsGuests)
  })
})

describe('The group that may use REST', () => {
  async function letIn(settings: unknown, options?: DirectoryFileOptions): Promise<string[]> {
    const provider = await open({ ...project, settings }, options)
    const found = await Promise.all(['Boss', 'Admin', 'zoe q'].map((name) => provider.findUser(name)))
    for (const user of found) expect((await provider.findUserByID(user?.ID ?? ''))?.disabled).toBe(user?.disabled)
    return found.filter((user) => user?.disabled === false).map((user) => user?.userName ?? '')
  }

  it('is everybody where none is set, or "*"', async () => {
    expect(await letIn(undefined)).toEqual(['Boss', 'Admin', 'zoe q'])
    expect(await letIn({})).toEqual(['Boss', 'Admin', 'zoe q'])
    expect(await letIn({ localMobileAccessGroupRW: '*' })).toEqual(['Boss', 'Admin', 'zoe q'])
  })

  it('is nobody where it is the empty text', async () => {
    expect(await letIn({ localMobileAccessGroupRW: '' })).toEqual([])
  })

  it('is its members, those of inner groups too', async () => {
    expect(await letIn({ localMobileAccessGroupRW: 'sales' })).toEqual(['Boss', 'zoe q'])
    expect(await letIn({ localMobileAccessGroupRW: 'Office' })).toEqual(['Boss', 'Admin', 'zoe q'])
    expect(await letIn({ localMobileAccessGroupRW: 'Empty' })).toEqual([])
  })

  it('is nobody, with a warning, where there is no such group', async () => {
    const settings = { localMobileAccessGroupRW: 'Gone' }

    expect(await letIn(settings)).toEqual([])
    expect((await open({ ...project, settings })).warnings).toEqual([
      expect.stringMatching(/^settings\.localMobileAccessGroupRW .*"Gone"$/)
    ])
  })

  it('does not count with restGroup: false', async () => {
    expect(await letIn({ localMobileAccessGroupRW: '' }, { restGroup: false })).toEqual(['Boss', 'Admin', 'zoe q'])
  })
})

describe('A directory file that cannot be opened', () => {
  it('is not there', async () => {
    const path = join(folder, 'missing.json')

    await expect(DirectoryFileProvider.open(path)).rejects.toMatchObject({ name: 'DirectoryFileError', code: 'ERR_FILE_NOT_FOUND', path })
    await expect(DirectoryFileProvider.open(join(await write({}), 'below.json'))).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' })
  })

  it('is not readable: a folder, a circle of links, no path at all', async () => {
    const circle = join(folder, 'circle.json')
    await symlink(circle, circle)
    await mkdir(join(folder, 'Settings'))

    for (const path of [join(folder, 'Settings'), circle, join(folder, 'a\u0000b')]) {
      await expect(DirectoryFileProvider.open(path)).rejects.toMatchObject({
        name: 'DirectoryFileError',
        code: 'ERR_FILE_NOT_READABLE',
        path
      })
    }
  })

  it.skipIf(process.platform === 'win32')('is a pipe or a device, which is not waited for', async () => {
    const pipe = join(folder, 'pipe.json')
    execFileSync('mkfifo', [pipe])

    for (const path of [pipe, '/dev/null', '/dev/zero']) {
      await expect(DirectoryFileProvider.open(path)).rejects.toMatchObject({
        code: 'ERR_FILE_NOT_READABLE',
        message: `${path}: is a pipe, a socket or a device, and not a file`
      })
    }
  })

  it('is larger than any directory, and is not read', async () => {
    const path = await write('')
    // A file with a hole: reading a terabyte of it would take hours.
    await truncate(path, 2 ** 40)

    await expect(DirectoryFileProvider.open(path)).rejects.toMatchObject({
      code: 'ERR_FILE_NOT_READABLE',
      message: expect.stringMatching(/64 MiB/) as string
    })
    await rm(path)
  })

  it('is not JSON, which is told with line and column', async () => {
    const error = await failure('{\n  "users": {\n    "joe": {},\n  }\n}')

    expect(error).toMatchObject({ code: 'ERR_NOT_JSON', line: 4, column: 3 })
    expect(error.message).toMatch(/line 4, column 3$/)
  })

  it('is not UTF-8', async () => {
    const error = await failure(Buffer.from('{"users":\n{"Zo\u00eb": {}}}', 'latin1'))

    expect(error).toMatchObject({ code: 'ERR_NOT_JSON', line: 2, column: 5 })
  })

  it.each([
    ['a list', [], '', 'the file must be an object, received []'],
    ['no users', {}, 'users', 'users must be an object, received undefined'],
    ['a list of users', { users: [] }, 'users', 'users must be an object, received []'],
    [
      'a user that is text',
      { users: { 'zoe q': 'secret' } },
      'users["zoe q"]',
      'users["zoe q"] must be an object, received a string of 6 characters'
    ],
    [
      'an alias that is a number',
      { users: { designer: { alias: 7 } } },
      'users.designer.alias',
      'users.designer.alias must be a string, received 7'
    ],
    [
      'a password that is null',
      { users: { joe: { password: null } } },
      'users.joe.password',
      'users.joe.password must be a 4D digest of 24 characters or a bcrypt hash of 60, or absent, received null'
    ],
    [
      'a password in clear',
      { users: { joe: { password: 'secret' } } },
      'users.joe.password',
      'users.joe.password must be a 4D digest of 24 characters or a bcrypt hash of 60, or absent, received a string of 6 characters'
    ],
    ['groups that are null', { users: {}, groups: null }, 'groups', 'groups must be an object, received null'],
    [
      'members that are an object',
      { users: {}, groups: { A: { users: {} } } },
      'groups.A.users',
      'groups.A.users must be an array, received {}'
    ],
    [
      'a member that is a number',
      { users: {}, groups: { A: { groups: ['B', 7] } } },
      'groups.A.groups[1]',
      'groups.A.groups[1] must be a string, received 7'
    ],
    [
      'a setting that is a list',
      { users: {}, settings: { localMobileAccessGroupRW: [] } },
      'settings.localMobileAccessGroupRW',
      'settings.localMobileAccessGroupRW must be a string, received []'
    ],
    [
      'a name over 255 units',
      { users: { ['x'.repeat(256)]: {} } },
      `users.${'x'.repeat(256)}`,
      `the name that begins as users.${'x'.repeat(40)} must be at most 255 characters long, received 256`
    ],
    [
      'an alias over 255 units',
      { users: { designer: { alias: 'x'.repeat(256) } } },
      'users.designer.alias',
      'users.designer.alias must be at most 255 characters long, received a string of 256 characters'
    ],
    [
      'a NUL in a name',
      { users: { 'j\0': {} } },
      'users["j\\u0000"]',
      'the name users["j\\u0000"] must be without NUL, or nobody could log in under it'
    ],
    [
      'a NUL in an alias',
      { users: { designer: { alias: 'j\0' } } },
      'users.designer.alias',
      'users.designer.alias must be without NUL, or nobody could log in under it, received a string of 2 characters'
    ],
    [
      'half a character as a name',
      { users: { '\ud83d': {} } },
      'users["\\ud83d"]',
      'the name users["\\ud83d"] must be Unicode text, received half a surrogate pair'
    ]
  ])('has another shape: %s', async (_what, content, jsonPath, sentence) => {
    const error = await failure(content)

    expect(error).toMatchObject({ code: 'ERR_SHAPE', jsonPath })
    expect(error.message).toBe(`${error.path}: ${sentence}`)
  })

  it.each([
    ['two users in another case', { users: { joe: {}, JOE: {} } }],
    ['two users in another composition', { users: { 'Zo\u00eb': {}, 'Zoe\u0308': {} } }],
    ['an alias that is another user', { users: { designer: { alias: 'Joe' }, joe: {} } }],
    ['two aliases', { users: { designer: { alias: 'Joe' }, administrator: { alias: 'JOE' } } }],
    ['two groups', { users: {}, groups: { sales: {}, Sales: {} } }]
  ])('has a name twice: %s', async (_what, content) => {
    const error = await failure(content)

    expect(error.code).toBe('ERR_DUPLICATE_NAME')
    expect(error.jsonPath).toMatch(/^(users|groups)\[/)
  })

  it('is told without any password, whole or in part', async () => {
    const secret = 'q1TzCU0hvFUZnyOPqPJ8Iw=='
    const contents = [
      `{"users": {"joe": {"password": "${secret}}}`,
      `{"users": {"joe": {"password": "${secret}" "x"}}}`,
      { users: secret },
      { users: { joe: secret } },
      { users: { joe: { password: secret + 'x' } } },
      { users: { joe: { password: [secret] } } },
      { users: { joe: { password: secret }, JOE: { password: secret } } }
    ]

    for (const content of contents) {
      const error = await failure(content)

      expect(inspect(error, { depth: null, showHidden: true })).not.toContain('q1TzCU')
      expect(JSON.stringify(error)).not.toContain('q1TzCU')
    }
  })

  it('is refused before it is looked for when the call is wrong', async () => {
    const path = await write(project)

    const flags = JSON.parse('{"watch": "yes"}') as DirectoryFileOptions

    await expect(DirectoryFileProvider.open('')).rejects.toThrow(TypeError)
    const unknown = JSON.parse('{"wacth": true}') as DirectoryFileOptions

    await expect(DirectoryFileProvider.open(path, unknown)).rejects.toThrow(
      'Unknown option wacth. Did you mean watch? Known options: watch, restGroup, now'
    )
    await expect(DirectoryFileProvider.open(path, flags)).rejects.toThrow(/watch must be true or false, received 'yes'/)
  })
})
