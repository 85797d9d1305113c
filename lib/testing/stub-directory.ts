import { readerOf } from '../checks/member-reader.js'
import { HostDirectory } from '../http/request-directory.js'
import type { RouteMiddleware } from '../http/route-middleware.js'
import { defaults } from '../options.js'
import type { ProvidedUser } from '../providers/directory-provider.js'
import { checkUser } from '../providers/directory-user.js'
import { readAdded, type SessionStorage } from '../sessions/session-storage.js'
import { refuseInProduction } from './open-session.js'
import { StubVisitor } from './stub-visitor.js'

/** Whose the requests are. */
export interface StubDirectoryOptions {
  /** `null`: nobody is logged in. That is the default. */
  readonly user?: ProvidedUser | null | undefined
  /** The names or IDs of the groups that the user is in. Default: none. */
  readonly groups?: readonly string[] | undefined
  /** When the user has proved who this is, as `requireRecentLogin` reads it. Default: now. */
  readonly authenticatedAt?: Date | undefined
  /** What the session has stored. Default: nothing. */
  readonly storage?: Partial<SessionStorage> | undefined
}

/**
 * Stands in for `sessionMiddleware` in a unit test, without a provider, a store or cookies: `app.use(stubDirectory({ user, groups: ['Sales'] }))`. The guards take it
 * for the real one.
 *
 * All requests are those of one visitor: what one stores the next one finds, and `signIn` and `logout` last. So make one for each test. It knows no passwords:
 * `login` rejects.
 *
 * @throws Error under `NODE_ENV=production`.
 * @throws TypeError for a user or groups that are none.
 */
export function stubDirectory(options: StubDirectoryOptions = {}): RouteMiddleware {
  refuseInProduction('stubDirectory')
  const reader = readerOf(options, ['user', 'groups', 'authenticatedAt', 'storage'], "stubDirectory({ user, groups: ['Sales'] })")
  const { user = null, storage } = options
  const visitor = new StubVisitor(reader.texts('groups'), {
    user: user === null ? null : checkUser(user, 'stubDirectory'),
    authenticatedAt: reader.date('authenticatedAt', null)?.getTime() ?? null,
    idleMinutes: null,
    storage: readAdded(storage, defaults.session.maxStorageBytes)
  })
  return function stubbedDirectory(req, _res, next) {
    visitor.comesBack()
    ;(req as { directory?: unknown }).directory = new HostDirectory(visitor)
    next()
  }
}
