import { setMaxListeners } from 'node:events'
import type { IncomingMessage } from 'node:http'

import { type ErrorRequestHandler, type NextFunction, type Request, type RequestHandler, type Response, Router } from 'express'

import { DirectoryError } from './errors.js'
import { type DirectoryStatistics, askedOnceASecond } from './directory-statistics.js'
import { EventRaiser } from './event-raiser.js'
import type { DirectoryEvents } from './events.js'
import { forgiven } from './forgiven.js'
import { addDatastoreRoutes } from './http/datastore-routes.js'
import { addDirectoryRoutes } from './http/directory-routes.js'
import { knowsGroupsKey, openSessionKey } from './http/contract.js'
import { CrossSiteJudge } from './http/cross-site.js'
import { LoginCounts } from './http/login-counts.js'
import { loginGreeting } from './http/login-greeting.js'
import type { OpenSessionOptions } from './http/login-options.js'
import { openTestSession } from './http/open-test-session.js'
import type { RequestServices } from './http/request-services.js'
import type { RouteMiddleware } from './http/route-middleware.js'
import { SessionCookie } from './http/session-cookie.js'
import { rest4DMiddleware, resumeMiddleware, sessionMiddleware } from './http/session-middleware.js'
import { resumeUpgrade } from './http/resume-upgrade.js'
import { isForEndpoint, pathOf, sendError } from './http/wire-format.js'
import type { DirectoryRouterOptions } from './options.js'
import { isOneOfSeveral } from './one-of-several.js'
import { BcryptPool } from './passwords/bcrypt-pool.js'
import { isVerifiable } from './passwords/password-formats.js'
import type { PasswordHasher } from './passwords/password-hasher.js'
import { watchedHasher } from './passwords/watched-hasher.js'
import { readOptions } from './read-options.js'
import { LruSessionStore } from './stores/memory/session-store.js'
import { SessionKeeper } from './sessions/session-keeper.js'
import type { SessionStore } from './sessions/session-store.js'
import { sessionAdministration, type Sessions } from './sessions/administration.js'
import { admission } from './auth/admission.js'
import { Authenticator } from './auth/authenticate.js'
import type { DirectoryUser } from './providers/directory-provider.js'
import { CheckedProvider } from './providers/checked-provider.js'
import type { LoginThrottle } from './auth/throttle/login-throttle.js'
import { MemoryLoginThrottle } from './stores/memory/login-throttle.js'
import { UserRevalidation } from './auth/revalidate-users.js'
import { SlowCalls } from './slow-calls.js'
import { Warnings } from './warnings.js'
import { watchClock } from './watch-clock.js'
import { WatchedCalls } from './watched-calls.js'

/**
 * What `directoryRouter` returns: the router itself, with the rest as properties. `unlock` is ours and hides the router's method for WebDAV's `UNLOCK`
 * requests; `router.route(path).unlock(...)` still adds those.
 */
export interface RestDirectory extends RequestHandler, Omit<Router, 'unlock'> {
  /** Itself, for `const { router, sessionMiddleware } = directoryRouter(options)`. */
  readonly router: Router
  /** Sets `req.directory`. For pages outside the router's mount path; mounting both is harmless. */
  readonly sessionMiddleware: RouteMiddleware
  /**
   * Sets `req.directory` to the session that there is, and opens none: no guest's, and none for credential headers. For pages that have to be reachable when
   * every licence is taken, such as the session console.
   */
  readonly resumeMiddleware: RouteMiddleware
  /** Renders a `DirectoryError` in the protocol's format; passes any other error on. */
  readonly errorHandler: ErrorRequestHandler
  /** Lists, counts and ends live sessions, and finds that of a WebSocket upgrade. */
  readonly sessions: Sessions
  /** Hashes and verifies passwords off the event loop. */
  readonly passwords: PasswordHasher
  /** The audit trail, in the names of the OWASP logging vocabulary. */
  readonly events: DirectoryEvents
  /** What the directory has and does: sessions, logins, queue, throttle, failures. Looked at once a second at most, however often it is asked. */
  statistics(): Promise<DirectoryStatistics>
  /** Ends the wait or lock of an account, given by ID or name, after failed logins. `false`: there was none. Behind a mailed link, users help themselves. */
  unlock(user: string): Promise<boolean>
  /** Whether the user is in the group of that name or ID, nested groups included. Asks the provider anew: for sockets and streams, which outlive their request. */
  belongsTo(user: DirectoryUser, group: string): Promise<boolean>
  /** Aborted by `close`, so that streams and sockets of the host's own end with it. */
  readonly closing: AbortSignal
  /** Ends the threads and whatever else was opened here, never what was handed in. Logins that wait for a thread are answered with 503. */
  close(): Promise<void>
}

/**
 * 4D's REST directory as an Express router, to be mounted where its clients expect it: `app.use('/rest', directoryRouter({ provider }))`.
 *
 * @throws TypeError that names the option, shows its value unless it is secret, and says what is wanted.
 */
