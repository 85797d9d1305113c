import type { ServerResponse } from 'node:http'

import { expiresAt } from '../sessions/session-store.js'
import { cacheControlOf, isForSharedCaches, makePrivate } from './cache-headers.js'
import { debugAnswer } from './debug-line.js'
import { listOf, takeDecidingHeaders } from './header-argument.js'
import type { RequestState } from './request-state.js'

/**
 * What the headers of an answer say of our session, decided when they are written. Ours is the first `Set-Cookie`, since some clients read only that, and no
 * other of its names goes out beside it. What is one visitor's is `private` (RFC 9111 section 3: without it a shared cache may store whatever has `max-age`,
 * `Expires` or a validator, and hand the cookie to strangers). Returns what is left of the headers that `writeHead` was given.
 */
export function completeAnswer(served: RequestState, res: ServerResponse, given: unknown): unknown {
  const left = takeDecidingHeaders(res, given)
  if (served.isGuarded && cacheControlOf(res) === undefined) res.setHeader('Cache-Control', 'no-store')
  const isShared = !served.isPersonal && isForSharedCaches(res)
  if (isShared || served.isRefused) served.returnIdleGuest()
  const decided = isShared ? 'the answer is for shared caches' : cookiesOf(served)
  const ours = typeof decided === 'string' ? [] : decided
  if (ours.length > 0 || served.isPersonal) keepFromSharedCaches(served, res)
  placeCookies(served, res, ours)
  debugAnswer(served, res, typeof decided === 'string' ? decided : decided.length)
  return left
}

/** Our `Set-Cookie` values, the name's first and then the alias'; or why there is none, where the answer has nothing to say of a session. */
function cookiesOf(served: RequestState): readonly string[] | string {
  const { facts, open, services } = served
  const { cookie, judge, keeper, now } = services
  const isSecure = () => facts.isSecure
  if (served.isWithoutSession) return 'NoSession-4D'
  if (served.hasLoggedOut) return cookie.isIn(facts.headers.cookie) ? cookie.delete(isSecure) : 'none came that could be taken back'
  // A late answer must not undo a login or a logout that has happened since.
  if (open === null) return 'there is no session'
  if (keeper.hasEnded(open)) return 'the session has ended or been renewed meanwhile'
  // The browser sent what it has under another name, or not at all: this cookie would take its place.
  if (!served.hasChanged && judge.withholdsCookie(facts))
    return 'a page of another site asked, and the browser may have kept its cookie back'
  const { record } = open
  // Counted from when the request came in; an answer that took a second or more promises only what is left.
  const elapsed = now() - served.startedAt
  const { absoluteEndAt, idleMilliseconds } = record
  const lastSeenAt = Math.max(record.lastSeenAt, served.startedAt)
  const left = expiresAt({ absoluteEndAt, idleMilliseconds, lastSeenAt }) - served.startedAt - (elapsed < 1000 ? 0 : elapsed)
  if (left <= 0) return 'the session is over'
  warnOfPlainHTTP(served)
  const isPersistent = record.rememberMe ?? cookie.options.persistent
  return cookie.write(open.id, isPersistent ? Math.floor(left / 1000) : null, isSecure)
}

function keepFromSharedCaches(served: RequestState, res: ServerResponse): void {
  const taken = makePrivate(res)
  if (taken.length === 0) return
  const { route } = served.facts
  served.services.warnings.once(
    'PRIVATE',
    `The answer to ${route} was made private: it carries a session's cookie, or was made for one visitor, and said ${taken.join(', ')}, ` +
      'which lets caches hand it to others',
    route
  )
}

/** Browsers drop a cookie with `Secure` where no HTTPS is, so that every login there is lost. */
function warnOfPlainHTTP({ facts, services }: RequestState): void {
  if (services.cookie.options.secure !== true || facts.isSecure) return
  services.warnings.once(
    'PLAIN_HTTP',
    'A session cookie went out over plain HTTP, and cookie.secure is true: browsers drop it there, but for some on localhost. Where a proxy of yours speaks HTTPS with them, have it set ' +
      "X-Forwarded-Proto, and say app.set('trust proxy', 1); elsewhere leave cookie.secure at 'auto'"
  )
}

function placeCookies({ services }: RequestState, res: ServerResponse, ours: readonly string[]): void {
  const theirs = res.getHeader('set-cookie')
  if (theirs === undefined && ours.length === 0) return
  const others = listOf(theirs).filter((setCookie) => !services.cookie.isOurs(setCookie))
  const all = [...ours, ...others]
  if (all.length > 0) res.setHeader('Set-Cookie', all)
  else res.removeHeader('set-cookie')
}
