import { hash } from 'node:crypto'

import { digestOfNothing } from '../../passwords/digest-4d.js'
import { parseDirectoryFile, type RawUser } from './parse.js'
import { DirectoryFileError } from './error.js'
import { quote } from '../../checks/quote.js'
import { foldName } from '../../fold-name.js'
import { longestTexts } from '../../text-bounds.js'
import type { GroupMembership, ResolvedGroup } from '../group-membership.js'

/** A 4D directory as it stands in the file, with IDs and with its groups' members looked up. */
export interface DirectoryFile {
  readonly users: readonly FileUser[]
  readonly groups: readonly ResolvedGroup[]
  /** Who may log in, by `settings.localMobileAccessGroupRW`. */
  readonly restUsers: 'everybody' | 'nobody' | { readonly groupID: string }
  /** What is odd in the file without being wrong: one sentence each. */
  readonly warnings: readonly string[]
}

export interface FileUser {
  readonly ID: string
  readonly userName: string
  readonly passwordHash: string
}

const mostShownNames = 20

/** Makes a directory of the file's bytes. */
export function understandDirectory(path: string, bytes: Uint8Array): DirectoryFile {
  const raw = parseDirectoryFile(path, bytes)
  const warnings: string[] = []

  const userIDs = new Names(path, 'users')
  const users = raw.users.map(([key, user]) => {
    const userName = visibleName(key, user)
    const ID = stableID('user', key)
    userIDs.add(userName, key, ID)
    return { ID, userName, passwordHash: isEmpty(user.password) ? digestOfNothing : user.password }
  })

  const groupIDs = new Names(path, 'groups')
  for (const [name] of raw.groups) groupIDs.add(name, name, stableID('group', name))

  const groups = raw.groups.map(([name, group]) => {
    const members = userIDs.find(group.users ?? [])
    const inner = groupIDs.find(group.groups ?? [])
    if (members.unknown.length > 0) warnings.push(`The group ${quote(name)} names users that are not there: ${quoted(members.unknown)}`)
    if (inner.unknown.length > 0) warnings.push(`The group ${quote(name)} names groups that are not there: ${quoted(inner.unknown)}`)
    return { ID: stableID('group', name), name, userIDs: members.IDs, groupIDs: inner.IDs }
  })

  const restUsers = readRestGroup(raw.restGroup, groupIDs)
  if (restUsers === 'nobody' && raw.restGroup) {
    warnings.push(`settings.localMobileAccessGroupRW names a group that is not there, so nobody may log in: ${quoted([raw.restGroup])}`)
  }
  return { users, groups, restUsers, warnings }
}

function readRestGroup(restGroup: string | undefined, groupIDs: Names): DirectoryFile['restUsers'] {
  if (restGroup === undefined || restGroup === '*') return 'everybody'
  const groupID = restGroup === '' ? undefined : groupIDs.find([restGroup]).IDs[0]
  return groupID === undefined ? 'nobody' : { groupID }
}

/** Whether the file lets visitors be served without a name: where a REST group is set, 4D does not. */
export function admitsGuests(file: DirectoryFile): boolean {
  return file.restUsers === 'everybody'
}

/** Whether the file lets this user log in over REST. */
export function mayUseREST(file: DirectoryFile, membership: GroupMembership, userID: string): boolean {
  return typeof file.restUsers === 'string' ? file.restUsers === 'everybody' : membership.includes(file.restUsers.groupID, userID)
}

/**
 * The first 128 bits of SHA-256 over `user:` or `group:` and the key in UTF-8, as 32 upper-case hex digits: the same on every machine, and
 * for as long as the key stays, whatever becomes of the alias.
 */
function stableID(kind: 'user' | 'group', key: string): string {
  return hash('sha256', `${kind}:${key}`).slice(0, 32).toUpperCase()
}

function isEmpty(text: string | undefined): text is undefined | '' {
  return text === undefined || text === ''
}

/** 4D fixes the keys of these two and shows the alias instead; groups name them by it as well. */
function visibleName(key: string, user: RawUser): string {
  return (key === 'designer' || key === 'administrator') && user.alias ? user.alias : key
}

/** IDs by folded name: a Map, since names such as `__proto__` are allowed. */
class Names {
  readonly #path: string
  readonly #member: 'users' | 'groups'
  readonly #byName = new Map<string, { readonly name: string; readonly ID: string }>()

  constructor(path: string, member: 'users' | 'groups') {
    this.#path = path
    this.#member = member
  }

  add(name: string, key: string, ID: string): void {
    const folded = foldName(name)
    const other = this.#byName.get(folded)
    if (other) {
      const jsonPath = `${this.#member}[${quote(key)}]`
      const problem = `two ${this.#member} have the same name, since case and composition don't count: ${quoted([other.name, name])} (${jsonPath})`
      throw new DirectoryFileError('ERR_DUPLICATE_NAME', this.#path, problem, { jsonPath })
    }
    this.#byName.set(folded, { name, ID })
  }

  find(names: readonly string[]): { readonly IDs: readonly string[]; readonly unknown: readonly string[] } {
    const IDs: string[] = []
    const unknown: string[] = []
    for (const name of names) {
      const known = this.#byName.get(foldName(name))
      if (known) IDs.push(known.ID)
      else unknown.push(name)
    }
    return { IDs, unknown }
  }
}

/** Some of the names, each cut: a warning is one line of a log. */
function quoted(names: readonly string[]): string {
  const shown = names.slice(0, mostShownNames).map((name) => quote(name.slice(0, longestTexts.name)))
  const others = names.length - shown.length
  return `${shown.join(', ')}${others === 0 ? '' : ` and ${others} more`}`
}
