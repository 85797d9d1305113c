import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'

import type { Credentials } from '../providers/directory-provider.js'

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
 * without being hashed or counted.
 */
export type SentCredentials =
  { readonly kind: 'complete'; readonly credentials: Credentials } | { readonly kind: 'incomplete' } | { readonly kind: 'none' }

/** 4D's dialect: the headers `username-4D`, `password-4D` and `hashed-password-4D`, of which the hashed one wins where both are filled. */
export function readHeaderCredentials(headers: IncomingHttpHeaders): SentCredentials {
  const userName = readHeader(headers, 'username-4d')
  const password = readHeader(headers, 'password-4d')
  const hashedPassword = readHeader(headers, 'hashed-password-4d')
  if (userName === '') return { kind: password === '' && hashedPassword === '' ? 'none' : 'incomplete' }
  return { kind: 'complete', credentials: hashedPassword === '' ? { userName, password } : { userName, hashedPassword } }
}

/** Wakanda's dialect: the array `[userName, password, seconds]`. `null`: the body held no arguments. */
export function readBodyCredentials(args: readonly unknown[] | null): SentCredentials {
  if (args === null) return { kind: 'none' }
  const [userName, password] = args
  if (typeof userName !== 'string' || userName === '') return { kind: 'incomplete' }
  return { kind: 'complete', credentials: { userName, password: typeof password === 'string' ? password : '' } }
}

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
  const seconds = positiveNumber(String(args[2]))
  return seconds === null ? policy.idleMinutes : clamp(seconds / 60, Math.min(1, policy.maxIdleMinutes), policy.maxIdleMinutes)
}

/** Node reads header values as Latin-1, and a sender may have meant UTF-8: taken so where the bytes are valid. */
function readHeader(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name]
  if (typeof value !== 'string') return ''
  const bytes = Buffer.from(value, 'latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : value
}

function positiveNumber(text: string): number | null {
  const number = /^\s*\d+(?:\.\d*)?\s*$/.test(text) ? Number(text) : 0
  return number > 0 && Number.isFinite(number) ? number : null
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max)
}
