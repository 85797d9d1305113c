import type { ServerResponse } from 'node:http'

import { isWithin } from '../clocks.js'
import type { DirectoryUser } from '../providers/directory-provider.js'
import { pickSession } from '../sessions/pick-session.js'
import type { OpenSession } from '../sessions/open-session.js'
import type { Session } from '../sessions/session.js'
import { whenKnown } from '../when-known.js'
import { completeAnswer } from './complete-answer.js'
import { contractNumber, type GuardedRequest, type HeaderWriter, packageVersion } from './contract.js'
import { safeMethods } from './cross-site.js'
import { HostDirectory, type RequestDirectory } from './request-directory.js'
import { RequestLogins } from './request-logins.js'
import { RequestState } from './request-state.js'
import { SecondSteps } from './second-steps.js'
import type { CandidateIds } from './session-cookie.js'
import { SessionOpening } from './session-opening.js'

/**
 * One request as one directory serves it: takes up its session, and shows hosts and guards what it has come to. What hosts look at passes by `lookAt...`: it makes
 * the answer theirs alone. How a session opens, `opening` knows; how somebody logs in and out, `logins`.
 */
export class ServedRequest extends RequestState implements HeaderWriter, GuardedRequest {
  readonly contractNumber = contractNumber
  readonly packageVersion = packageVersion
  readonly host: RequestDirectory = new HostDirectory(this)
  #opening: SessionOpening | null = null

  get opening(): SessionOpening {
    return (this.#opening ??= new SessionOpening(this))
  }

  get logins(): RequestLogins {
    return new RequestLogins(this, this.opening)
  }

  get steps(): SecondSteps {
    return new SecondSteps(this)
  }

  get loginPage(): string | null {
    return this.services.loginPage
  }

  lookAtUser(): DirectoryUser | null {
    this.wasLookedAt ||= this.user !== null
    return this.user
  }

  lookAtSession(): Session | null {
    if (this.open === null && !this.opening.mayOpen()) return null
    this.wasLookedAt ||= this.open !== null
    return (this.session ??= this.opening.sessionOf(this.open))
  }

  guard(): DirectoryUser | null {
    this.isGuarded = true
    return this.lookAtUser()
  }

  belongsTo(group: string): Promise<boolean> {
    this.lookAtUser()
    return this.isMemberOf(group)
  }

  /** The same for this package's own endpoint. */
  async isMemberOf(group: string): Promise<boolean> {
    if (this.user === null) return false
    this.memberships ??= new Map()
    const membership = this.memberships.get(group) ?? this.services.provider.belongsTo(this.user, group)
    this.memberships.set(group, membership)
    return membership
  }

  hasLoggedInWithin(minutes: number): boolean {
    // Without a session, this very request has brought the password.
    const authenticatedAt = this.open?.record.authenticatedAt ?? this.startedAt
    return isWithin(minutes * 60_000, authenticatedAt, this.services.now())
  }

  sendAway(): void {
    this.isRefused = true
  }

  completeHeaders(res: ServerResponse, given: unknown): unknown {
    return completeAnswer(this, res, given)
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
    this.whyNobody = 'not found out'
    if (this.facts.isUpgrade) this.refuseCrossSite()
    return whenKnown(keeper.resume(ids), (live) => this.#takeUp(live, names))
  }

  /** As 4D does on any of its URLs: see `RequestLogins`. Most requests are somebody's already. */
  establish(): void | Promise<void> {
    return this.user === null ? this.logins.establish() : undefined
  }

  #takeUp(live: readonly OpenSession[], names: CandidateIds['names']): void | Promise<void> {
    this.candidates = live
    const [only] = live
    if (only === undefined) {
      this.whyNobody = 'ended'
      return undefined
    }
    return live.length === 1 ? this.#revalidate(only, true) : this.#choose(live, names)
  }

  async #choose(live: readonly OpenSession[], names: CandidateIds['names']): Promise<void> {
    const { session, mayBeCarriedOn, candidates, contradicting } = pickSession(live, names?.alias)
    this.candidates = candidates
    if (contradicting.length > 0) this.whyNobody = 'contradiction'
    await this.services.keeper.end(contradicting, 'contradiction')
    if (session !== null) await this.#revalidate(session, mayBeCarriedOn)
  }

  #revalidate(session: OpenSession, mayBeCarriedOn: boolean): void | Promise<void> {
    this.mayBeCarriedOn = mayBeCarriedOn
    const { keeper, revalidation } = this.services
    return whenKnown(revalidation.userOf(session.record), (found) => {
      if (found === false) {
        this.whyNobody = 'user gone'
        return keeper.end([session], 'revalidation').then(() => undefined)
      }
      // A page of another site that makes a browser send our cookie could do everything that its user may.
      if (found !== null && !safeMethods.has(this.facts.method)) this.refuseCrossSite()
      this.become(session, found)
      return undefined
    })
  }
}
