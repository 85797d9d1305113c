import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'

import { DirectoryError } from '../errors.js'
import type { Credentials } from '../providers/directory-provider.js'
import { argumentsOf } from './request-arguments.js'

/** Which lengths a session may have, in minutes. */
export interface SessionLengthPolicy {
  readonly idleMinutes: number
  readonly minIdleMinutes: number
  /** The most that a client may ask for. */
  readonly maxIdleMinutes: number
  /** The most that the host may ask for. */
  readonly absoluteMinutes: number
}

/**
 * What a client sent to log in. `incomplete`: something was sent that nobody can log in with, a password or an array without a name; it is refused
 * without being hashed or counted. `reason` is for the events.
 */
export type SentCredentials =
  | { readonly kind: 'complete'; readonly credentials: Credentials }
  | { readonly kind: 'incomplete'; readonly reason: string }
  | { readonly kind: 'none' }

const passwordAlone = 'a password came without a user name, which username-4D holds'

/** 4D's dialect: the headers `username-4D`, `password-4D` and `hashed-password-4D`, of which the hashed one wins where both are filled. */
export function readHeaderCredentials(headers: IncomingHttpHeaders): SentCredentials {
  const userName = readHeader(headers, 'username-4d')
  const password = readHeader(headers, 'password-4d')
  const hashedPassword = readHeader(headers, 'hashed-password-4d')
  if (userName === '') return password === '' && hashedPassword === '' ? { kind: 'none' } : { kind: 'incomplete', reason: passwordAlone }
  return { kind: 'complete', credentials: hashedPassword === '' ? { userName, password } : { userName, hashedPassword } }
}

/** What programs that know neither dialect call the user's name, the first of them that is there. */
const namesOfUserName = ['userName', 'username', 'name', 'identifier']

const expectedHeaders = 'username-4D and password-4D are'

const expectedBody =
  'A login takes the headers username-4D and password-4D, or a JSON array such as ["userName", "password"] in the body, or, under ' +
  'application/json, an object such as {"userName": "jsmith", "password": "..."}'

/**
 * Wakanda's dialect: the array `[userName, password, seconds]`. An object is what every JSON client tries first: under `application/json`, which a page of
 * another site cannot send without a preflight, it is read as credentials. It is never a guest's login, or any password would seem to be right.
 *
 * @throws DirectoryError `ERR_BODY` 400 for another object that is not empty.
 */
export function readBodyCredentials(body: unknown, contentType: string | undefined): SentCredentials {
  if (isFilledObject(body)) return readObject(body, contentType)
  const args = argumentsOf(body)
  if (args === null) return { kind: 'none' }
  const [userName, password] = args
  if (typeof userName !== 'string' || userName === '')
    return { kind: 'incomplete', reason: 'the array in the body does not begin with a user name' }
  return { kind: 'complete', credentials: { userName, password: typeof password === 'string' ? password : '' } }
}

function readObject(body: Readonly<Record<string, unknown>>, contentType: string | undefined): SentCredentials {
  const name = namesOfUserName.find((each) => Object.hasOwn(body, each))
  const [userName, password] = [name === undefined ? undefined : body[name], body['password']]
  const isJSON = /^\s*application\/json\s*(?:;|$)/i.test(contentType ?? '')
  if (!isJSON || typeof userName !== 'string' || typeof password !== 'string') throw new DirectoryError('ERR_BODY', expectedBody)
  return userName === ''
    ? { kind: 'incomplete', reason: `${name} in the body is empty` }
    : { kind: 'complete', credentials: { userName, password } }
}

function isFilledObject(body: unknown): body is Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length > 0
}

/** A header or a field of the URL that looks as if it held a password, where nobody reads it, in words for the events; `null`: none. */
export function misnamedPassword(headers: IncomingHttpHeaders, query: URLSearchParams): string | null {
  const header = Object.keys(headers).find((name) => name.includes('password') && headers[name] !== '')
  if (header !== undefined) return `the header ${header} is not read: ${expectedHeaders}`
  const [field] = [...query].find(([name, value]) => /password/i.test(name) && value !== '') ?? []
  return field === undefined ? null : `the field ${field} in the URL is not read: ${expectedHeaders}, as headers`
}

/** `Authorization` is perhaps a staging proxy's own, so it is told of and not refused. */
export const unreadAuthorization = `Authorization is not read: ${expectedHeaders}`

/**
 * The idle minutes that `session-4D-length` asks for. Absent, 0 or unparsable: the default; what is outside the bounds is moved to them, never refused.
 */
export function readHeaderLength(headers: IncomingHttpHeaders, policy: SessionLengthPolicy): number {
  const minutes = positiveNumber(readHeader(headers, 'session-4d-length'))
  return minutes === null ? policy.idleMinutes : clamp(minutes, policy.minIdleMinutes, policy.maxIdleMinutes)
}

/** The same for the third element of Wakanda's array, in seconds, honoured from 60 up; without one the header counts. */
export function readBodyLength(args: readonly unknown[], headers: IncomingHttpHeaders, policy: SessionLengthPolicy): number {
  if (args.length < 3) return readHeaderLength(headers, policy)
  const seconds = positiveNumber(isNumeric(args[2]) ? String(args[2]) : '')
  return seconds === null ? policy.idleMinutes : clamp(seconds / 60, Math.min(1, policy.maxIdleMinutes), policy.maxIdleMinutes)
}

/** Node reads header values as Latin-1, and a sender may have meant UTF-8: taken so where the bytes are valid. */
function readHeader(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name]
  if (typeof value !== 'string') return ''
  const bytes = Buffer.from(value, 'latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : value
}

/** A number, or a string of digits. An array or an object is neither, whatever its own `toString` says. */
function isNumeric(value: unknown): value is number | string {
  return typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value))
}

function positiveNumber(text: string): number | null {
  const number = /^\s*\d+(?:\.\d*)?\s*$/.test(text) ? Number(text) : 0
  return number > 0 && Number.isFinite(number) ? number : null
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max)
}
