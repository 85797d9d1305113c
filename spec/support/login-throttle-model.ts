import type { LoginAttempt, LoginOutcome, LoginRefusal, LoginReservation, LoginSettlement } from '../../lib/auth/throttle/login-throttle.js'
import type { ThrottleRules } from '../../lib/auth/throttle/rules.js'
import { dayMilliseconds, secondMilliseconds } from './login-attempts.js'

type Count = 'pair' | 'account'

interface Entry {
  readonly kind: 'failure' | 'success' | 'unlock'
  readonly names: readonly string[]
  readonly address: string
  readonly secret: string
  readonly now: number
  /** The accounts for which it counted. */
  readonly counted: readonly string[]
  /** Whether the address was known to the account when the attempt began. */
  readonly known: boolean
  /** Whether it went into the bucket of its address. */
  readonly fills: boolean
}

/** An attempt under way in the model. Attempts with one secret for one account from one address share one. */
interface SharedAttempt {
  readonly attempt: LoginAttempt
  readonly secret: string
  readonly subjects: readonly string[]
  readonly known: boolean
  pending: boolean
  attempts: number
}

/** What the model says of an attempt that may go on. */
export type Verdict = Pick<LoginReservation, 'allowed' | 'known' | 'check' | 'limit'>

export interface ModelAttempt {
  readonly shared: SharedAttempt
  readonly fills: boolean
}

/** The throttle's rules told from the whole history, without any counter: slow and plain. Knows nothing of forgetting for want of memory. */
export class LoginThrottleModel {
  readonly #rules: ThrottleRules
  readonly #history: Entry[] = []
  readonly #underWay: SharedAttempt[] = []

  constructor(rules: ThrottleRules) {
    this.#rules = rules
  }

