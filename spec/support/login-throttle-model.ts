import type { LoginAttempt, LoginOutcome, LoginRefusal } from '../../lib/auth/throttle/login-throttle.js'
import type { ThrottleRules } from '../../lib/auth/throttle/rules.js'
import { dayMilliseconds, secondMilliseconds } from './login-attempts.js'

type Count = 'pair' | 'account'

interface Entry extends LoginAttempt {
  readonly kind: 'failure' | 'success' | 'unlock'
  readonly counted: boolean
  /** Whether the address was known to the account when the attempt began. */
  readonly known: boolean
}

/** An attempt under way in the model. Attempts with one secret for one account from one address share one. */
export interface ModelPlace {
  readonly attempt: LoginAttempt
  readonly known: boolean
  pending: boolean
  attempts: number
}

/** The throttle's rules told from the whole history, without any counter: slow and plain. Knows nothing of forgetting for want of memory. */
export class LoginThrottleModel {
  readonly #rules: ThrottleRules
  readonly #history: Entry[] = []
  readonly #places: ModelPlace[] = []

  constructor(rules: ThrottleRules) {
    this.#rules = rules
  }

  judge(attempt: LoginAttempt): 'allowed' | 'waits' | LoginRefusal {
    const rules = this.#rules
    const known = this.#isKnown(attempt)
    const pairFailures = this.#failures('pair', attempt)
    const strangersFailures = known ? [] : this.#failures('account', attempt)
    const failureMilliseconds = dayMilliseconds / rules.addressRefillPerDay
    const full = known ? -Infinity : this.#fill(attempt) + (1 - rules.failuresPerAddress) * failureMilliseconds

    const candidates = [
      { limit: 'account-and-address' as const, seconds: this.#waitAfter(pairFailures, rules.failuresPerAccountAndAddress, attempt.now) },
      { limit: 'account' as const, seconds: this.#waitAfter(strangersFailures, rules.failuresPerAccount, attempt.now) },
      { limit: 'address' as const, seconds: full / secondMilliseconds }
    ]
    const longest = candidates.reduce((one, other) => (Math.ceil(other.seconds) > Math.ceil(one.seconds) ? other : one))
    const retryAfterSeconds = Math.ceil(Math.max(0, longest.seconds))
    if (strangersFailures.length >= rules.failuresUntilLocked) {
      return { allowed: false, limit: 'account-locked', retryAfterSeconds: Math.max(rules.longestWaitSeconds, retryAfterSeconds) }
    }
    if (longest.seconds > 0) return { allowed: false, limit: longest.limit, retryAfterSeconds }

    if (this.#sharedPlace(attempt) || this.#wrongSecrets(attempt).includes(attempt.secret)) return 'allowed'
    const pending = this.#places.filter((place) => place.pending)
    const ofPair = pending.filter((place) => isSamePair(place.attempt, attempt)).length
    const ofAccount = pending.filter((place) => !place.known && place.attempt.account === attempt.account).length
    const ofAddress = pending.filter((place) => !place.known && place.attempt.address === attempt.address).length
    if (ofPair > 0 && pairFailures.length + ofPair >= rules.failuresPerAccountAndAddress) return 'waits'
    if (known) return 'allowed'
    if (ofAccount > 0 && strangersFailures.length + ofAccount >= rules.failuresPerAccount) return 'waits'
    return full + ofAddress * failureMilliseconds > 0 ? 'waits' : 'allowed'
  }

  begin(attempt: LoginAttempt): ModelPlace {
    const isWrong = this.#wrongSecrets(attempt).includes(attempt.secret)
    const place = this.#sharedPlace(attempt) ?? { attempt, known: this.#isKnown(attempt), pending: !isWrong, attempts: 0 }
    if (place.attempts === 0) this.#places.push(place)
    place.attempts += 1
    return place
  }

  settle(place: ModelPlace, outcome: LoginOutcome, now: number): { limited: boolean; locked: boolean } {
    const attempt = { ...place.attempt, now }
    const counted = outcome === 'failure' && place.pending && !this.#wrongSecrets(attempt).includes(attempt.secret)
    const known = place.known || this.#isKnown(attempt)
    place.attempts -= 1
    if (outcome === 'failure' || place.attempts === 0) place.pending = false
    if (place.attempts === 0) this.#places.splice(this.#places.indexOf(place), 1)
    if (outcome !== 'abandoned') {
      this.#history.push({ ...attempt, kind: outcome, counted, known: outcome === 'success' ? place.known : known })
    }
    if (!counted) return { limited: false, locked: false }

    const ofPair = this.#failures('pair', attempt).length
    const ofAccount = known ? 0 : this.#failures('account', attempt).length
    return {
      limited: ofPair >= this.#rules.failuresPerAccountAndAddress || ofAccount >= this.#rules.failuresPerAccount,
      locked: ofAccount >= this.#rules.failuresUntilLocked
    }
  }

  unlock(account: string, now: number): void {
    this.#history.push({ account, address: '', secret: '', now, kind: 'unlock', counted: false, known: false })
  }

  // When each failure was that still counts.
  #failures(count: Count, attempt: LoginAttempt): number[] {
    const memory = count === 'pair' ? dayMilliseconds : 30 * dayMilliseconds
    const lock = count === 'pair' ? Infinity : this.#rules.failuresUntilLocked
    let counted: number[] = []
    const forget = (now: number): void => {
      if (counted.length < lock && now - (counted.at(-1) ?? now) >= memory) counted = []
    }
    for (const entry of this.#history.filter(({ account }) => account === attempt.account)) {
      forget(entry.now)
      const isMine = count === 'pair' ? entry.address === attempt.address : entry.kind !== 'success' || entry.known
      if (entry.kind === 'unlock' || (entry.kind === 'success' && isMine)) counted = []
      if (entry.kind === 'failure' && entry.counted && isMine && (count === 'pair' || !entry.known)) counted.push(entry.now)
    }
    forget(attempt.now)
    return counted
  }

  // How long the address' bucket takes to run empty.
  #fill(attempt: LoginAttempt): number {
    let fill = 0
    let at = 0
    for (const entry of this.#history.filter(({ address, counted, known }) => address === attempt.address && counted && !known)) {
      fill = Math.max(0, fill - (entry.now - at)) + dayMilliseconds / this.#rules.addressRefillPerDay
      at = entry.now
    }
    return Math.max(0, fill - (attempt.now - at))
  }

  #wrongSecrets(attempt: LoginAttempt): string[] {
    let secrets: string[] = []
    let at = 0
    for (const { kind, secret, now } of this.#history.filter(({ account }) => account === attempt.account)) {
      if (kind === 'success') continue
      if (kind === 'unlock' || now - at >= dayMilliseconds) secrets = []
      if (kind === 'unlock') continue
      secrets = [secret, ...secrets.filter((other) => other !== secret)].slice(0, 3)
      at = now
    }
    return attempt.now - at >= dayMilliseconds ? [] : secrets
  }

  #isKnown(attempt: LoginAttempt): boolean {
    const logins = this.#history.filter((entry) => entry.kind === 'success' && isSamePair(entry, attempt))
    return logins.some(({ now }) => attempt.now - now < this.#rules.knownAddressDays * dayMilliseconds)
  }

  #sharedPlace(attempt: LoginAttempt): ModelPlace | undefined {
    return this.#places.find((place) => isSamePair(place.attempt, attempt) && place.attempt.secret === attempt.secret)
  }

  #waitAfter(failures: readonly number[], limit: number, now: number): number {
    if (failures.length < limit) return 0
    let seconds = this.#rules.firstWaitSeconds
    for (let more = failures.length - limit; more > 0 && seconds < this.#rules.longestWaitSeconds; more--) seconds *= 2
    return Math.min(seconds, this.#rules.longestWaitSeconds) - (now - (failures.at(-1) ?? now)) / secondMilliseconds
  }
}

function isSamePair(one: LoginAttempt, other: LoginAttempt): boolean {
  return one.account === other.account && one.address === other.address
}
