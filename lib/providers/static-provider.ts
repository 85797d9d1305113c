import { refuseWithoutMD5 } from '../passwords/password-formats.js'
import { checkGroups, checkUsers } from './check-directory.js'
import type { DirectoryProvider, DirectoryUser, ProvidedUserRecord, UserRecord } from './directory-provider.js'
import { GroupMembership } from './group-membership.js'
import { UserIndex } from './user-index.js'

/** A group as `StaticProvider` takes it. */
export interface GroupRecord {
  /** Any non-empty string; a UUID is recognised in any spelling. */
  readonly ID: string
  readonly name: string
  /** The members, each by name or by ID. */
  readonly users?: readonly string[] | undefined
  /** The groups inside this one, each by name or by ID: their users belong to this group too. Cycles are allowed. */
  readonly groups?: readonly string[] | undefined
}

/**
 * Users and groups from two arrays, for directories that are known at start-up. The arrays are checked and copied: a wrong member, a name
 * or an ID that occurs twice (in any case, composed or not) and a group that names nobody throw a `TypeError` that says where.
 *
 * ```ts
 * new StaticProvider({
 *   users: [{ ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash: await hashPassword('smith') }],
 *   groups: [{ ID: '2', name: 'Sales', users: ['jsmith'] }]
 * })
 * ```
 */
export class StaticProvider implements DirectoryProvider {
  readonly #users: UserIndex
  readonly #membership: GroupMembership

  constructor(directory: { readonly users: readonly ProvidedUserRecord[]; readonly groups?: readonly GroupRecord[] | undefined }) {
    const users = checkUsers(directory)
    refuseWithoutMD5(users)
    this.#users = new UserIndex(users)
    this.#membership = new GroupMembership(checkGroups(directory, this.#users))
  }

  findUser(userName: string): Promise<UserRecord | null> {
    return Promise.resolve(this.#users.findByName(userName))
  }

  findUserByID(ID: string): Promise<UserRecord | null> {
    return Promise.resolve(this.#users.findByID(ID))
  }

  belongsTo(user: DirectoryUser, group: string): Promise<boolean> {
    return Promise.resolve(this.#membership.belongsTo(user.ID, group))
  }

  /** The names of the groups that the user is in, nested ones included. */
  groupsOf(user: DirectoryUser): readonly string[] {
    return this.#membership.groupsOf(user.ID)
  }
}
