import { foldID, foldName } from '../fold-name.js'

/** A group whose members have been looked up: IDs, no names. */
export interface ResolvedGroup {
  readonly ID: string
  readonly name: string
  readonly userIDs: readonly string[]
  readonly groupIDs: readonly string[]
}

/**
 * Who is in which group, through any depth of nesting and through cycles. Each answer costs as many look-ups as the user has groups of
 * their own, however large the directory; what lies inside a group is worked out when it is first asked for.
 */
export class GroupMembership {
  readonly #byName = new Map<string, string>()
  readonly #byID = new Map<string, ResolvedGroup>()
  readonly #groupsOfUser = new Map<string, string[]>()
  readonly #groupsAround = new Map<string, string[]>()
  readonly #inside = new Map<string, ReadonlySet<string>>()

  constructor(groups: readonly ResolvedGroup[]) {
    for (const group of groups) {
      const ID = foldID(group.ID)
      this.#byName.set(foldName(group.name), ID)
      this.#byID.set(ID, group)
      for (const userID of new Set(group.userIDs.map(foldID))) append(this.#groupsOfUser, userID, ID)
      for (const inner of new Set(group.groupIDs.map(foldID))) append(this.#groupsAround, inner, ID)
    }
  }

  /** Whether the user is in the group of that name or, where no group has that name, of that ID. */
  belongsTo(userID: string, group: string): boolean {
    return this.includes(this.#byName.get(foldName(group)) ?? group, userID)
  }

  /** The names of the groups that the user is in, nested ones included, in the order of the directory. */
  groupsOf(userID: string): readonly string[] {
    const outside = new Set(this.#groupsOfUser.get(foldID(userID)))
    // It grows while it is walked, as below.
    for (const ID of outside) {
      for (const outer of this.#groupsAround.get(ID) ?? []) outside.add(outer)
    }
    return Object.freeze([...this.#byID].filter(([ID]) => outside.has(ID)).map(([, { name }]) => name))
  }

  /** Whether the group of that ID has that user, at any depth. */
  includes(groupID: string, userID: string): boolean {
    const asked = foldID(groupID)
    const groupsOfUser = this.#groupsOfUser.get(foldID(userID))
    if (!groupsOfUser || !this.#byID.has(asked)) return false
    const inside = this.#groupsInside(asked)
    return groupsOfUser.some((ID) => inside.has(ID))
  }

  /** The group itself and every group nested in it. */
  #groupsInside(outer: string): ReadonlySet<string> {
    const known = this.#inside.get(outer)
    if (known) return known
    // A set that grows while it is walked: each group once, so that cycles end, and without recursion, so that depth costs no stack.
    const inside = new Set([outer])
    for (const ID of inside) {
      for (const inner of this.#byID.get(ID)?.groupIDs ?? []) inside.add(foldID(inner))
    }
    this.#inside.set(outer, inside)
    return inside
  }
}

function append(lists: Map<string, string[]>, key: string, item: string): void {
  const list = lists.get(key)
  if (list) list.push(item)
  else lists.set(key, [item])
}
