import { type Border } from '../../checks/border.js'
import { MemberReader } from '../../checks/member-reader.js'
import { longestTexts } from '../../text-bounds.js'
import { looksLikeDigest4D } from '../../passwords/digest-4d.js'
import { DirectoryFileError } from './error.js'
import { jsonErrorPlace, lineAndColumn } from './json-error-place.js'

/** The members of a directory file that count here, in the order of the file; 4D writes others too. */
export interface RawDirectory {
  readonly users: readonly (readonly [key: string, user: RawUser])[]
  readonly groups: readonly (readonly [key: string, group: RawGroup])[]
  readonly restGroup: string | undefined
}

export interface RawUser {
  readonly alias?: string | undefined
  /** The 4D digest or a bcrypt hash; `''` and absent: the empty password. */
  readonly password?: string | undefined
}

export interface RawGroup {
  readonly users?: readonly string[] | undefined
  readonly groups?: readonly string[] | undefined
}

/** Reads the JSON and checks its shape. Whatever is wrong is a `DirectoryFileError` that says where. */
export function parseDirectoryFile(path: string, bytes: Uint8Array): RawDirectory {
  const json = parseJSON(path, decode(path, bytes))
  const makeError = (problem: string, jsonPath: string) => new DirectoryFileError('ERR_SHAPE', path, problem, { jsonPath })
  const border: Border = { makeError, hidesTexts: true, whole: 'the file' }
  const file = new MemberReader(json, '', border)
  if (file.value('users') === undefined) throw file.mistake('users', 'an object')
  return {
    users: entriesOf(file.inside('users'), readUser),
    groups: entriesOf(file.inside('groups'), readGroup),
    restGroup: readText(file.inside('settings'), 'localMobileAccessGroupRW')
  }
}

function entriesOf<T>(entries: MemberReader, read: (entry: MemberReader) => T): readonly (readonly [key: string, entry: T])[] {
  return entries.names().map((key) => {
    refuseKey(entries, key)
    return [key, read(entries.inside(key))] as const
  })
}

function readUser(user: MemberReader): RawUser {
  const alias = readText(user, 'alias')
  if (alias !== undefined && alias.length > longestTexts.name) throw user.mistake('alias', `at most ${longestTexts.name} characters long`)
  if (alias?.includes('\0')) throw user.mistake('alias', 'without NUL, or nobody could log in under it')
  const password = user.value('password')
  if (password === undefined || (typeof password === 'string' && isStoredPassword(password))) return { alias, password }
  throw user.mistake('password', passwordForms)
}

function readGroup(group: MemberReader): RawGroup {
  const ifText = (item: unknown) => (typeof item === 'string' ? item : undefined)
  return { users: group.items('users', 'a string', ifText), groups: group.items('groups', 'a string', ifText) }
}

function readText(reader: MemberReader, name: string): string | undefined {
  return reader.text(name, { form: /^/, wanted: 'a string' }, null) ?? undefined
}

const passwordForms = 'a 4D digest of 24 characters or a bcrypt hash of 60, or absent'

function isStoredPassword(text: string): boolean {
  return text === '' || looksLikeDigest4D(text) || /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(text)
}

function refuseKey(entries: MemberReader, key: string): void {
  if (key.length > longestTexts.name) {
    const start = entries.pathOf(key.slice(0, 40))
    throw entries.error(
      key,
      `the name that begins as ${start} must be at most ${longestTexts.name} characters long, received ${key.length}`
    )
  }
  if (key.includes('\0')) throw entries.error(key, `the name ${entries.pathOf(key)} must be without NUL, or nobody could log in under it`)
  // An ID is made of the key's UTF-8, in which all lone surrogates are the same three bytes: two users would share an ID.
  if (/\p{Surrogate}/u.test(key))
    throw entries.error(key, `the name ${entries.pathOf(key)} must be Unicode text, received half a surrogate pair`)
}

function parseJSON(path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    const place = jsonErrorPlace(text)
    if (place === null) throw new DirectoryFileError('ERR_NOT_JSON', path, 'is not JSON, or nested too deeply to be a directory')
    const problem = place.isEnd ? 'ends in the middle' : 'is not JSON'
    throw new DirectoryFileError('ERR_NOT_JSON', path, `${problem} at line ${place.line}, column ${place.column}`, place)
  }
}

/** Leaves out a byte order mark, which some editors write. */
function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    const text = new TextDecoder('utf-8').decode(bytes)
    const place = lineAndColumn(text, text.indexOf('\ufffd'))
    throw new DirectoryFileError('ERR_NOT_JSON', path, `is not UTF-8 text at line ${place.line}, column ${place.column}`, place)
  }
}
