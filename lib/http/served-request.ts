import type { ServerResponse } from 'node:http'

import { isWithin } from '../clocks.js'
import { DirectoryError, type DirectoryErrorCode } from '../errors.js'
import { forgiven } from '../forgiven.js'
import type { DirectoryUser } from '../providers/directory-provider.js'
import { pickSession } from '../sessions/pick-session.js'
import type { OpenSession } from '../sessions/open-session.js'
import type { Session } from '../sessions/session.js'
import { whenKnown } from '../when-known.js'
import { type AnswerState, completeAnswer } from './complete-answer.js'
import { contractNumber, type GuardedRequest, type HeaderWriter, packageVersion } from './contract.js'
import { safeMethods } from './cross-site.js'
import type { WhyNobody } from './debug-line.js'
import { HostDirectory, type RequestDirectory } from './request-directory.js'
import type { RequestFacts } from './request-facts.js'
import { RequestLogins } from './request-logins.js'
import type { RequestServices } from './request-services.js'
import { SecondSteps } from './second-steps.js'
import type { CandidateIds } from './session-cookie.js'
import { SessionOpening } from './session-opening.js'

/**
 * One request as one directory serves it: whose it is, in which session, and what the answer's headers say of both. What hosts look at passes by `lookAt...`: it
 * makes the answer theirs alone. How a session opens, `opening` knows; how somebody logs in and out, `logins`.
 */
export class ServedRequest implements HeaderWriter, GuardedRequest, AnswerState {
  readonly contractNumber = contractNumber
  readonly packageVersion = packageVersion
  readonly services: RequestServices
  readonly facts: RequestFacts
  /** `null`: an upgrade, which has no answer of ours. */
  readonly res: ServerResponse | null
  readonly previous: HeaderWriter | null
  readonly host: RequestDirectory = new HostDirectory(this)
  readonly startedAt: number
  #user: DirectoryUser | null = null
  #open: OpenSession | null = null
  /** Every live session that came with the request. */
  #candidates: readonly OpenSession[] = []
  #whyNobody: WhyNobody = 'no cookie'
  #mayBeCarriedOn = false
  #isWithoutSession = false
  #hasLoggedOut = false
  #hasChanged = false
  #wasLookedAt = false
  #isGuarded = false
  #isRefused = false
  /** Whether the session was opened for this request, and nobody has asked for it yet. */
  #isIdleGuest = false
  #session: Session | null = null
  #memberships: Map<string, Promise<boolean>> | null = null
  #opening: SessionOpening | null = null
  #logins: RequestLogins | null = null

  constructor(services: RequestServices, facts: RequestFacts, res: ServerResponse | null, previous: HeaderWriter | null) {
    this.services = services
    this.facts = facts
    this.res = res
    this.previous = previous
    this.startedAt = services.now()
  }

  get user(): DirectoryUser | null {
    return this.#user
  }

  get open(): OpenSession | null {
    return this.#open
  }

  get candidates(): readonly OpenSession[] {
    return this.#candidates
  }

  /** Why no session was taken up, where none was: for the line that `NODE_DEBUG` asks for. */
  get whyNobody(): WhyNobody {
    return this.#whyNobody
  }

  /** Whether a login takes over what the session has stored: what comes from one guest's cookie of several may have been planted. */
  get mayBeCarriedOn(): boolean {
    return this.#mayBeCarriedOn
  }

  get isWithoutSession(): boolean {
    return this.#isWithoutSession
  }

  get hasLoggedOut(): boolean {
    return this.#hasLoggedOut
  }

  get isGuarded(): boolean {
    return this.#isGuarded
  }

  get isRefused(): boolean {
    return this.#isRefused
  }

  /** The session has changed, or somebody has looked at it and found one. */
  get isPersonal(): boolean {
    return this.#hasChanged || (this.#wasLookedAt && (this.#user !== null || this.#open !== null))
  }

  get hasChanged(): boolean {
    return this.#hasChanged
  }

