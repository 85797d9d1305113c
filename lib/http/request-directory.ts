import { inspect } from 'node:util'

import type { Request, Response } from 'express'

import { DirectoryError } from '../errors.js'
import type { EventRaiser } from '../event-raiser.js'
import type { OpenSession, SessionOrigin } from '../sessions/session-keeper.js'
import { emptyStorage, stringifyStorage } from '../sessions/session-storage.js'
import { RequestSession, type Session } from '../sessions/session.js'
import type { SessionStorage } from '../sessions/session-storage.js'
import { expiresAt } from '../sessions/session-store.js'
import type { Authenticator } from '../auth/authenticate.js'
import { type CheckedProvider, checkUser } from '../providers/checked-provider.js'
import type { Credentials, DirectoryUser } from '../providers/directory-provider.js'
import type { AllowedOrigins } from './allowed-origins.js'
import type { SessionLengthPolicy } from './credentials.js'
import { isSpeculative, refuseCrossSite } from './cross-site.js'
import { type LoginOptions, readIdleMinutes } from './login-options.js'
import type { DatastoreFunction } from './host-callbacks.js'
import type { CookieDecision } from './place-session-cookie.js'
import { type ResumingServices, resumeSession } from './resume-session.js'

/** The directory as one request sees it: `req.directory`. Safe to log: it shows no id and no password. */
export interface RequestDirectory {
  /** `null`: nobody is logged in. */
  readonly user: DirectoryUser | null
  /** `null` where no session is open: with `session.guests: 'never'` before a login, on preflight, with `NoSession-4D`, after `logout`. */
  readonly session: Session | null
  /** Whether the user is in the group of that name or ID, nested groups included; asked of the provider once per request and group. */
  belongsTo(group: string): Promise<boolean>
  /**
   * Logs in whoever the credentials belong to, in a new session; `null`: nobody, and the session stays as it was.
   *
   * @throws DirectoryError `ERR_THROTTLED` 429, `ERR_SESSIONS_FULL` 402, `ERR_CROSS_SITE` 403, and 503 where it could not be found out.
   */
  login(credentials: Credentials, options?: LoginOptions): Promise<DirectoryUser | null>
  /** Logs in a user who is known by other means: passport, OpenID Connect, a magic link. Not judged as cross-site: such logins come from elsewhere. */
  signIn(user: DirectoryUser, options?: LoginOptions): Promise<void>
  /** Ends the session and takes the cookie back. */
  logout(): Promise<void>
}

/** The host's say in what a new session starts with. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a callback that returns nothing is as good
export type OnLogin = (user: DirectoryUser, req: Request) => Partial<SessionStorage> | void | Promise<Partial<SessionStorage> | void>

/** What requests of one directory have in common. */
export interface RequestServices extends ResumingServices {
  readonly authenticator: Authenticator
  readonly provider: CheckedProvider
  readonly events: EventRaiser
  readonly now: () => number
  readonly guests: boolean
  readonly headerLogin: 'any-request' | 'login-only'
  readonly length: SessionLengthPolicy
  readonly allowedOrigins: AllowedOrigins
  readonly checksOriginOfUnsafeMethods: boolean
  readonly maxStorageBytes: number
  readonly onLogin: OnLogin | null
  readonly datastoreFunctions: ReadonlyMap<string, DatastoreFunction>
}

export class LiveRequestDirectory implements RequestDirectory, CookieDecision {
  readonly #services: RequestServices
  readonly #req: Request
  readonly #res: Response
  #user: DirectoryUser | null = null
  #kept: OpenSession | null = null
  #session: RequestSession | null = null
  #hasLoggedOut = false
  #isWithoutSession = false
  #isPrivate = false
  #memberships: Map<string, Promise<boolean>> | null = null

  constructor(services: RequestServices, req: Request, res: Response) {
    this.#services = services
    this.#req = req
    this.#res = res
  }

  get user(): DirectoryUser | null {
    return this.#user
  }

