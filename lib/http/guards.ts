import type { IncomingMessage } from 'node:http'
import { inspect } from 'node:util'

import { LiveRequestDirectory } from './request-directory.js'
import type { RouteMiddleware } from './route-middleware.js'

/** Lets logged-in users pass; anybody else is a `DirectoryError` 401 for `next`. */
export function requireUser(...misplaced: unknown[]): RouteMiddleware {
  if (misplaced.length > 0)
    throw new TypeError('requireUser takes no arguments: write app.get(path, requireUser(), handler), with its parentheses')
  return function requireUserGuard(req, _res, next) {
    const directory = directoryOfGuarded(req, 'requireUser')
    if (directory.user === null) next(directory.refuse('ERR_LOGIN_REQUIRED', 'A logged-in user is required'))
    else next()
  }
}

/** Lets members of any of the groups pass, each given by name or ID: 401 for nobody, 403 for whoever is in none of them. */
export function requireGroup(...groups: string[]): RouteMiddleware {
  if (groups.length === 0) throw new TypeError("requireGroup must be told at least one group: requireGroup('Sales')")
  for (const group of groups as readonly unknown[]) {
    if (typeof group === 'string' && group !== '') continue
    const received = typeof group === 'object' || typeof group === 'function' ? `a value of type ${typeof group}` : inspect(group)
    throw new TypeError(
      `requireGroup takes names or IDs of groups, received ${received}: write app.get(path, requireGroup('Sales'), handler)`
    )
  }
  return function requireGroupGuard(req, _res, next) {
    requireMember(req, groups).then(() => next(), next)
  }
}

async function requireMember(req: IncomingMessage, groups: readonly string[]): Promise<void> {
  const directory = directoryOfGuarded(req, 'requireGroup')
  if (directory.user === null) throw directory.refuse('ERR_LOGIN_REQUIRED', 'A logged-in user is required')
  for (const group of groups) if (await directory.belongsTo(group)) return
  throw directory.refuse('ERR_GROUP_REQUIRED', 'The user is in none of the groups that this is for')
}

function directoryOfGuarded(req: IncomingMessage, guard: string): LiveRequestDirectory {
  const directory: unknown = 'directory' in req ? req.directory : undefined
  if (directory instanceof LiveRequestDirectory) return directory
  throw new Error(
    `${guard} needs the session middleware in front of it: write app.use(directoryRouter(options).sessionMiddleware), or mount the router, before the route`
  )
}