  get opening(): SessionOpening {
    return (this.#opening ??= new SessionOpening(this))
  }

  get steps(): SecondSteps {
    return new SecondSteps(this)
  }

  get logins(): RequestLogins {
    return (this.#logins ??= new RequestLogins(this))
  }

  lookAtUser(): DirectoryUser | null {
    this.#wasLookedAt ||= this.#user !== null
    return this.#user
  }

  lookAtSession(): Session | null {
    if (this.#open === null && !this.opening.mayOpen()) return null
    this.#wasLookedAt ||= this.#open !== null
    this.#session ??= this.opening.sessionOf(this.#open)
    return this.#session
  }

  guard(): DirectoryUser | null {
    this.#isGuarded = true
    return this.lookAtUser()
  }

  belongsTo(group: string): Promise<boolean> {
    this.lookAtUser()
    return this.isMemberOf(group)
  }

  /** The same for this package's own endpoint. */
  async isMemberOf(group: string): Promise<boolean> {
    if (this.#user === null) return false
    this.#memberships ??= new Map()
    const membership = this.#memberships.get(group) ?? this.services.provider.belongsTo(this.#user, group)
    this.#memberships.set(group, membership)
    return membership
  }

  get loginPage(): string | null {
    return this.services.loginPage
  }

  hasLoggedInWithin(minutes: number): boolean {
    // Without a session, this very request has brought the password.
    const authenticatedAt = this.#open?.record.authenticatedAt ?? this.startedAt
    return isWithin(minutes * 60_000, authenticatedAt, this.services.now())
  }

  sendAway(): void {
    this.#isRefused = true
  }

  refuse(code: 'ERR_LOGIN_REQUIRED' | 'ERR_LOGIN_TOO_OLD' | 'ERR_GROUP_REQUIRED' | 'ERR_LOGIN_FAILED', message: string): DirectoryError {
    this.#isRefused = true
    this.#tellOfRefusal(code)
    return new DirectoryError(code, message)
  }

  /** Throws where a page of another site has sent this request, and tells the audit trail. */
  refuseCrossSite(): void {
    this.#judge(() => this.services.judge.refuse(this.facts))
  }

  /** The same of a logout, which a link can ask for. */
  refuseLogoutFromElsewhere(): void {
    this.#judge(() => this.services.judge.refuseLogout(this.facts))
  }

  /**
   * Takes up the session that the request's cookies stand for, if one lives and its user still may use it. At once where nothing has to be waited for.
   *
   * @throws DirectoryError 403 for an unsafe method or an upgrade that a page of another site has sent, 503.
   */
  resume(): void | Promise<void> {
    const { cookie, keeper } = this.services
    const { ids, names } = cookie.candidates(this.facts.headers.cookie)
    if (ids.length === 0) return undefined
    this.#whyNobody = 'not found out'
    if (this.facts.isUpgrade) this.refuseCrossSite()
    return whenKnown(keeper.resume(ids), (live) => this.#takeUp(live, names))
  }

  /** As 4D does on any of its URLs: see `RequestLogins`. Most requests are somebody's already. */
  establish(): void | Promise<void> {
    return this.#user === null ? this.logins.establish() : undefined
  }

  /** `NoSession-4D`: this one request is served without a session, whatever cookie comes along. */
  leaveSessionAside(): void {
    this.#become(null, null)
    this.#isWithoutSession = true
  }

  /** Somebody has logged in for this one request alone. */
  enterWithoutSession(user: DirectoryUser): void {
    this.#user = user
    this.#hasChanged = true
  }

  /** Somebody has logged in. */
  enter(opened: OpenSession, user: DirectoryUser): void {
    this.#become(opened, user)
    this.#mayBeCarriedOn = true
    this.#hasLoggedOut = false
    this.#isWithoutSession = false
    this.#hasChanged = true
  }

  /** The user of this session is known under other names now, or may use it no longer. */
  know(user: DirectoryUser | null): void {
    this.#become(user === null ? null : this.#open, user)
    this.#hasChanged = true
  }

  /** Whoever was logged in has logged out. `isLate`: something else had ended the session before, perhaps a login whose new cookie this answer must not take back. */
  leave(isLate: boolean): void {
    this.#become(null, null)
    this.#candidates = []
    this.#hasLoggedOut = !isLate
    this.#hasChanged = true
  }

  /** A guest's session has opened in this request: with the request itself (`isIdle`, until somebody looks at it), or with a first update. */
  becomeGuest(opened: OpenSession, isIdle: boolean): void {
    this.#become(opened, null)
    this.#mayBeCarriedOn = true
    this.#isIdleGuest = isIdle
    this.#hasChanged ||= !isIdle
  }

  completeHeaders(res: ServerResponse, given: unknown): unknown {
    return completeAnswer(this, res, given)
  }

  returnIdleGuest(): void {
    const idle = this.#isIdleGuest && !this.#wasLookedAt ? this.#open : null
    if (idle === null) return
    this.#become(null, null)
    // The answer does not wait for it, and a store that fails says so by its event.
    void forgiven(this.services.keeper.end([idle], 'unsent'))
  }

  #judge(judge: () => void): void {
    try {
      judge()
    } catch (error) {
      this.#whyNobody = 'another site'
      this.#tellOfRefusal('ERR_CROSS_SITE')
      throw error
    }
  }

  #tellOfRefusal(code: DirectoryErrorCode): void {
    this.services.events.raiseWithinBudget('authz_fail', {
      ...this.facts.origin,
      userName: this.#user?.userName ?? '',
      userID: this.#user?.ID ?? null,
      handle: this.#open?.record.handle ?? null,
      reason: `${code} ${this.facts.method} ${this.facts.path}`
    })
  }

  #takeUp(live: readonly OpenSession[], names: CandidateIds['names']): void | Promise<void> {
    this.#candidates = live
    const [only] = live
    if (only === undefined) {
      this.#whyNobody = 'ended'
      return undefined
    }
    return live.length === 1 ? this.#revalidate(only, true) : this.#choose(live, names)
  }

  async #choose(live: readonly OpenSession[], names: CandidateIds['names']): Promise<void> {
    const { session, mayBeCarriedOn, candidates, contradicting } = pickSession(live, names?.alias)
    this.#candidates = candidates
    if (contradicting.length > 0) this.#whyNobody = 'contradiction'
    await this.services.keeper.end(contradicting, 'contradiction')
    if (session !== null) await this.#revalidate(session, mayBeCarriedOn)
  }

  #revalidate(session: OpenSession, mayBeCarriedOn: boolean): void | Promise<void> {
    this.#mayBeCarriedOn = mayBeCarriedOn
    const { keeper, revalidation } = this.services
    return whenKnown(revalidation.userOf(session.record), (found) => {
      if (found === false) {
        this.#whyNobody = 'user gone'
        return keeper.end([session], 'revalidation').then(() => undefined)
      }
      // A page of another site that makes a browser send our cookie could do everything that its user may.
      if (found !== null && !safeMethods.has(this.facts.method)) this.refuseCrossSite()
      this.#become(session, found)
      return undefined
    })
  }

  #become(open: OpenSession | null, user: DirectoryUser | null): void {
    this.#open = open
    this.#user = user
    this.#session = null
    this.#memberships = null
    this.#isIdleGuest = false
  }
}
