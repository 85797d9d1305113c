import type { ServerResponse } from 'node:http'
import { debuglog } from 'node:util'

import { escapeAndCut } from '../escape-text.js'
import { hideSecrets } from '../hide-secrets.js'
import type { DirectoryUser } from '../providers/directory-provider.js'
import { longestTexts } from '../text-bounds.js'
import type { RequestState, WhyNobody } from './request-state.js'

/** `NODE_DEBUG=express-4d-directory` answers what people ask most about sessions: why am I logged out? */
const debug = debuglog('express-4d-directory')

const whyNobody = {
  'no cookie': 'no cookie of this directory came',
  'not found out': 'it could not be found out',
  ended: 'none lives under what came: ended, expired, or of another store',
  contradiction: 'sessions of two users came, and were ended',
  'user gone': 'its user is gone, disabled, or has another password since; it was ended',
  'another site': 'a page of another site sent the request'
} satisfies Record<WhyNobody, string>

/** Tells of a request whose answer's headers are written. `cookie` is how many of our cookies go out, or why none does. */
export function debugAnswer(request: RequestState, { statusCode }: ServerResponse, cookie: number | string): void {
  if (!debug.enabled) return
  const failure = statusCode === 503 ? describeFailure(request) : ''
  write(request, `${describeCookie(request, cookie)}; ${describePrivacy(request, cookie)}${failure}`)
}

/** Tells of an upgrade, whose answer is the host's. */
export function debugUpgrade(request: RequestState): void {
  if (debug.enabled) write(request, 'an upgrade, so no cookie')
}

/** No line holds an id: whoever reads a log could become its user. */
function write(request: RequestState, answer: string): void {
  const { facts, services } = request
  const path = hideSecrets(facts.path, services.cookie.candidates(facts.headers.cookie).ids)
  const what = escapeAndCut(`${facts.method} ${path}`, longestTexts.event)
  debug('%s', `${what}: ${describeCame(request)}; ${describeSession(request)}; ${answer}`)
}

function describeCame({ candidates, facts, services }: RequestState): string {
  const { counts, ids } = services.cookie.count(facts.headers.cookie)
  const came = counts.filter(({ count }) => count > 0).map(({ name, count }) => `${name} x ${count}`)
  if (came.length === 0) return 'no cookie came'
  const all = counts.reduce((sum, { count }) => sum + count, 0)
  const readable = ids === all ? '' : `, ${ids} of them taken for ids`
  const handles = candidates.map(({ record }) => record.handle).join(' ')
  return `came ${came.join(', ')}${readable}${handles === '' ? ', none live' : `, live ${handles}`}`
}

function describeSession(request: RequestState): string {
  const { hasLoggedOut, isWithoutSession, open, user } = request
  if (isWithoutSession) return `no session, as NoSession-4D asks${user === null ? '' : `, for ${nameOf(user)}`}`
  if (open !== null) return `session ${open.record.handle} of ${user === null ? 'a guest' : nameOf(user)}`
  return hasLoggedOut ? 'nobody, as logged out' : `nobody: ${describeNobody(request)}`
}

function describeNobody({ facts, services, whyNobody: why }: RequestState): string {
  if (why === 'no cookie' && services.cookie.isIn(facts.headers.cookie)) return 'what came is no id, or not signed by cookie.secrets'
  return whyNobody[why]
}

function describeCookie({ hasLoggedOut }: RequestState, cookie: number | string): string {
  if (typeof cookie === 'string') return `no cookie out: ${cookie}`
  return hasLoggedOut ? 'cookie taken back' : 'cookie out'
}

function describePrivacy({ hasChanged, isGuarded, isPersonal }: RequestState, cookie: number | string): string {
  if (hasChanged) return 'private: login, logout or first write'
  if (isPersonal) return isGuarded ? 'private: a guard found the user' : 'private: user or session was looked at'
  return typeof cookie === 'number' ? 'private: it carries the cookie' : 'not made private'
}

/** The last failure: of this request, as a rule. */
function describeFailure({ services }: RequestState): string {
  const failure = services.events.failures.latest
  return failure === null ? '' : `; 503: ${failure.reason}${failure.cause === '' ? '' : `: ${failure.cause}`}`
}

function nameOf({ userName, ID }: DirectoryUser): string {
  return escapeAndCut(`${userName} (${ID})`, longestTexts.event)
}
