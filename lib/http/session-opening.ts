import type { OpenSession } from '../sessions/open-session.js'
import { changeStorage, emptyStorage, type SessionStorage } from '../sessions/session-storage.js'
import { RequestSession, type Session } from '../sessions/session.js'
import { enterUnlessAnswered, isAnswered, refuseLateAnswer } from './late-answers.js'
import type { RequestState } from './request-state.js'
import { originOf } from './warn-of-host.js'

/** How a guest's session opens in one request: at once, as every visitor of 4D has one, or with the first update. */
export class SessionOpening {
  readonly #request: RequestState
  #isAllowed = false
  #underWay: Promise<void> | null = null
  /** The session that was not open yet when somebody looked at it. */
  #opened: OpenSession | null = null

  constructor(request: RequestState) {
    this.#request = request
  }

  /** From here on, a session opens with the first update, where one may open at all. */
  allowUpdates(): void {
    const { open, services } = this.#request
    this.#isAllowed = services.guests !== 'never' && open === null && services.provider.admitsGuests
  }

  /** Whether a session may open now. Outside the cookie's path no browser would send it back, and on another site's request it would take the visitor's place. */
  mayOpen(): boolean {
    const { facts, services, hasLoggedOut, isWithoutSession } = this.#request
    if (!this.#isAllowed || isWithoutSession || hasLoggedOut || facts.method === 'OPTIONS') return false
    const { cookie, judge, warnings } = services
    if (cookie.coversPath(facts.path)) return !judge.withholdsCookie(facts)
    if (!cookie.hasCovered) warnings.once('COOKIE_PATH', outsideOfPath(facts.path, cookie.options.path))
    return false
  }

  /** Opens a guest's session where there is none and `guests` is `'always'`. */
  async openGuest(): Promise<void> {
    const { open, services } = this.#request
    this.allowUpdates()
    if (services.guests !== 'always' || open !== null || isAnswered(this.#request) || !this.mayOpen()) return
    this.#become(await services.keeper.open(originOf(this.#request), null, null), true)
  }

  /** Until no first update is under way, whether it opened a session or failed. */
  async settled(): Promise<void> {
    while (this.#underWay !== null) await this.#underWay
  }

  /** What hosts see of the session; of one that is not open yet, what its first update makes of it. */
  sessionOf(bound: OpenSession | null): Session {
    const { services, startedAt } = this.#request
    const { keeper, length, revalidation } = services
    return new RequestSession(keeper, {
      startedAt,
      idleMilliseconds: length.idleMinutes * 60_000,
      open: () => bound ?? this.#opened,
      isStillGood: async ({ record }) => (await revalidation.userOf(record)) !== false,
      update: async (change) => {
        while (bound === null && this.#underWay !== null) await this.#underWay
        const open = bound ?? this.#opened
        return open === null ? this.#openByUpdate(change) : keeper.update(open, change)
      }
    })
  }

  async #openByUpdate(change: (storage: Partial<SessionStorage>) => void): Promise<boolean> {
    if (this.#request.open !== null || !this.mayOpen()) return false
    refuseLateAnswer(this.#request, 'session.update')
    const storage = changeStorage(emptyStorage, change, this.#request.services.maxStorageBytes)
    // Nothing to keep, so nothing that has to be opened for it.
    if (storage === emptyStorage) return true
    const opened = this.#request.services.keeper.open(originOf(this.#request), null, null, storage)
    const opening = enterUnlessAnswered(this.#request, opened, (session) => this.#become(session, false))
    const done = () => {
      this.#underWay = null
    }
    // Whoever updates, logs in or logs out meanwhile waits for this session; where this fails, the next update tries anew.
    this.#underWay = opening.then(done, done)
    return opening
  }

  /** Also for who has looked at the session before. */
  #become(opened: OpenSession, isIdle: boolean): void {
    this.#opened = opened
    this.#request.becomeGuest(opened, isIdle)
  }
}

function outsideOfPath(path: string, cookiePath: string): string {
  return (
    `No session was opened for ${path}, and none has been so far: cookie.path is ${cookiePath}, so no browser would send the cookie back there. ` +
    'Behind a proxy that strips a prefix, cookie.path is the path that the browser sees'
  )
}
