import { isNativeError } from 'node:util/types'

import { DirectoryError } from './errors.js'
import { escapeAndCut } from './escape-text.js'
import { hideSecrets } from './hide-secrets.js'
import { longestTexts } from './text-bounds.js'

/** What this package says of a failure is in the reason; what went wrong beneath is the cause. */
export function innermostCause(cause: unknown): unknown {
  return cause instanceof DirectoryError && cause.cause !== undefined ? innermostCause(cause.cause) : cause
}

/** Class, code and the beginning of the message, on one line and without these secrets. Never throws: what hosts throw may be anything. */
export function describeCause(cause: unknown, secrets: readonly string[]): string {
  const { what, message } = read(innermostCause(cause))
  const shown = showMessage(message, secrets)
  return shown === '' ? what : `${what}: ${shown}`
}

/** The same of what says enough by its message. */
export function describeMessage(cause: unknown): string {
  const { what, message } = read(cause)
  return showMessage(message, []) || what
}

/** What it is, and what it says. */
interface ReadCause {
  readonly what: string
  readonly message: string
}

function read(cause: unknown): ReadCause {
  try {
    return readMembers(cause)
  } catch {
    // A proxy, or a getter that throws.
    return { what: 'a value that cannot be read was thrown', message: '' }
  }
}

function readMembers(cause: unknown): ReadCause {
  if (typeof cause === 'string') return { what: 'a text', message: cause }
  const nothing = { what: `a value of type ${cause === null ? 'null' : typeof cause} was thrown`, message: '' }
  if (typeof cause !== 'object' || cause === null) return nothing
  const { code, constructor, errors, message } = cause as Readonly<Record<string, unknown>>
  // Those of another realm too: under Jest, all that Node throws.
  const isError = isNativeError(cause) || cause instanceof Error
  if (!isError && typeof message !== 'string') return nothing
  const shownCode = typeof code === 'string' || typeof code === 'number' ? ` ${code}` : ''
  const className = typeof constructor === 'function' ? constructor.name : 'Object'
  return { what: escapeAndCut(className + shownCode, longestTexts.event), message: messageAmong(message, errors) }
}

/** Node's error of a host that has two addresses says nothing itself, and has an error for each. */
function messageAmong(message: unknown, errors: unknown): string {
  if (typeof message === 'string' && message !== '') return message
  const [first] = Array.isArray(errors) ? (errors as unknown[]) : []
  return first === undefined ? '' : read(first).message
}

/** Secrets are hidden before it is cut, or the beginning of one could stay. */
function showMessage(message: string, secrets: readonly string[]): string {
  return escapeAndCut(hideSecrets(message, secrets), longestTexts.event)
}
