/**
 * Login, sessions, users and groups for Express, and 4D's REST directory.
 *
 * @module express-4d-directory
 */

export { directoryRouter, type RestDirectory } from './directory-router.js'
export type { DirectoryStatistics } from './directory-statistics.js'
export { DirectoryError, type DirectoryErrorCode, type DirectoryErrorOptions } from './errors.js'
export type { DirectoryComponent, DirectoryEvent, DirectoryEventMap, DirectoryEventName, DirectoryEvents } from './events.js'
export type { ComponentFailures } from './failure-notes.js'
export { type RecentLoginOptions, requireGroup, requireRecentLogin, requireUser } from './http/guards.js'
export type { DatastoreFunction, LoginWay, MayLogIn } from './http/host-callbacks.js'
export type { LoginStatistics } from './http/login-counts.js'
export type { LoginOptions, SignInOptions } from './http/login-options.js'
export type { OnLogin, RequestDirectory } from './http/request-directory.js'
export type { RouteMiddleware } from './http/route-middleware.js'
export { safeReturnTo } from './http/safe-return-to.js'
export type { DirectoryRouterOptions } from './options.js'
export { BcryptPool, type BcryptPoolOptions } from './passwords/bcrypt-pool.js'
export { digest4D } from './passwords/digest-4d.js'
export { hashDigest4D, type HashingOptions, hashPassword } from './passwords/hash-password.js'
export type { LoginSecret } from './passwords/login-secret.js'
export type { BcryptPoolStatistics, HashingRequest, PasswordHasher } from './passwords/password-hasher.js'
export { LruSessionStore, type LruSessionStoreOptions } from './stores/memory/session-store.js'
export type { Session } from './sessions/session.js'
export type { SessionStorage } from './sessions/session-storage.js'
export type {
  CreateOptions,
  CreateOutcome,
  NewSessionRecord,
  RemovedSession,
  ReplacedSession,
  SessionCounts,
  SessionQuotas,
  SessionRecord,
  SessionStore
} from './sessions/session-store.js'
export type { EndManyOptions, EndOptions, SessionInfo, Sessions, TrustingApp } from './sessions/administration.js'
export { DirectoryFileError, type DirectoryFileErrorCode, type DirectoryFilePlace } from './providers/directory-file/error.js'
export {
  type DirectoryCounts,
  type DirectoryFileEvents,
  type DirectoryFileOptions,
  DirectoryFileProvider
} from './providers/directory-file/provider.js'
export type {
  Credentials,
  DirectoryProvider,
  DirectoryUser,
  ProvidedUser,
  ProvidedUserRecord,
  UserAttributes,
  UserRecord
} from './providers/directory-provider.js'
export type {
  LoginAttempt,
  LoginOutcome,
  LoginRefusal,
  LoginReservation,
  LoginSettlement,
  LoginThrottle,
  ThrottleLimits,
  ProvenLogin
} from './auth/throttle/login-throttle.js'
export { MemoryLoginThrottle } from './stores/memory/login-throttle.js'
export { type GroupRecord, StaticProvider } from './providers/static-provider.js'
export type { CallStatistics, DirectoryTrace } from './watched-calls.js'