  get session(): Session | null {
    if (this.#kept === null) return null
    this.#session ??= new RequestSession(this.#services.keeper, this.#kept)
    return this.#session
  }

  /** Whether this is the directory of these services: two of them in one app are kept apart. */
  isOf(services: RequestServices): boolean {
    return this.#services === services
  }

  async belongsTo(group: string): Promise<boolean> {
    if (this.#user === null) return false
    this.#memberships ??= new Map()
    const membership = this.#memberships.get(group) ?? this.#services.provider.belongsTo(this.#user, group)
    this.#memberships.set(group, membership)
    return membership
  }

  /** Whether what let this request in still holds: the session lives, its user may use it and is in the group. Asked anew, and without sliding. */
  async stillBelongsTo(group: string): Promise<boolean> {
    const { keeper, provider, revalidation } = this.#services
    if (this.#kept === null || this.#user === null || !(await keeper.isLive(this.#kept))) return false
    if ((await revalidation.check(this.#user, this.#kept.record.authenticatedAt ?? 0)) !== null)
      return provider.belongsTo(this.#user, group)
    await keeper.end(this.#kept, 'revalidation')
    return false
  }

  async login(credentials: Credentials, options: LoginOptions = {}): Promise<DirectoryUser | null> {
    const idleMinutes = readIdleMinutes(options, this.#services.length)
    this.refuseCrossSite()
    const user = await this.#authenticate(credentials)
    if (user) await this.#openFor(user, idleMinutes)
    return user
  }

  async signIn(user: DirectoryUser, options: LoginOptions = {}): Promise<void> {
    const idleMinutes = readIdleMinutes(options, this.#services.length)
    const known = checkUser(user, 'signIn')
    this.#services.events.raise('authn_login_success', { ...this.#origin(), userName: known.userName, userID: known.ID, by: 'signIn' })
    await this.#openFor(known, idleMinutes)
  }

  async logout(): Promise<void> {
    this.refuseCrossSite()
    if (isSpeculative(this.#req)) return
    // What has ended the session meanwhile may have been a login: this late answer must not take its new cookie back.
    const comesLate = this.#kept !== null && !(await this.#services.keeper.end(this.#kept, 'logout'))
    this.#become(null, null)
    this.#hasLoggedOut = !comesLate
  }

  /** Throws where a page of another site has sent this request, which is to log somebody in or out. */
  refuseCrossSite(): void {
    refuseCrossSite(this.#req, this.#services.allowedOrigins)
  }

  /** Takes up the session that the request's cookies stand for, if one lives and its user still may use it. */
  async resume(): Promise<void> {
    const resumed = await resumeSession(this.#req.headers.cookie, () => this.#origin(), this.#services)
    if (resumed !== null) this.#become(resumed.kept, resumed.user)
  }

  /** Logs in for this one request: no session, no cookie (`NoSession-4D`). */
  async authorizeWithoutSession(credentials: Credentials | null): Promise<boolean> {
    this.#isWithoutSession = true
    if (credentials === null) return false
    this.refuseCrossSite()
    this.#user = await this.#authenticate(credentials)
    if (this.#user !== null) this.#isPrivate = true
    return this.#user !== null
  }

  get isWithoutSession(): boolean {
    return this.#isWithoutSession
  }

  get hasLoggedOut(): boolean {
    return this.#hasLoggedOut
  }

  /** Opens a guest's session where there is none and guests are on. */
  async openGuest(): Promise<void> {
    if (this.#kept !== null || !this.#services.guests || this.#isWithoutSession) return
    this.#become(await this.#services.keeper.open(this.#origin(), null, null), null)
  }

  /** Whether the answer may show what is one visitor's: without `Cache-Control`, a shared cache might keep the cookie, or one user's page, for others. */
  get isPrivate(): boolean {
    return this.#isPrivate
  }

  isOurs(setCookie: string): boolean {
    return this.#services.cookie.isOurs(setCookie)
  }

  decideCookie(): string | null {
    const { cookie, keeper, now } = this.#services
    if (this.#isWithoutSession) return null
    if (this.#hasLoggedOut) return cookie.isIn(this.#req.headers.cookie) ? cookie.delete(this.#req.secure) : null
    const kept = this.#kept
    // A late answer must not undo a login or a logout that has happened since.
    if (kept === null || keeper.hasEnded(kept)) return null
    const { record } = kept
    // Counted from when the session slid; an answer that took a second or more promises only what is left.
    const elapsed = now() - record.lastSeenAt
    const left = expiresAt(record) - record.lastSeenAt - (elapsed < 1000 ? 0 : elapsed)
    return left <= 0 ? null : cookie.write(kept.id, Math.floor(left / 1000), this.#req.secure)
  }

  /** What a guard turns the request away with, told to the audit trail. */
  refuse(code: 'ERR_LOGIN_REQUIRED' | 'ERR_GROUP_REQUIRED', message: string): DirectoryError {
    const user = this.#user
    this.#services.events.raise('authz_fail', {
      ...this.#origin(),
      userName: user?.userName ?? '',
      userID: user?.ID ?? null,
      handle: this.#kept?.record.handle ?? null,
      reason: `${code} ${this.#req.method} ${this.#req.baseUrl}${this.#req.path}`
    })
    return new DirectoryError(code, message)
  }

  toJSON(): object {
    return { user: this.#user, session: this.session }
  }

  [inspect.custom](): object {
    return this.toJSON()
  }

  async #authenticate(credentials: Credentials): Promise<DirectoryUser | null> {
    const hangUp = new AbortController()
    const onClose = () => hangUp.abort()
    // Whoever hung up while the session was looked up is told of no more.
    if (this.#res.closed) onClose()
    this.#res.once('close', onClose)
    try {
      return await this.#services.authenticator.authenticate(credentials, { ...this.#origin(), signal: hangUp.signal })
    } finally {
      this.#res.off('close', onClose)
    }
  }

  async #openFor(user: DirectoryUser, idleMinutes: number): Promise<void> {
    const { keeper, maxStorageBytes, onLogin, revalidation } = this.#services
    const initial = (await onLogin?.(user, this.#req)) ?? {}
    // Checked here, before anything is opened, and without what a guest has stored.
    const added = JSON.parse(stringifyStorage(initial, maxStorageBytes)) as Partial<SessionStorage>
    const storage = (carried: string) => {
      if (Object.keys(added).length === 0) return carried
      return carried === emptyStorage
        ? JSON.stringify(added)
        : stringifyStorage({ ...(JSON.parse(carried) as object), ...added }, maxStorageBytes)
    }
    revalidation.forget(user.ID)
    this.#become(await keeper.open(this.#origin(), { user, idleMilliseconds: Math.round(idleMinutes * 60_000), storage }, this.#kept), user)
    this.#hasLoggedOut = false
    this.#isWithoutSession = false
  }

  #become(kept: OpenSession | null, user: DirectoryUser | null): void {
    this.#kept = kept
    this.#session = null
    this.#user = user
    this.#memberships = null
    if (kept !== null) this.#isPrivate = true
  }

  #origin(): SessionOrigin {
    return { ip: this.#req.ip ?? '', userAgent: (this.#req.headers['user-agent'] ?? '').slice(0, 200) }
  }
}

/** The refusal of a header login on a URL other than login's. */
export function loginFailed(): DirectoryError {
  return new DirectoryError('ERR_LOGIN_FAILED', 'REST login failed')
}