export function directoryRouter(options: DirectoryRouterOptions): RestDirectory {
  const checked = readOptions(options)
  const { cookie, session, rest } = checked
  const warnings = new Warnings(checked.now)
  const now = watchClock(checked.now, warnings, () => performance.now(), checked.now === Date.now)
  const events = new EventRaiser(now, warnings)
  const slowCalls = new SlowCalls(warnings, now)
  const providerCalls = new WatchedCalls('provider', (verb, milliseconds) => slowCalls.note(verb, milliseconds))
  const storeCalls = new WatchedCalls('store')
  const logins = new LoginCounts()
  const store: SessionStore = checked.store ?? new LruSessionStore()
  const hasher: PasswordHasher = checked.passwords ?? new BcryptPool()
  const passwords = watchedHasher(hasher, new WatchedCalls('hash'))
  const throttle: LoginThrottle | null = checked.throttle === false ? null : (checked.throttle ?? new MemoryLoginThrottle())
  const provider = new CheckedProvider(
    checked.provider,
    checked.providerTimeoutMilliseconds,
    events,
    hasher instanceof BcryptPool ? isVerifiable : null,
    providerCalls
  )
  const keeper = new SessionKeeper({
    store,
    quotas: checked.quotas,
    idleMilliseconds: session.idleMinutes * 60_000,
    absoluteMilliseconds: session.absoluteMinutes * 60_000,
    maxStorageBytes: session.maxStorageBytes,
    events,
    calls: storeCalls,
    now
  })
  const { digestLogin, allowEmptyPasswords } = rest
  const authenticator = new Authenticator({ provider, passwords, throttle, digestLogin, allowEmptyPasswords, events, now })
  const revalidation = new UserRevalidation({ provider, revalidateSeconds: checked.revalidateSeconds, events, now })
  const closing = new AbortController()
  // Each stream and each body that is being read listens, those of the host's own too, and Node would take the eleventh for a leak.
  setMaxListeners(0, closing.signal)
  const services: RequestServices = {
    store,
    keeper,
    authenticator,
    admits: admission(checked.mayLogIn, checked.providerTimeoutMilliseconds, events, providerCalls),
    provider,
    revalidation,
    cookie: new SessionCookie(cookie),
    events,
    closing: closing.signal,
    logins,
    greet: loginGreeting(checked.onLogin, checked.providerTimeoutMilliseconds, session.maxStorageBytes, events, providerCalls),
    now,
    guests: session.guests,
    headerLogin: rest.headerLogin,
    length: { ...session, ...rest },
    loginPage: checked.loginPage,
    judge: new CrossSiteJudge(checked.allowedOrigins, cookie.sameSite),
    warnings,
    hasSplitMemory: store instanceof LruSessionStore && isOneOfSeveral(),
    maxStorageBytes: session.maxStorageBytes,
    datastoreFunctions: rest.datastoreFunctions,
    latestApp: null
  }
  const statistics = askedOnceASecond(async () => {
    const [counts, waiting] = await Promise.all([keeper.count().catch(() => null), authenticator.countWaiting()])
    return {
      at: new Date(now()),
      sessions: counts,
      quotas: checked.quotas,
      revalidateSeconds: checked.revalidateSeconds,
      logins: logins.statistics,
      passwords: hasher.statistics ?? null,
      throttle: waiting === null ? null : { waiting },
      store: storeCalls.statistics,
      provider: providerCalls.statistics,
      failures: events.failures.list()
    }
  }, now)
  const isOwnRequest = ({ url }: IncomingMessage) => isForEndpoint(pathOf(url), rest.datastoreFunctions)
  const router = Router()
  router.use(rest4DMiddleware(services, isOwnRequest))
  addDirectoryRoutes(router, services)
  addDatastoreRoutes(router, services)
  const otherRequests = rest4DMiddleware(services, () => false)
  handleRequests(router, otherRequests, isOwnRequest)
  // For `openSession` of express-4d-directory/testing and for `sessionConsole` alone, so neither named nor listed.
  Object.defineProperties(router, {
    [openSessionKey]: { value: (user: unknown, options: OpenSessionOptions) => openTestSession(services, user, options) },
    [knowsGroupsKey]: { value: checked.provider.belongsTo !== undefined }
  })

  return Object.assign(router, {
    router,
    sessionMiddleware: sessionMiddleware(services),
    resumeMiddleware: resumeMiddleware(services),
    errorHandler,
    sessions: sessionAdministration(keeper, (request, app) => resumeUpgrade(services, request, app)),
    passwords,
    events: events.events,
    statistics: () => forgiven(statistics()),
    unlock: (user: string) => forgiven(authenticator.unlock(user)),
    belongsTo: (user: DirectoryUser, group: string) => forgiven(provider.belongsTo(user, group)),
    closing: closing.signal,
    async close() {
      closing.abort()
      if (checked.passwords === null) await passwords.close()
      if (checked.throttle === null) await throttle?.close?.()
      if (checked.store === null) await store.close?.()
    }
  })
}

function errorHandler(error: unknown, req: Request, res: Response, next: NextFunction): void {
  if (error instanceof DirectoryError && !res.headersSent) sendError(req, res, error)
  else next(error)
}

/**
 * Renders the refusals of everything mounted through the router, routes that the host adds later included: an error handler in its stack would stand
 * before those. Requests that none of the router's routes could be meant by get their session alone: walking through a router costs them as much again.
 */
function handleRequests(router: Router, otherRequests: RouteMiddleware, isOwnRequest: (message: IncomingMessage) => boolean): void {
  const handled = router as unknown as { handle: (req: Request, res: Response, done: NextFunction) => void }
  const handle = handled.handle.bind(router)
  const ownLayers = router.stack.length
  handled.handle = function handleAndAnswerRefusals(req, res, done) {
    const answerRefusal = (error?: unknown) => {
      if (error !== undefined && error instanceof DirectoryError) errorHandler(error, req, res, done)
      else done(error)
    }
    const isForItsRoutes = router.stack.length > ownLayers || isOwnRequest(req)
    if (isForItsRoutes) handle(req, res, answerRefusal)
    else otherRequests(req, res, answerRefusal)
  }
}
