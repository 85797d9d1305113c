import type { Response } from 'express'

import { DirectoryError, type DirectoryErrorCode } from '../index.js'

/** What the form says of the last attempt, under the names that the redirect carries. */
const sentences = {
  incomplete: 'Enter a user name and a password.',
  wrong: 'The user name or the password is wrong.',
  throttled: 'Too many failed logins.',
  full: 'All licences are in use.',
  unavailable: 'Logins cannot be checked at the moment.'
} as const

type LoginProblem = keyof typeof sentences

const problemsOfErrors: Partial<Record<DirectoryErrorCode, LoginProblem>> = {
  ERR_LOGIN_FAILED: 'wrong',
  ERR_THROTTLED: 'throttled',
  ERR_SESSIONS_FULL: 'full',
  ERR_LOGIN_QUEUE_FULL: 'unavailable',
  ERR_STORE_UNAVAILABLE: 'unavailable',
  ERR_STORE_NOT_REPLICATED: 'unavailable',
  ERR_PROVIDER_UNAVAILABLE: 'unavailable'
}

/** What an error means to whoever logs in; `null`: it is no matter of the form. */
export function problemOfError(error: unknown): LoginProblem | null {
  return error instanceof DirectoryError ? (problemsOfErrors[error.code] ?? null) : null
}

/** Leads back to the form by GET, or the browser's Back and Reload would send the password again. No name goes along: it may be a mistyped password. */
export function redirectToForm(res: Response, problem: LoginProblem, retryAfterSeconds?: number): void {
  const wait = retryAfterSeconds === undefined ? '' : `&wait=${retryAfterSeconds}`
  res.status(303).setHeader('Location', `?problem=${problem}${wait}`)
  res.end()
}

/** What the form has to say, of the URL that the redirect led to; `null`: nothing. Only our own sentences, whoever made the URL. */
export function readProblem({ problem, wait }: Readonly<Record<string, unknown>>): string | null {
  if (typeof problem !== 'string' || !Object.hasOwn(sentences, problem)) return null
  const sentence = sentences[problem as LoginProblem]
  return typeof wait === 'string' && /^\d{1,5}$/.test(wait) ? `${sentence} Try again in ${Number(wait)} s.` : sentence
}
