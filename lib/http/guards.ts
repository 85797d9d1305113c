import type { IncomingMessage } from 'node:http'

import { describeValue } from '../checks/describe-value.js'
import { isName } from '../checks/member-reader.js'
import { type GuardedRequest, guardedRequestOf } from './contract.js'
import type { RouteMiddleware } from './route-middleware.js'

/** Lets logged-in users pass; anybody else is a `DirectoryError` 401 for `next`. */
export function requireUser(...misplaced: unknown[]): RouteMiddleware {
  if (misplaced.length > 0)
    throw new TypeError('requireUser takes no arguments: write app.get(path, requireUser(), handler), with its parentheses')
  return function requireUserGuard(req, _res, next) {
    try {
      const request = guardedRequest(req, 'requireUser')
      if (request.guard() === null) next(request.refuse('ERR_LOGIN_REQUIRED', 'A logged-in user is required'))
      else next()
    } catch (error) {
      next(error)
    }
  }
}

/** Lets members of any of the groups pass, each given by name or ID: 401 for nobody, 403 for whoever is in none of them. */
export function requireGroup(...groups: string[]): RouteMiddleware {
  if (groups.length === 0) throw new TypeError("requireGroup must be told at least one group: requireGroup('Sales')")
  for (const group of groups as readonly unknown[]) {
    if (isName(group)) continue
    throw new TypeError(
      `requireGroup takes names or IDs of groups, received ${describeValue(group)}: write app.get(path, requireGroup('Sales'), handler)`
    )
  }
  return function requireGroupGuard(req, _res, next) {
    requireMember(req, groups).then(() => next(), next)
  }
}

async function requireMember(req: IncomingMessage, groups: readonly string[]): Promise<void> {
  const request = guardedRequest(req, 'requireGroup')
  if (request.guard() === null) throw request.refuse('ERR_LOGIN_REQUIRED', 'A logged-in user is required')
  for (const group of groups) if (await request.belongsTo(group)) return
  throw request.refuse('ERR_GROUP_REQUIRED', 'The user is in none of the groups that this is for')
}

function guardedRequest(req: IncomingMessage, guard: string): GuardedRequest {
  const request = guardedRequestOf('directory' in req ? req.directory : null)
  if (request !== null) return request
  throw new Error(
    `${guard} needs the session middleware in front of it: write app.use(directoryRouter(options).sessionMiddleware), or mount the router, before the route`
  )
}
