import { DirectoryError } from './errors.js'
import { escapeAndCut } from './escape-text.js'
import { hideSecrets } from './hide-secrets.js'
import { longestTexts } from './text-bounds.js'

/** What this package says of a failure is in the reason; what went wrong beneath is the cause. */
export function innermostCause(cause: unknown): unknown {
  return cause instanceof DirectoryError && cause.cause !== undefined ? innermostCause(cause.cause) : cause
}

/** Class, code and the beginning of the message, on one line and without these secrets. */
export function describeCause(cause: unknown, secrets: readonly string[]): string {
  const innermost = innermostCause(cause)
  if (!(innermost instanceof Error)) return `a value of type ${innermost === null ? 'null' : typeof innermost} was thrown`
  const { code } = innermost as { readonly code?: unknown }
  const shownCode = typeof code === 'string' || typeof code === 'number' ? ` ${String(code)}` : ''
  // Hidden before it is cut, or the beginning of a secret could stay.
  return (
    escapeAndCut(`${innermost.constructor.name}${shownCode}: `, longestTexts.event) +
    escapeAndCut(hideSecrets(innermost.message, secrets), longestTexts.event)
  )
}
