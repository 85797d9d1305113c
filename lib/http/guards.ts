import type { IncomingMessage, ServerResponse } from 'node:http'

import { describeValue } from '../checks/describe-value.js'
import { isName, readerOf } from '../checks/member-reader.js'
import { type GuardedRequest, guardedRequestOf } from './contract.js'
import { isForLoginPage, isNavigation, sendToLoginPage } from './login-page.js'
import type { RouteMiddleware } from './route-middleware.js'

/** How long ago a login may be. */
export interface RecentLoginOptions {
  /** More than 0, up to a year of 525600. */
  readonly minutes: number
}

const mostMinutes = 525_600

/** Lets logged-in users pass. Of anybody else, a browser's navigation is sent to `loginPage` where there is one; else it is a `DirectoryError` 401 for `next`. */
export function requireUser(...misplaced: unknown[]): RouteMiddleware {
  if (misplaced.length > 0)
    throw new TypeError('requireUser takes no arguments: write app.get(path, requireUser(), handler), with its parentheses')
  return guard('requireUser', () => null)
}

/**
 * Lets members of any of the groups pass, each given by name or ID. Nobody is treated as by `requireUser`; a user who is in none of them is a `DirectoryError` 403,
 * and never sent to the login page.
 */
export function requireGroup(...groups: string[]): RouteMiddleware {
  if (groups.length === 0) throw new TypeError("requireGroup must be told at least one group: requireGroup('Sales')")
  for (const group of groups as readonly unknown[]) {
    if (isName(group)) continue
    throw new TypeError(
      `requireGroup takes names or IDs of groups, received ${describeValue(group)}: write app.get(path, requireGroup('Sales'), handler)`
    )
  }
  return guard('requireGroup', (request) => requireMember(request, groups))
}

/**
 * Lets users pass who logged in, or confirmed their password, no longer ago than that: `requireRecentLogin({ minutes: 10 })`, for what a browser that was left
 * alone should not be able to do. Of anybody else, a browser's navigation is sent to `loginPage` where there is one; else it is a `DirectoryError` 401,
 * `ERR_LOGIN_TOO_OLD` for a user. The page finds out by `req.directory.user` what to ask for: a login, or the password alone, for `req.directory.confirmPassword`.
 */
export function requireRecentLogin(options: RecentLoginOptions): RouteMiddleware {
  const reader = readerOf(options, ['minutes'], 'requireRecentLogin({ minutes: 10 })')
  const minutes = reader.positiveNumber('minutes', { upTo: mostMinutes, limit: 'a year', unit: 'minutes' })
  return guard('requireRecentLogin', (request) => (request.hasLoggedInWithin(minutes) ? null : 'ERR_LOGIN_TOO_OLD'))
}

/** Lets users pass whom `judge` finds nothing against. Nobody is asked to log in. */
function guard(name: string, judge: (request: GuardedRequest) => AskedToLogIn | null | Promise<null>): RouteMiddleware {
  return function directoryGuard(req, res, next) {
    try {
      const request = guardedRequest(req, name)
      const verdict = request.guard() === null ? 'ERR_LOGIN_REQUIRED' : judge(request)
      if (verdict === null) next()
      else if (typeof verdict === 'string') askToLogIn({ request, req, res, next }, verdict)
      else verdict.then(() => next(), next)
    } catch (error) {
      next(error)
    }
  }
}

async function requireMember(request: GuardedRequest, groups: readonly string[]): Promise<null> {
  for (const group of groups) if (await request.belongsTo(group)) return null
  throw request.refuse('ERR_GROUP_REQUIRED', 'The user is in none of the groups that this is for')
}

interface GuardedExchange {
  readonly request: GuardedRequest
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly next: (error?: unknown) => void
}

const reasons = {
  ERR_LOGIN_REQUIRED: 'A logged-in user is required',
  ERR_LOGIN_TOO_OLD: 'The login is too long ago for this: the password is required again'
} as const

type AskedToLogIn = keyof typeof reasons

/** Sends a browser to the login page, where the host has one, and refuses whoever asks for data. */
function askToLogIn({ request, req, res, next }: GuardedExchange, code: AskedToLogIn): void {
  const { loginPage } = request
  if (loginPage === null || res.headersSent || !isNavigation(req) || isForLoginPage(req, loginPage)) {
    next(request.refuse(code, reasons[code]))
    return
  }
  request.sendAway()
  sendToLoginPage(req, res, loginPage)
}

function guardedRequest(req: IncomingMessage, guard: string): GuardedRequest {
  const request = guardedRequestOf((req as { readonly directory?: unknown }).directory)
  if (request !== null) return request
  throw new Error(
    `${guard} needs the session middleware in front of it: write app.use(directoryRouter(options).sessionMiddleware), or mount the router, before the route`
  )
}
