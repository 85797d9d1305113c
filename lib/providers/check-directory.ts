import type { Border } from '../checks/border.js'
import { MemberReader } from '../checks/member-reader.js'
import { quote } from '../checks/quote.js'
import { isVerifiable, passwordFormats } from '../passwords/password-formats.js'
import type { UserRecord } from './directory-provider.js'
import { readID, readUserRecord } from './directory-user.js'
import { foldID, foldName } from '../fold-name.js'
import type { ResolvedGroup } from './group-membership.js'
import type { UserIndex } from './user-index.js'

const userBorder: Border = { isRow: true, hidesTexts: true }
/** Groups hold names and IDs alone, which an error may show. */
const groupBorder: Border = { isRow: true }

/** Copies of the users, every member of which is what its type says. */
export function checkUsers(directory: unknown): readonly UserRecord[] {
  const reader = new MemberReader(directory, '', { hidesTexts: true, whole: 'directory' })
  if (reader.value('users') === undefined) throw reader.mistake('users', 'an array')
  const names = new Spellings(foldName)
  const IDs = new Spellings(foldID)
  return reader.objects('users', userBorder).map((user) => {
    const record = readUserRecord(user)
    refuseUnknownHash(user, record)
    IDs.claim(record.ID, user.pathOf('ID'))
    names.claim(record.userName, user.pathOf('userName'))
    return record
  })
}

// `$argon2id$...` and the like are for a hasher of the host's own.
function refuseUnknownHash(user: MemberReader, { passwordHash }: UserRecord): void {
  if (passwordHash === null || isVerifiable(passwordHash) || /^\$(?!2)[a-z\d-]+\$/.test(passwordHash)) return
  throw user.mistake('passwordHash', `in one of the formats ${passwordFormats}, as hashPassword makes it, or null`)
}

/** Copies of the groups, with their members looked up. A member's name is tried first, then its ID, as for every question about a group. */
export function checkGroups(directory: unknown, users: UserIndex): readonly ResolvedGroup[] {
  const names = new Spellings(foldName)
  const IDs = new Spellings(foldID)
  const idByName = new Map<string, string>()
  const idByID = new Map<string, string>()
  const entries = new MemberReader(directory, '', { whole: 'directory' }).objects('groups', groupBorder)
  const groups = entries.map((entry) => {
    const ID = IDs.claim(readID(entry), entry.pathOf('ID'))
    const name = names.claim(entry.name('name'), entry.pathOf('name'))
    idByName.set(foldName(name), ID)
    idByID.set(foldID(ID), ID)
    return { entry, ID, name }
  })
  const findUser = (text: string) => (users.findByName(text) ?? users.findByID(text))?.ID
  const findGroup = (text: string) => idByName.get(foldName(text)) ?? idByID.get(foldID(text))
  return groups.map(({ entry, ID, name }) => ({
    ID,
    name,
    userIDs: entry.items('users', 'a user of this directory, by userName or ID', ifText(findUser)),
    groupIDs: entry.items('groups', 'a group of this directory, by name or ID', ifText(findGroup))
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
    if (other !== undefined) throw new TypeError(`${path} ${quote(text)} is the same as ${other} (in another case or spelling, or equal)`)
    this.#taken.set(folded, path)
    return text
  }
}

function ifText(find: (text: string) => string | undefined): (reference: unknown) => string | undefined {
  return (reference) => {
    if (typeof reference === 'number' || typeof reference === 'bigint') return find(String(reference))
    return typeof reference === 'string' ? find(reference) : undefined
  }
}
