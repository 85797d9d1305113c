import { looksLikeDigest4D } from '../../passwords/digest-4d.js'
import { DirectoryFileError } from './error.js'
import { lineAndColumn, locateJSONError } from './locate-json-error.js'

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
  const { file, user, group } = directoryShapes()

  // Entry by entry, and not as a `z.record`: that one leaves out a user who is called `__proto__`.
  const { users, groups, settings } = check(path, '', file, json)
  return {
    users: Object.entries(users).map(([key, value]) => [checkKey(path, 'users', key), check(path, member('users', key), user, value)]),
    groups: Object.entries(groups ?? {}).map(([key, value]) => [
      checkKey(path, 'groups', key),
      check(path, member('groups', key), group, value)
    ]),
    restGroup: settings?.localMobileAccessGroupRW
  }
}

type Zod = typeof import('zod')
type Schema<T> = import('zod').ZodType<T>

/** Each message says what is wanted: `check` makes a sentence of it. */
function directoryShapes() {
  // Loaded when a file is opened, so that directories without one do not wait for it. And not by `import()`, which Jest refuses in CommonJS.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { z } = require('zod') as Zod
  const object = { error: 'an object' }
  const text = z.string({ error: 'a string' })
  const names = z.array(text, { error: 'an array of names' }).optional()
  const entries = z.custom<Readonly<Record<string, unknown>>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    object
  )
  return {
    file: z.object(
      { users: entries, groups: entries.optional(), settings: z.object({ localMobileAccessGroupRW: text.optional() }, object).optional() },
      object
    ),
    user: z.object({ alias: text.optional(), password: text.refine(isStoredPassword, { error: passwordForms }).optional() }, object),
    group: z.object({ users: names, groups: names }, object)
  }
}

const passwordForms = 'a 4D digest of 24 characters or a bcrypt hash of 60, or absent'

function isStoredPassword(text: string): boolean {
  return text === '' || looksLikeDigest4D(text) || /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(text)
}

function check<T>(path: string, where: string, schema: Schema<T>, value: unknown): T {
  const checked = schema.safeParse(value)
  if (checked.success) return checked.data
  const issue = checked.error.issues[0]
  const steps = issue?.path ?? []
  const jsonPath = steps.reduce<string>(member, where)
  const found = steps.reduce<unknown>(
    (inside, step) => (typeof inside === 'object' && inside !== null ? Reflect.get(inside, step) : undefined),
    value
  )
  const problem = `${jsonPath || 'the file'} must be ${issue?.message ?? 'of another shape'}, found ${kindOf(found)}`
  throw new DirectoryFileError('ERR_SHAPE', path, problem, { jsonPath })
}

// An ID is made of the key's UTF-8, in which all lone surrogates are the same three bytes: two users would share an ID.
function checkKey(path: string, where: string, key: string): string {
  if (!/\p{Surrogate}/u.test(key)) return key
  const jsonPath = member(where, key)
  throw new DirectoryFileError('ERR_SHAPE', path, `the name ${jsonPath} must be Unicode text, found half a surrogate pair`, { jsonPath })
}

function parseJSON(path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    const index = locateJSONError(text)
    if (index === null) throw new DirectoryFileError('ERR_NOT_JSON', path, 'this JSON is too large to be read')
    const place = lineAndColumn(text, index)
    const problem = index === text.length ? 'ends in the middle' : 'is not JSON'
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

function member(where: string, key: PropertyKey): string {
  if (typeof key === 'number') return `${where}[${key}]`
  const name = String(key)
  if (!/^[A-Za-z_$][\w$]*$/.test(name)) return `${where}[${JSON.stringify(name)}]`
  return where === '' ? name : `${where}.${name}`
}

/** Only what kind of thing it is: the thing itself may be somebody's digest. */
function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'string') return value === '' ? 'an empty string' : `a string of ${value.length} characters`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
