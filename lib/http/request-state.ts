import type { ServerResponse } from 'node:http'

import { DirectoryError, type DirectoryErrorCode } from '../errors.js'
import { forgiven } from '../forgiven.js'
import type { DirectoryUser } from '../providers/directory-provider.js'
import type { OpenSession } from '../sessions/open-session.js'
import type { Session } from '../sessions/session.js'
import type { HeaderWriter } from './contract.js'
import type { RequestFacts } from './request-facts.js'
import type { RequestServices } from './request-services.js'

/** Why no session was taken up. Where no cookie came, that is why. */
export type WhyNobody = 'no cookie' | 'not found out' | 'ended' | 'contradiction' | 'user gone' | 'another site'

/** Whose one request is, in which session, and what has become of both while it is served. */
export class RequestState {
  readonly services: RequestServices
  readonly facts: RequestFacts
  /** `null`: an upgrade, which has no answer of ours. */
  readonly res: ServerResponse | null
  /** The directory that had the request before. */
  readonly previous: HeaderWriter | null
  readonly startedAt: number
  user: DirectoryUser | null = null
  open: OpenSession | null = null
  /** Every live session that came with the request. */
  candidates: readonly OpenSession[] = []
  whyNobody: WhyNobody = 'no cookie'
  /** Whether a login takes over what the session has stored: what comes from one guest's cookie of several may have been planted. */
  mayBeCarriedOn = false
  isWithoutSession = false
  hasLoggedOut = false
  /** Whether a login, a logout or a first write has decided about the cookie: then it goes out whatever the browser would have sent. */
  hasChanged = false
  /** Whether a guard stands before the route. */
  isGuarded = false
  /** Whether a guard has turned the request away. */
  isRefused = false
  protected wasLookedAt = false
  protected session: Session | null = null
  protected memberships: Map<string, Promise<boolean>> | null = null
  /** Whether the session was opened for this request, and nobody has asked for it yet. */
  #isIdleGuest = false

  constructor(services: RequestServices, facts: RequestFacts, res: ServerResponse | null, previous: HeaderWriter | null) {
    this.services = services
    this.facts = facts
    this.res = res
    this.previous = previous
    this.startedAt = services.now()
  }

  /** Whether the answer is this visitor's alone: the session has changed, or somebody has looked at it and found one. */
  get isPersonal(): boolean {
    return this.hasChanged || (this.wasLookedAt && (this.user !== null || this.open !== null))
  }

  /** What the request is turned away with, told to the audit trail. */
  refuse(code: 'ERR_LOGIN_REQUIRED' | 'ERR_LOGIN_TOO_OLD' | 'ERR_GROUP_REQUIRED' | 'ERR_LOGIN_FAILED', message: string): DirectoryError {
    this.isRefused = true
    this.#tellOfRefusal(code)
    return new DirectoryError(code, message)
  }

  /** Throws where a page of another site has sent this request, or, of a logout, may have, and tells the audit trail. */
  refuseCrossSite(judge: 'refuse' | 'refuseLogout' = 'refuse'): void {
    try {
      this.services.judge[judge](this.facts)
    } catch (error) {
      this.whyNobody = 'another site'
      this.#tellOfRefusal('ERR_CROSS_SITE')
      throw error
    }
  }

  /** `NoSession-4D`: this one request is served without a session, whatever cookie comes along. */
  leaveSessionAside(): void {
    this.become(null, null)
    this.isWithoutSession = true
  }

  /** Somebody has logged in for this one request alone. */
  enterWithoutSession(user: DirectoryUser): void {
    this.user = user
    this.hasChanged = true
  }

  /** Somebody has logged in. */
  enter(opened: OpenSession, user: DirectoryUser): void {
    this.become(opened, user)
    this.mayBeCarriedOn = true
    this.hasLoggedOut = false
    this.isWithoutSession = false
    this.hasChanged = true
  }

  /** The user of this session is known under other names now, or may use it no longer. */
  know(user: DirectoryUser | null): void {
    this.become(user === null ? null : this.open, user)
    this.hasChanged = true
  }

  /** Whoever was logged in has logged out. `isLate`: something else had ended the session before, perhaps a login whose new cookie this answer must not take back. */
  leave(isLate: boolean): void {
    this.become(null, null)
    this.candidates = []
    this.hasLoggedOut = !isLate
    this.hasChanged = true
  }

  /** A guest's session has opened in this request: with the request itself (`isIdle`, until somebody looks at it), or with a first update. */
  becomeGuest(opened: OpenSession, isIdle: boolean): void {
    this.become(opened, null)
    this.mayBeCarriedOn = true
    this.#isIdleGuest = isIdle
    this.hasChanged ||= !isIdle
  }

  /** Gives back the place of a guest whose cookie does not go out: nobody could ever use it. */
  returnIdleGuest(): void {
    const idle = this.#isIdleGuest && !this.wasLookedAt ? this.open : null
    if (idle === null) return
    this.become(null, null)
    // The answer does not wait for it, and a store that fails says so by its event.
    void forgiven(this.services.keeper.end([idle], 'unsent'))
  }

  protected become(open: OpenSession | null, user: DirectoryUser | null): void {
    this.open = open
    this.user = user
    this.session = null
    this.memberships = null
    this.#isIdleGuest = false
  }

  #tellOfRefusal(code: DirectoryErrorCode): void {
    this.services.events.raiseWithinBudget('authz_fail', {
      ...this.facts.origin,
      userName: this.user?.userName ?? '',
      userID: this.user?.ID ?? null,
      handle: this.open?.record.handle ?? null,
      reason: `${code} ${this.facts.method} ${this.facts.path}`
    })
  }
}
