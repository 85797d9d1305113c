import type { Admits } from '../auth/admission.js'
import type { Authenticator } from '../auth/authenticate.js'
import type { UserRevalidation } from '../auth/revalidate-users.js'
import type { EventRaiser } from '../event-raiser.js'
import type { CheckedProvider } from '../providers/checked-provider.js'
import type { TrustingApp } from '../sessions/administration.js'
import type { SessionKeeper } from '../sessions/session-keeper.js'
import type { SessionStore } from '../sessions/session-store.js'
import type { Warnings } from '../warnings.js'
import type { SessionLengthPolicy } from './credentials.js'
import type { CrossSiteJudge } from './cross-site.js'
import type { DatastoreFunction, LoginWay } from './host-callbacks.js'
import type { LoginCounts } from './login-counts.js'
import type { Greet } from './login-greeting.js'
import type { SessionCookie } from './session-cookie.js'

/** What requests of one directory have in common. */
export interface RequestServices {
  readonly store: SessionStore
  readonly keeper: SessionKeeper
  readonly authenticator: Authenticator
  readonly admits: Admits<LoginWay>
  readonly provider: CheckedProvider
  readonly revalidation: UserRevalidation
  readonly cookie: SessionCookie
  readonly judge: CrossSiteJudge
  readonly logins: LoginCounts
  readonly greet: Greet
  readonly events: EventRaiser
  readonly warnings: Warnings
  /** Whether sessions are kept in this process's memory, and others serve the same app. */
  readonly hasSplitMemory: boolean
  /** Aborted when the directory closes. */
  readonly closing: AbortSignal
  readonly now: () => number
  readonly guests: 'always' | 'on-write' | 'never'
  readonly headerLogin: 'any-request' | 'login-only'
  readonly length: SessionLengthPolicy
  readonly loginPage: string | null
  readonly maxStorageBytes: number
  readonly datastoreFunctions: ReadonlyMap<string, DatastoreFunction>
  /** The app that has been served last: whose `trust proxy` counts for an upgrade that names none. */
  latestApp: TrustingApp | null
}
