import { inspect } from 'node:util'

import type { UserRecord } from './directory-provider.js'
import { foldID, foldName } from '../fold-name.js'
import type { ResolvedGroup } from './group-membership.js'
import type { UserIndex } from './user-index.js'

/** Copies of the users, every member of which is what its type says. */
export function checkUsers(directory: unknown): readonly UserRecord[] {
  const users = listOf(membersOf(directory, 'directory'), 'users', 'users')
  const names = new Spellings(foldName)
  const IDs = new Spellings(foldID)
  return users.map((entry, index) => {
    const path = `users[${index}]`
    const member = membersOf(entry, path)
    const { passwordHash, disabled, credentialsChangedAt } = member
    if (passwordHash !== null && (typeof passwordHash !== 'string' || passwordHash === '')) {
      throw new TypeError(`${path}.passwordHash must be a hash as a string, or null, received ${kindOf(passwordHash)}`)
    }
    if (typeof member['fullName'] !== 'string') throw mustBe(`${path}.fullName`, 'a string', member['fullName'])
    if (disabled !== undefined && typeof disabled !== 'boolean') throw mustBe(`${path}.disabled`, 'true or false', disabled)
    if (credentialsChangedAt !== undefined && !isDate(credentialsChangedAt)) {
      throw mustBe(`${path}.credentialsChangedAt`, 'a valid Date', credentialsChangedAt)
    }
    return Object.freeze({
      ID: IDs.claim(textOf(member, 'ID', path), `${path}.ID`),
      userName: names.claim(textOf(member, 'userName', path), `${path}.userName`),
      fullName: member['fullName'],
      passwordHash,
      ...(disabled !== undefined && { disabled }),
      ...(credentialsChangedAt && { credentialsChangedAt: new Date(credentialsChangedAt) })
    })
  })
}

/** Copies of the groups, with their members looked up. A member's name is tried first, then its ID, as for every question about a group. */
export function checkGroups(directory: unknown, users: UserIndex): readonly ResolvedGroup[] {
  const members = membersOf(directory, 'directory')
  if (members['groups'] === undefined) return []
  const entries = listOf(members, 'groups', 'groups').map((entry, index) => membersOf(entry, `groups[${index}]`))
  const names = new Spellings(foldName)
  const IDs = new Spellings(foldID)
  const idByName = new Map<string, string>()
  const idByID = new Map<string, string>()
  const groups = entries.map((entry, index) => {
    const ID = IDs.claim(textOf(entry, 'ID', `groups[${index}]`), `groups[${index}].ID`)
    const name = names.claim(textOf(entry, 'name', `groups[${index}]`), `groups[${index}].name`)
    idByName.set(foldName(name), ID)
    idByID.set(foldID(ID), ID)
    return { ID, name }
  })
  const findUser = (text: string) => (users.findByName(text) ?? users.findByID(text))?.ID
  const findGroup = (text: string) => idByName.get(foldName(text)) ?? idByID.get(foldID(text))
  return groups.map((group, index) => ({
    ...group,
    userIDs: referencesOf(entries[index], 'users', `groups[${index}]`, findUser, 'a user of this directory, by userName or ID'),
    groupIDs: referencesOf(entries[index], 'groups', `groups[${index}]`, findGroup, 'a group of this directory, by name or ID')
  }))
}

/** Finds two that are the same once folded. */
class Spellings {
  readonly #fold: (text: string) => string
  readonly #taken = new Map<string, string>()

  constructor(fold: (text: string) => string) {
    this.#fold = fold
  }

  claim(text: string, path: string): string {
    const folded = this.#fold(text)
    const other = this.#taken.get(folded)
    if (other !== undefined) throw new TypeError(`${path} ${inspect(text)} is the same as ${other} (in another case or spelling, or equal)`)
    this.#taken.set(folded, path)
    return text
  }
}

function referencesOf(
  entry: Members | undefined,
  member: string,
  path: string,
  find: (text: string) => string | undefined,
  wanted: string
): readonly string[] {
  if (entry?.[member] === undefined) return []
  return listOf(entry, member, `${path}.${member}`).map((reference, index) => {
    const ID = typeof reference === 'string' ? find(reference) : undefined
    if (ID === undefined) throw mustBe(`${path}.${member}[${index}]`, wanted, reference)
    return ID
  })
}

type Members = Readonly<Record<string, unknown>>

function membersOf(value: unknown, path: string): Members {
  if (!hasMembers(value)) throw new TypeError(`${path} must be an object, received ${kindOf(value)}`)
  return value
}

function hasMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(members: Members, member: string, path: string): readonly unknown[] {
  const value = members[member]
  if (!Array.isArray(value)) throw new TypeError(`${path} must be an array, received ${kindOf(value)}`)
  // `Array.from` so that a hole is checked like any other member.
  return Array.from<unknown>(value)
}

function textOf(members: Members, member: string, path: string): string {
  const value = members[member]
  if (typeof value !== 'string' || value === '') throw mustBe(`${path}.${member}`, 'a string that is not empty', value)
  return value
}

function isDate(value: unknown): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime())
}

function mustBe(path: string, wanted: string, received: unknown): TypeError {
  return new TypeError(`${path} must be ${wanted}, received ${shown(received)}`)
}

/** An object might hold a hash, so only what kind of thing it is gets shown. */
function shown(value: unknown): string {
  return typeof value === 'object' || typeof value === 'function' ? kindOf(value) : inspect(value)
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (value === '') return 'an empty string'
  if (value === undefined) return 'undefined'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
