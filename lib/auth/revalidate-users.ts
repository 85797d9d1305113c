import { LRUCache } from 'lru-cache'

import { toleratedClockLeadMilliseconds } from '../clocks.js'
import { DirectoryError } from '../errors.js'
import type { EventRaiser } from '../event-raiser.js'
import type { CheckedProvider } from '../providers/checked-provider.js'
import type { DirectoryUser, UserRecord } from '../providers/directory-provider.js'
import { makeDirectoryUser, userUnder } from '../providers/directory-user.js'
import { SingleFlight } from '../single-flight.js'
import { whenKnown } from '../when-known.js'

/** How many users a process remembers having looked up. Whoever falls out is looked up again at the next request. */
const rememberedUsers = 100_000
/** A provider that fails may do so for this many times `revalidateSeconds`; then it is no longer known whether a session is still good. */
const toleratedIntervals = 10
/** Past that, the provider is asked again no more often than this. */
const retryMilliseconds = 1000

/** Of a session, what is asked here. */
interface UsedSession {
  /** `null`: a guest's. */
  readonly user: DirectoryUser | null
  readonly authenticatedAt: number | null
}

interface LookUp {
  readonly record: UserRecord | null
  /** As the directory hands it out, under the ID of its sessions. */
  readonly user: DirectoryUser | null
  readonly goodAt: number
  readonly nextAt: number
  /** Whether the provider has failed since. */
  readonly isCarriedOn: boolean
}

/** Whether the user of a live session is still somebody, asked of the provider at most every `revalidateSeconds` per user and process. */
export class UserRevalidation {
  readonly #provider: CheckedProvider
  readonly #intervalMilliseconds: number
  readonly #events: EventRaiser
  readonly #now: () => number
  readonly #lookUps = new LRUCache<string, LookUp>({ max: rememberedUsers })
  readonly #lookingUp = new SingleFlight<LookUp>()

  constructor(parts: { provider: CheckedProvider; revalidateSeconds: number; events: EventRaiser; now: () => number }) {
    this.#provider = parts.provider
    this.#intervalMilliseconds = parts.revalidateSeconds * 1000
    this.#events = parts.events
    this.#now = parts.now
  }

  /**
   * Who uses a session now; `null`: a guest, where guests are admitted; `false`: nobody may use it any more.
   *
   * @throws DirectoryError 503 when the provider has failed for ten intervals.
   */
  userOf({ user, authenticatedAt }: UsedSession): DirectoryUser | null | false | Promise<DirectoryUser | null | false> {
    // The provider may have admitted guests when this one came.
    if (user === null) return this.#provider.admitsGuests ? null : false
    return whenKnown(this.check(user, authenticatedAt ?? 0), (found) => found ?? false)
  }

  /**
   * The user as the provider has it now, or as the session has it where the provider cannot tell; `null`: gone, disabled, or with other credentials since
   * the login. Synchronous where nothing has to be asked, which is nearly every request.
   *
   * @throws DirectoryError 503 when the provider has failed for ten intervals.
   */
  check(user: DirectoryUser, authenticatedAt: number): DirectoryUser | null | Promise<DirectoryUser | null> {
    if (!this.#provider.findsByID) return makeDirectoryUser(user)
    const known = this.#lookUps.get(user.ID)
    return known && this.#isFresh(known) ? this.#judge(known, authenticatedAt) : this.#lookUp(user, authenticatedAt)
  }

  /**
   * The same, asked of the provider now, whatever is remembered.
   *
   * @throws DirectoryError 503 when the provider fails.
   */
  async refresh(user: DirectoryUser, authenticatedAt: number): Promise<DirectoryUser | null> {
    if (!this.#provider.findsByID) return makeDirectoryUser(user)
    const found = await this.#find(user.ID)
    this.forget(user.ID)
    this.#lookUps.set(user.ID, found)
    return this.#judge(found, authenticatedAt)
  }

  /** After a login: what was found out before it, or is being found out, says nothing about it. */
  forget(userID: string): void {
    this.#lookUps.delete(userID)
    this.#lookingUp.forget(userID)
  }

  async #lookUp(user: DirectoryUser, authenticatedAt: number): Promise<DirectoryUser | null> {
    const found = await this.#lookingUp.run(user.ID, async (isForgotten) => {
      const asked = await this.#ask(user)
      if (!isForgotten()) this.#lookUps.set(user.ID, asked)
      return asked
    })
    return this.#judge(found, authenticatedAt)
  }

  async #ask(user: DirectoryUser): Promise<LookUp> {
    const known = this.#lookUps.get(user.ID)
    try {
      return await this.#find(user.ID)
    } catch (cause) {
      // The provider's own failure has been told of where it happened; this event says what it means here.
      const { userName, ID: userID } = user
      this.#events.raise('sys_degraded', { userName, userID, component: 'provider', cause, reason: 'revalidation failed' })
      return this.#carryOn(known ?? { record: { ...user, passwordHash: null }, user: makeDirectoryUser(user), goodAt: this.#now() })
    }
  }

  async #find(ID: string): Promise<LookUp> {
    const record = await this.#provider.findUserByID(ID)
    const now = this.#now()
    return { record, user: record && userUnder(ID, record), goodAt: now, nextAt: now + this.#intervalMilliseconds, isCarriedOn: false }
  }

  /** What was known before a failure, good for another interval, but never for longer than failures are tolerated: then a recovery has to be noticed. */
  #carryOn({ record, user, goodAt: notedAt }: Pick<LookUp, 'record' | 'user' | 'goodAt'>): LookUp {
    const now = this.#now()
    const goodAt = Math.min(notedAt, now)
    const toleratedUntil = goodAt + toleratedIntervals * this.#intervalMilliseconds
    const nextAt =
      now <= toleratedUntil
        ? Math.min(now + this.#intervalMilliseconds, toleratedUntil + 1)
        : now + Math.min(retryMilliseconds, this.#intervalMilliseconds)
    return { record, user, goodAt, nextAt, isCarriedOn: true }
  }

  #judge({ record, user, goodAt, isCarriedOn }: LookUp, authenticatedAt: number): DirectoryUser | null {
    const now = this.#now()
    // What has just been found out counts, also with an interval of 0 and on a clock that has gone on meanwhile.
    if (isCarriedOn && now - goodAt > toleratedIntervals * this.#intervalMilliseconds) {
      throw new DirectoryError('ERR_PROVIDER_UNAVAILABLE', 'Could not check whether the user of this session may still use it')
    }
    if (record === null || record.disabled) return null
    if (!record.credentialsChangedAt) return user
    // A login that a clock noted which ran ahead may have been before any change.
    const isOlder = authenticatedAt > now + toleratedClockLeadMilliseconds || record.credentialsChangedAt.getTime() > authenticatedAt
    return isOlder ? null : user
  }

  // What was looked up while the clock ran ahead is worth nothing: it would be taken for fresh for as long as that was.
  #isFresh({ goodAt, nextAt }: LookUp): boolean {
    const now = this.#now()
    return now < nextAt && goodAt <= now + toleratedClockLeadMilliseconds
  }
}
