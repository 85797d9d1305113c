import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { DirectoryFileError } from '../../../lib/providers/directory-file/error.js'
import { understandDirectory } from '../../../lib/providers/directory-file/directory-file.js'
import { DirectoryFileProvider } from '../../../lib/providers/directory-file/provider.js'
import { foldName } from '../../../lib/fold-name.js'
import { StaticProvider } from '../../../lib/providers/static-provider.js'

interface Directory {
  readonly users: readonly string[]
  readonly groups: readonly { readonly name: string; readonly users: readonly string[]; readonly groups: readonly string[] }[]
}

let folder: string
let path: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'directory-model-'))
  path = join(folder, 'directory.json')
})
afterAll(() => rm(folder, { recursive: true }))

const name = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'valueOf', 'Sales', 'sales office', 'e\u0301', '\u00c8', 'O\'B "x"', '', '*', '@'),
  fc.string({ unit: 'grapheme', maxLength: 6 })
)
const directories: fc.Arbitrary<Directory> = fc
  .record({
    users: fc.uniqueArray(name, { selector: foldName, maxLength: 8 }),
    groups: fc.uniqueArray(name, { selector: foldName, maxLength: 8 })
  })
  .chain(({ users, groups }) =>
    fc.record({
      users: fc.constant(users),
      groups: fc.tuple(
        ...groups.map((group) => fc.record({ name: fc.constant(group), users: fc.subarray(users), groups: fc.subarray(groups) }))
      )
    })
  )

/** The members written by hand, since a JavaScript object cannot be given a member called `__proto__` the ordinary way. */
function toJSON(directory: Directory): string {
  const users = directory.users.map((user) => `${JSON.stringify(user)}:{}`).join()
  const groups = directory.groups.map(({ name: group, ...members }) => `${JSON.stringify(group)}:${JSON.stringify(members)}`).join()
  return `{"users":{${users}},"groups":{${groups}}}`
}

/** The model: ask every way from the group inwards, one step at a time, as often as there are groups. */
function isInside(directory: Directory, user: string, group: string): boolean {
  let reached = new Set([group])
  directory.groups.forEach(() => {
    reached = new Set([...reached, ...directory.groups.filter((each) => reached.has(each.name)).flatMap((each) => each.groups)])
  })
  return directory.groups.some((each) => reached.has(each.name) && each.users.includes(user))
}

describe('Any directory of the format', () => {
  it('answers who is in which group as a simple model does, from the file and from arrays', async () => {
    await fc.assert(
      fc.asyncProperty(directories, async (directory) => {
        await writeFile(path, toJSON(directory))
        const fromFile = await DirectoryFileProvider.open(path)
        const fromArrays = new StaticProvider({
          users: directory.users.map((userName, index) => ({
            ID: `user ${index}`,
            userName: userName || 'nameless',
            fullName: '',
            passwordHash: null
          })),
          groups: directory.groups.map((group, index) => ({
            ID: `group ${index}`,
            name: group.name || 'nameless',
            users: group.users.map((user) => `USER ${directory.users.indexOf(user)}`),
            groups: group.groups.map((inner) => `Group ${directory.groups.findIndex((each) => each.name === inner)}`)
          }))
        })

        for (const userName of directory.users) {
          const user = await fromFile.findUser(userName.toUpperCase().normalize('NFD'))
          const other = await fromArrays.findUser(userName || 'nameless')
          expect(user?.userName).toBe(userName)
          for (const group of directory.groups) {
            const expected = isInside(directory, userName, group.name)
            expect(user && (await fromFile.belongsTo(user, group.name.normalize('NFD')))).toBe(expected)
            expect(other && (await fromArrays.belongsTo(other, group.name || 'nameless'))).toBe(expected)
          }
        }
      }),
      { numRuns: 150 }
    )
  })

  it('gives no two users and no two groups the same ID', () => {
    fc.assert(
      fc.property(directories, (directory) => {
        const file = understandDirectory(path, Buffer.from(toJSON(directory)))

        const IDs = [...file.users, ...file.groups].map((each) => each.ID)
        expect(new Set(IDs).size).toBe(IDs.length)
        for (const ID of IDs) expect(ID).toMatch(/^[0-9A-F]{32}$/)
      })
    )
  })
})

describe('Any content of a file', () => {
  function fails(content: Uint8Array): boolean {
    try {
      understandDirectory(path, content)
      return false
    } catch (error) {
      expect(error).toBeInstanceOf(DirectoryFileError)
      return true
    }
  }

  it('opens or fails with the error of its own, whatever bytes it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await writeFile(path, bytes)
        const outcome: unknown = await DirectoryFileProvider.open(path).catch((error: unknown) => error)

        expect(outcome).toBeInstanceOf(DirectoryFileError)
      }),
      { numRuns: 200 }
    )
  })

  it('opens or fails with the error of its own, whatever JSON it is', () => {
    const someName = fc.constantFrom(
      'users',
      'groups',
      'settings',
      'localMobileAccessGroupRW',
      'alias',
      'password',
      'designer',
      '__proto__',
      'x',
      'X'
    )
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, true, 0, 1e308, '', '*', 'x', 'q1TzCU0hvFUZnyOPqPJ8Iw==', '\ud800'),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(someName, tie('value'), { maxKeys: 4 })
      )
    }))
    const almost = fc.record(
      { users: fc.oneof(value, fc.dictionary(someName, value)), groups: value, settings: value },
      { requiredKeys: [] }
    )
    let opened = 0

    fc.assert(
      fc.property(fc.oneof(value, almost, fc.jsonValue()), (content) => {
        if (!fails(Buffer.from(JSON.stringify(content)))) opened++
      }),
      { numRuns: 2000 }
    )
    expect(opened).toBeGreaterThan(0)
  })

  it('fails with the error of its own when a good file is cut anywhere, and tells where', () => {
    const good = Buffer.from(
      '{"users": {"Zo\u00eb": {"password": "q1TzCU0hvFUZnyOPqPJ8Iw=="}},\n "groups": {"A": {"users": ["Zo\u00eb"]}}}'
    )

    expect(fails(good)).toBe(false)
    for (let length = 0; length < good.length; length++) expect(fails(good.subarray(0, length))).toBe(true)
  })

  it.each([
    ['brackets a million deep', '['.repeat(1_000_000)],
    ['a user a hundred thousand deep', `{"users": {"a": ${'{"x":'.repeat(100_000)}1${'}'.repeat(100_000)}}}`],
    ['groups a hundred thousand deep', `{"users": {}, "groups": ${'{"x":'.repeat(100_000)}1${'}'.repeat(100_000)}}`],
    ['a number of a hundred thousand digits', `{"users": ${'9'.repeat(100_000)}}`],
    ['a name of a million characters', `{"users": {"${'a'.repeat(1_000_000)}": {}, "b`]
  ])('opens or fails with the error of its own: %s', (_what, content) => {
    const bytes = Buffer.from(content)

    expect(() => fails(bytes)).not.toThrow()
  })
})
