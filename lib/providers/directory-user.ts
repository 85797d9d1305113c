import { deepFreeze, isPlainObject, whatJSONCannotHold } from '../checks/json-value.js'
import { MemberReader } from '../checks/member-reader.js'
import type { DirectoryUser, UserAttributes, UserRecord } from './directory-provider.js'

/** Of a user's attributes as JSON: they are stored with each of the user's sessions. */
const mostAttributeBytes = 4096

const noAttributes: Readonly<UserAttributes> = Object.freeze({})

/**
 * A user as the directory hands it out. Its attributes are always an object, and not enumerable: a host writes `res.json(req.directory.user)`, and an e-mail
 * address or a role is not for everybody who may know the name.
 */
export function makeDirectoryUser({ ID, userName, fullName, attributes }: DirectoryUser): DirectoryUser {
  return Object.freeze(withAttributes({ ID, userName, fullName }, attributes))
}

/** A user as found now, under the ID that its sessions have: a provider may spell it in another way. */
export function userUnder(ID: string, { userName, fullName, attributes }: DirectoryUser): DirectoryUser {
  return makeDirectoryUser({ ID, userName, fullName, attributes })
}

/** The members of a user, and no others, once they are known to be what they should be. */
export function readUser(reader: MemberReader): DirectoryUser {
  return makeDirectoryUser(membersOfUser(reader))
}

/** The same for a user with what a login and a revalidation need. */
export function readUserRecord(reader: MemberReader): UserRecord {
  const { attributes, ...user } = membersOfUser(reader)
  const disabled = reader.boolean('disabled', null)
  const credentialsChangedAt = reader.date('credentialsChangedAt', null)
  const record = {
    ...user,
    passwordHash: reader.isNull('passwordHash') ? null : reader.text('passwordHash', { form: /^/, wanted: 'a hash as a string, or null' }),
    ...(disabled !== null && { disabled }),
    ...(credentialsChangedAt && { credentialsChangedAt: new Date(credentialsChangedAt) })
  }
  return Object.freeze(withAttributes(record, attributes))
}

/** A user whom a host signs in. @throws TypeError */
export function checkUser(user: unknown, caller: string): DirectoryUser {
  return readUser(
    new MemberReader(user, '', {
      isRow: true,
      hidesTexts: true,
      whole: 'the user',
      makeError: (problem) => new TypeError(`${caller}: ${problem}`)
    })
  )
}

function membersOfUser(reader: MemberReader): DirectoryUser & { readonly attributes: Readonly<UserAttributes> } {
  const ID = readID(reader)
  const userName = reader.name('userName')
  return { ID, userName, fullName: readFullName(reader, userName), attributes: readAttributes(reader) }
}

/** Numbers are what most tables have for IDs. A number beyond the safe ones has lost digits on its way. */
export function readID(reader: MemberReader): string {
  const ID = reader.value('ID')
  return typeof ID === 'bigint' || Number.isSafeInteger(ID) ? String(ID) : reader.name('ID')
}

function readFullName(reader: MemberReader, userName: string): string {
  return reader.text('fullName', { form: /^.{0,255}$/s, wanted: 'a string of up to 255 characters' }, userName)
}

function readAttributes(reader: MemberReader): Readonly<UserAttributes> {
  const attributes = reader.value('attributes')
  if (attributes === undefined) return noAttributes
  if (!isPlainObject(attributes))
    throw reader.mistake('attributes', 'a plain object', typeof attributes === 'string' ? 'write JSON.parse(row.attributes)' : null)
  const problem = whatJSONCannotHold(attributes, reader.pathOf('attributes'))
  if (problem !== null) throw reader.error('attributes', problem)
  const text = JSON.stringify(attributes)
  const bytes = Buffer.byteLength(text)
  if (bytes > mostAttributeBytes)
    throw reader.error(
      'attributes',
      `${reader.pathOf('attributes')} must be at most ${mostAttributeBytes} bytes as JSON, received ${bytes}`
    )
  return deepFreeze(JSON.parse(text) as UserAttributes)
}

function withAttributes<T extends object>(user: T, attributes: Readonly<UserAttributes> | undefined): T {
  return Object.defineProperty(user, 'attributes', { value: attributes ?? noAttributes, enumerable: false })
}
