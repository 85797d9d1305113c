export { directoryRouter, type RestDirectory } from './directory-router.js'
export { DirectoryError, type DirectoryErrorCode, type DirectoryErrorOptions } from './errors.js'
export { type DirectoryEvent, type DirectoryEventMap, type DirectoryEventName, DirectoryEvents, type EventDetails } from './events.js'
export { requireGroup, requireUser } from './http/guards.js'
export type { LoginOptions, OnLogin, RequestDirectory } from './http/request-directory.js'
export type { RouteMiddleware } from './http/route-middleware.js'
export type { DirectoryRouterOptions } from './options.js'
export { BcryptPool, type BcryptPoolOptions, type BcryptPoolStatistics } from './passwords/bcrypt-pool.js'
export { digest4D } from './passwords/digest-4d.js'
export { hashDigest4D, hashPassword } from './passwords/hash-password.js'
export type { HashingRequest, LoginSecret, PasswordHasher } from './passwords/password-hasher.js'
export { LruSessionStore, type LruSessionStoreOptions } from './sessions/lru-session-store.js'
export type { Session, SessionStorage } from './sessions/session.js'
export type {
  CreateOptions,
  NewSessionRecord,
  RemovedSession,
  SessionQuotas,
  SessionRecord,
  SessionStore
} from './sessions/session-store.js'
export type { SessionInfo, Sessions } from './sessions/sessions.js'
export { DirectoryFileError, type DirectoryFileErrorCode, type DirectoryFilePlace } from './users/directory-file-error.js'
export {
  type DirectoryCounts,
  type DirectoryFileEvents,
  type DirectoryFileOptions,
  DirectoryFileProvider
} from './users/directory-file-provider.js'
export type { Credentials, DirectoryProvider, DirectoryUser, UserRecord } from './users/directory-provider.js'
export type {
  LoginAttempt,
  LoginOutcome,
  LoginRefusal,
  LoginReservation,
  LoginSettlement,
  LoginThrottle,
  ThrottleLimits
} from './users/login-throttle.js'
export { MemoryLoginThrottle } from './users/memory-login-throttle.js'
export { type GroupRecord, StaticProvider } from './users/static-provider.js'
