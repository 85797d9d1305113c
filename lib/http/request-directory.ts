import { inspect } from 'node:util'

import type { Request } from 'express'

import { forgiven } from '../forgiven.js'
import type { Credentials, DirectoryUser } from '../providers/directory-provider.js'
import type { SessionStorage } from '../sessions/session-storage.js'
import type { Session } from '../sessions/session.js'
import { contractKey, type GuardedRequest } from './contract.js'
import type { LoginOptions, SignInOptions } from './login-options.js'

/** The directory as one request sees it: `req.directory`. Safe to log: it shows no id and no password. */
export interface RequestDirectory {
  /** Who is logged in; `null`: nobody. */
  readonly user: DirectoryUser | null
  /**
   * The visitor's session: open, or to be opened by its first `update`. `null` where none may open: before a login with `session.guests: 'never'`, after `logout`, on
   * a preflight, with `NoSession-4D`, outside the cookie's path, and on a request of another site that browsers send without our cookie.
   */
  readonly session: Session | null
  /** Whether the user is in the group of that name or ID, nested groups included; asked of the provider once per request and group. */
  belongsTo(group: string): Promise<boolean>
  /**
   * Logs in whoever the credentials belong to, in a new session; `null`: nobody, and the session stays as it was. Await it before you answer: its cookie goes out
   * with the headers.
   *
   * @throws DirectoryError `ERR_THROTTLED` 429, `ERR_SESSIONS_FULL` 402, `ERR_CROSS_SITE` 403, and 503 where it could not be found out.
   * @throws Error where the answer's headers are out.
   */
  login(credentials: Credentials, options?: LoginOptions): Promise<DirectoryUser | null>
  /**
   * Logs in a user who is known by other means: passport, OpenID Connect, a magic link. It is not throttled. On POST, PUT, PATCH and DELETE a page of another site is
   * refused, unless `fromElsewhere` says that such logins come from there. Await it before you answer: its cookie goes out with the headers.
   *
   * @throws DirectoryError `ERR_LOGIN_FAILED` 401 where `mayLogIn` refuses, `ERR_SESSIONS_FULL` 402, `ERR_CROSS_SITE` 403, and 503 where it could not be found out.
   * @throws Error where the answer's headers are out.
   */
  signIn(user: DirectoryUser, options?: SignInOptions): Promise<void>
  /**
   * Whose the credentials are; `null`: nobody's. Throttled and judged as a login is, and logs nobody in: the first of several steps.
   * `signIn(user, { authenticatedAt })` completes them, with a time from before this call. Until then no failures are forgotten.
   *
   * @throws DirectoryError `ERR_THROTTLED` 429, `ERR_CROSS_SITE` 403, and 503 where it could not be found out.
   */
  verify(credentials: Credentials): Promise<DirectoryUser | null>
  /**
   * Counts a wrong second factor of the user as a wrong password is counted.
   *
   * @throws DirectoryError `ERR_THROTTLED` 429 where the user has to wait: the first step should then be worth nothing any more.
   */
  countFailure(user: DirectoryUser): Promise<void>
  /**
   * Whether this is the password of the user who is logged in. Throttled and judged as a login is. If it is, the session gets another id, and its `authenticatedAt`
   * becomes now, for `requireRecentLogin`; what it stores and when it ends stay. `false` also where nobody is logged in, or the session has ended meanwhile. Await it
   * before you answer: its cookie goes out with the headers.
   *
   * @throws DirectoryError `ERR_THROTTLED` 429, `ERR_CROSS_SITE` 403, and 503 where it could not be found out.
   * @throws Error where the answer's headers are out.
   */
  confirmPassword(password: string): Promise<boolean>
  /**
   * Looks the user up again by `findUserByID`, where the provider has it. For a host that has just changed its user: without this, the change shows within
   * `revalidateSeconds`. `null`: nobody is logged in, or the user may not be any longer, and the session has ended.
   *
   * @throws DirectoryError `ERR_PROVIDER_UNAVAILABLE` 503.
   */
  refreshUser(): Promise<DirectoryUser | null>
  /**
   * Ends every session that came with the request, and takes the cookie back. `false`: nothing was done, because such a request never logs out (`HEAD`, a page that
   * is fetched ahead).
   *
   * @throws DirectoryError `ERR_CROSS_SITE` 403, `ERR_STORE_UNAVAILABLE` 503.
   */
  logout(): Promise<boolean>
}

/** The host's say in what a new session starts with. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a callback that returns nothing is as good
export type OnLogin = (user: DirectoryUser, req: Request) => Partial<SessionStorage> | void | Promise<Partial<SessionStorage> | void>

/** The request behind what hosts see of it. */
export interface RequestBehind extends GuardedRequest {
  readonly logins: Pick<RequestDirectory, 'login' | 'signIn' | 'logout'>
  readonly steps: Pick<RequestDirectory, 'verify' | 'countFailure' | 'confirmPassword' | 'refreshUser'>
  lookAtUser(): DirectoryUser | null
  lookAtSession(): Session | null
}

/**
 * What hosts see of a served request. Whatever they look at and find makes the answer theirs alone; what this package looks at does not pass by here. What they
 * forget to await ends no process.
 */
export class HostDirectory implements RequestDirectory {
  readonly #served: RequestBehind

  constructor(served: RequestBehind) {
    this.#served = served
  }

  get user(): DirectoryUser | null {
    return this.#served.lookAtUser()
  }

  get session(): Session | null {
    return this.#served.lookAtSession()
  }

  belongsTo(group: string): Promise<boolean> {
    return forgiven(this.#served.belongsTo(group))
  }

  login(credentials: Credentials, options?: LoginOptions): Promise<DirectoryUser | null> {
    return forgiven(this.#served.logins.login(credentials, options))
  }

  signIn(user: DirectoryUser, options?: SignInOptions): Promise<void> {
    return forgiven(this.#served.logins.signIn(user, options))
  }

  verify(credentials: Credentials): Promise<DirectoryUser | null> {
    return forgiven(this.#served.steps.verify(credentials))
  }

  countFailure(user: DirectoryUser): Promise<void> {
    return forgiven(this.#served.steps.countFailure(user))
  }

  confirmPassword(password: string): Promise<boolean> {
    return forgiven(this.#served.steps.confirmPassword(password))
  }

  refreshUser(): Promise<DirectoryUser | null> {
    return forgiven(this.#served.steps.refreshUser())
  }

  logout(): Promise<boolean> {
    return forgiven(this.#served.logins.logout())
  }

  /** For guards, also of another copy of this package. */
  get [contractKey](): GuardedRequest {
    return this.#served
  }

  toJSON(): object {
    return { user: this.user, session: this.session }
  }

  [inspect.custom](): object {
    return this.toJSON()
  }
}