  judge(attempt: LoginAttempt): Verdict | 'waits' | LoginRefusal {
    const known = this.#isKnown(attempt)
    const refusal = this.#refusal(attempt.account, attempt, known, known || attempt.address === '' ? -Infinity : this.#spaceAt(attempt, 1))
    if (refusal) return refusal
    const { secret, subjects, ownersRefusal } = this.#look(attempt, known)

    const times = this.#timesWrong(attempt, secret)
    if (times === 0 && !this.#shared(attempt, secret) && this.#isCrowded(attempt, subjects, known)) return 'waits'
    const check = times >= 10 && attempt.passwordHash !== undefined ? 'refuse-at-once' : ownersRefusal ? 'refuse-alike' : 'verify'
    return { allowed: true, known, check, ...(ownersRefusal && { limit: ownersRefusal.limit }) }
  }

  begin(attempt: LoginAttempt): ModelAttempt {
    const known = this.#isKnown(attempt)
    const { secret, subjects } = this.#look(attempt, known)
    const times = this.#timesWrong(attempt, secret)
    const shared = this.#shared(attempt, secret) ?? { attempt, secret, subjects, known, pending: times === 0, attempts: 0 }
    if (shared.attempts === 0) this.#underWay.push(shared)
    shared.attempts += 1
    return { shared, fills: times >= 10 && !known && attempt.address !== '' }
  }

  settle({ shared, fills }: ModelAttempt, outcome: LoginOutcome, now: number): LoginSettlement {
    const { secret } = shared
    const attempt = { ...shared.attempt, now }
    const failed = outcome === 'failure' || outcome === 'refused'
    const counts = failed && shared.pending && this.#timesWrong(attempt, secret) === 0
    const known = shared.known || this.#isKnown(attempt)
    shared.attempts -= 1
    if (failed || shared.attempts === 0) shared.pending = false
    if (shared.attempts === 0) this.#underWay.splice(this.#underWay.indexOf(shared), 1)
    if (outcome === 'abandoned' || (outcome === 'refused' && !counts)) return { limited: false, locked: false }
    const names = [attempt.account, ...(attempt.userID === undefined ? [] : [attempt.userID])]
    this.#history.push({
      kind: outcome === 'success' ? 'success' : 'failure',
      names,
      address: attempt.address,
      secret: outcome === 'failure' ? secret : '',
      now,
      counted: counts ? shared.subjects : [],
      known: outcome === 'success' ? shared.known : known,
      fills: attempt.address !== '' && (counts ? !known : fills && outcome === 'failure')
    })
    if (!counts) return { limited: false, locked: false }
    const ofPairs = shared.subjects.map((subject) => this.#failures('pair', subject, attempt).length)
    const ofAccounts = known ? [] : shared.subjects.map((subject) => this.#failures('account', subject, attempt).length)
    return {
      limited:
        ofPairs.some((count) => count >= this.#rules.failuresPerAccountAndAddress) ||
        ofAccounts.some((count) => count >= this.#rules.failuresPerAccount),
      locked: ofAccounts.some((count) => count >= this.#rules.failuresUntilLocked)
    }
  }

  /** Whether the account, or a name that was tried for it, had to wait. */
  unlock(account: string, now: number): boolean {
    const since = this.#history.findLastIndex(({ kind, names }) => kind === 'unlock' && names[0] === account) + 1
    const tried = this.#history.slice(since).filter(({ counted, names }) => counted.length > 0 && names[1] === account)
    const names = [...new Set([account, ...tried.map(({ names: [name = ''] }) => name)])]
    const addresses = new Set(this.#history.map(({ address }) => address))
    const waited = names.some(
      (name) =>
        this.#failures('account', name, { address: '', now }).length >= this.#rules.failuresPerAccount ||
        [...addresses].some((address) => this.#failures('pair', name, { address, now }).length >= this.#rules.failuresPerAccountAndAddress)
    )
    this.#history.push({ kind: 'unlock', names, address: '', secret: '', now, counted: [], known: false, fills: false })
    return waited
  }

  #look(attempt: LoginAttempt, known: boolean) {
    const { account, userID, passwordHash } = attempt
    const ownersRefusal = userID === undefined ? null : this.#refusal(userID, attempt, known, -Infinity)
    const subjects = userID === undefined || ownersRefusal ? [account] : [account, userID]
    return { ownersRefusal, subjects, secret: JSON.stringify([attempt.secret, ownersRefusal ? null : (passwordHash ?? null)]) }
  }

  #refusal(subject: string, attempt: LoginAttempt, known: boolean, addressFreeAt: number): LoginRefusal | null {
    const rules = this.#rules
    const pair = this.#failures('pair', subject, attempt)
    const account = known ? [] : this.#failures('account', subject, attempt)
    const isLocked = account.length >= rules.failuresUntilLocked
    const lockedUntil = isLocked ? (account.at(-1) ?? 0) + dayMilliseconds : -Infinity
    const candidates = [
      { limit: 'account-and-address' as const, seconds: this.#waitAfter(pair, rules.failuresPerAccountAndAddress, attempt.now) },
      { limit: 'account' as const, seconds: this.#waitAfter(account, rules.failuresPerAccount, attempt.now) },
      { limit: 'account-locked' as const, seconds: Math.min((lockedUntil - attempt.now) / secondMilliseconds, rules.longestWaitSeconds) },
      { limit: 'address' as const, seconds: (addressFreeAt - attempt.now) / secondMilliseconds }
    ]
    const longest = candidates.reduce((one, other) => (Math.ceil(other.seconds) > Math.ceil(one.seconds) ? other : one))
    if (longest.seconds <= 0) return null
    return { allowed: false, limit: isLocked ? 'account-locked' : longest.limit, retryAfterSeconds: Math.ceil(longest.seconds) }
  }

  #isCrowded(attempt: LoginAttempt, subjects: readonly string[], known: boolean): boolean {
    const pending = this.#underWay.filter((shared) => shared.pending)
    const { failuresPerAccountAndAddress, failuresPerAccount } = this.#rules
    for (const subject of subjects) {
      const others = pending.filter((shared) => shared.subjects.includes(subject))
      const ofPair = attempt.address === '' ? 0 : others.filter((shared) => shared.attempt.address === attempt.address).length
      const ofAccount = known ? 0 : others.filter((shared) => !shared.known).length
      if (ofPair > 0 && this.#failures('pair', subject, attempt).length + ofPair >= failuresPerAccountAndAddress) return true
      if (ofAccount > 0 && this.#failures('account', subject, attempt).length + ofAccount >= failuresPerAccount) return true
    }
    if (known || attempt.address === '') return false
    const ofAddress = pending.filter((shared) => !shared.known && shared.attempt.address === attempt.address).length
    return this.#spaceAt(attempt, ofAddress + 1) > attempt.now
  }

  // When each failure was that still counts.
  #failures(count: Count, subject: string, at: { readonly address: string; readonly now: number }): number[] {
    if (count === 'pair' && at.address === '') return []
    const rules = this.#rules
    let counted: number[] = []
    const forget = (now: number): void => {
      const age = now - (counted.at(-1) ?? now)
      const ranOut = count === 'account' && age >= dayMilliseconds && counted.length >= rules.failuresUntilLocked
      if (age >= (count === 'pair' ? 1 : 30) * dayMilliseconds) counted = []
      else if (ranOut) counted = counted.slice(counted.length - Math.min(rules.failuresPerAccount, rules.failuresUntilLocked - 1))
    }
    for (const entry of this.#history.filter(({ names }) => names.includes(subject))) {
      forget(entry.now)
      const isMine = count === 'pair' ? entry.address === at.address : entry.kind !== 'success' || entry.known
      if (entry.kind === 'unlock' || (entry.kind === 'success' && isMine)) counted = []
      if (entry.kind === 'failure' && entry.counted.includes(subject) && isMine && (count === 'pair' || !entry.known))
        counted.push(entry.now)
    }
    forget(at.now)
    return counted
  }

  // When the address' bucket has room for so many failures.
  #spaceAt({ address, now }: LoginAttempt, failures: number): number {
    const interval = dayMilliseconds / this.#rules.addressRefillPerDay
    let emptyAt = 0
    for (const entry of this.#history) {
      if (entry.fills && entry.address === address)
        emptyAt = Math.min(Math.max(emptyAt, entry.now) + interval, entry.now + this.#rules.failuresPerAddress * interval)
    }
    return Math.max(emptyAt, now) + (failures - this.#rules.failuresPerAddress) * interval
  }

  #timesWrong({ account, now }: LoginAttempt, secret: string): number {
    let secrets: { readonly secret: string; readonly times: number }[] = []
    let at = 0
    for (const entry of this.#history.filter(({ names }) => names.includes(account))) {
      if (entry.kind === 'unlock') secrets = []
      if (entry.kind !== 'failure' || entry.secret === '') continue
      if (entry.now - at >= dayMilliseconds) secrets = []
      const before = secrets.find((other) => other.secret === entry.secret)
      const others = secrets.filter((other) => other !== before)
      secrets = [{ secret: entry.secret, times: (before?.times ?? 0) + 1 }, ...others].slice(0, 3)
      at = entry.now
    }
    return now - at >= dayMilliseconds ? 0 : (secrets.find((other) => other.secret === secret)?.times ?? 0)
  }

  #isKnown({ account, userID, address, now }: LoginAttempt): boolean {
    if (address === '') return false
    const isLogin = (entry: Entry) => entry.kind === 'success' && entry.address === address && entry.names.at(-1) === (userID ?? account)
    return this.#history.some((entry) => isLogin(entry) && now - entry.now < this.#rules.knownAddressDays * dayMilliseconds)
  }

  #shared({ account, address }: LoginAttempt, secret: string): SharedAttempt | undefined {
    return this.#underWay.find(
      (shared) => shared.attempt.account === account && shared.attempt.address === address && shared.secret === secret
    )
  }

  #waitAfter(failures: readonly number[], limit: number, now: number): number {
    if (failures.length < limit) return 0
    let seconds = this.#rules.firstWaitSeconds
    for (let more = failures.length - limit; more > 0 && seconds < this.#rules.longestWaitSeconds; more--) seconds *= 2
    return Math.min(seconds, this.#rules.longestWaitSeconds) - (now - (failures.at(-1) ?? now)) / secondMilliseconds
  }
}
