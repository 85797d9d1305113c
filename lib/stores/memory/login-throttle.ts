import type { LRUCache } from 'lru-cache'

import { readerOf } from '../../checks/member-reader.js'
import { SteadyClock } from '../../clocks.js'
import type {
  LoginAttempt,
  LoginOutcome,
  LoginRefusal,
  LoginReservation,
  LoginSettlement,
  LoginThrottle,
  ProvenLogin,
  ThrottleLimits
} from '../../auth/throttle/login-throttle.js'
import {
  type AccountState,
  type AddressState,
  crowdedScope,
  fillBucket,
  findRefusal,
  freeRepeats,
  isAddressCrowded,
  nothingHappened,
  readThrottleLimits,
  rememberedNames,
  throttleKey,
  throttleLimitNames,
  type ThrottleRules
} from '../../auth/throttle/rules.js'
import { boundedCache } from './failure-cache.js'
import { FailureCounts, type Subject } from './failure-counts.js'
import { KnownAddresses } from './known-addresses.js'
import { PendingAttempts } from './pending-attempts.js'
import { addressScope, keysOf, scopeOf, scopesOf, sharedKey, type ThrottleKeys as Keys } from './throttle-keys.js'
import { WrongSecrets } from './wrong-secrets.js'

/** Shared by all attempts under way with one secret for one account from one address: together they count once. */
interface SharedAttempt {
  readonly known: boolean
  /** What its failure counts for. */
  readonly subjects: readonly Subject[]
  readonly scopes: readonly string[]
  readonly secret: string
  attempts: number
  /** Whether it still holds places: until its failure is counted, or its last attempt is settled. */
  pending: boolean
}

/**
 * Counts failed logins in this process. A restart forgets; several processes count each for itself: use `RedisLoginThrottle` there.
 *
 * `maxKeys` (default 100,000) bounds each kind of what is remembered. Accounts that wait, accounts that are locked, and known addresses have
 * bounds of their own: a flood of made-up names evicts none of them.
 */
export class MemoryLoginThrottle implements LoginThrottle {
  readonly #rules: ThrottleRules
  readonly #failures: FailureCounts
  readonly #wrongSecrets: WrongSecrets
  readonly #knownAddresses: KnownAddresses
  readonly #buckets: LRUCache<string, number>
  readonly #namesByOwner: LRUCache<string, readonly string[]>
  /** Until when names have to wait, for the figures. */
  readonly #waitsUntil: LRUCache<string, number>
  readonly #underWay = new Map<string, SharedAttempt>()
  readonly #pending = new PendingAttempts()
  readonly #clock = new SteadyClock()

  constructor(options: ThrottleLimits & { readonly maxKeys?: number | undefined } = {}) {
    const reader = readerOf(options, [...throttleLimitNames, 'maxKeys'], 'new MemoryLoginThrottle({ maxKeys: 100_000 })')
    const maxKeys = reader.wholeNumber('maxKeys', { from: 1, to: 10_000_000 }, 100_000)
    this.#rules = readThrottleLimits(options)
    this.#failures = new FailureCounts(this.#rules, maxKeys)
    this.#wrongSecrets = new WrongSecrets(maxKeys)
    this.#knownAddresses = new KnownAddresses(maxKeys, this.#rules)
    this.#buckets = boundedCache(maxKeys, () => 1)
    this.#namesByOwner = boundedCache(maxKeys, () => 1)
    this.#waitsUntil = boundedCache(maxKeys, () => 1)
  }

  reserve(attempt: LoginAttempt): Promise<LoginReservation | LoginRefusal> {
    const keys = keysOf(attempt)
    const startedAt = this.#clock.read(attempt.now)
    return new Promise((resolve) => {
      const look = (now: number): string | null => {
        const answer = this.#tryToReserve(attempt, keys, Math.max(startedAt, now))
        if (typeof answer === 'string') return answer
        resolve(answer)
        return null
      }
      const scope = look(startedAt)
      if (scope !== null) this.#pending.wait(scope, look)
    })
  }

  noteLogin(login: ProvenLogin): Promise<void> {
    const keys = keysOf(login)
    const now = this.#clock.read(login.now)
    this.#rememberLogin(keys, this.#isKnown(keys, now), now)
    return Promise.resolve()
  }

  unlock(account: string, now: number): Promise<boolean> {
    const key = throttleKey(account)
    const accounts = [key, ...(this.#namesByOwner.get(key) ?? [])]
    const waited = accounts.map((each) => {
      this.#waitsUntil.delete(each)
      this.#wrongSecrets.forget(each)
      return this.#failures.forget(each, this.#clock.read(now))
    })
    this.#namesByOwner.delete(key)
    return Promise.resolve(waited.includes(true))
  }

  countWaiting(now: number): Promise<number> {
    const time = this.#clock.read(now)
    let waiting = 0
    for (const [name, until] of this.#waitsUntil.entries()) {
      if (until > time) waiting += 1
      else this.#waitsUntil.delete(name)
    }
    return Promise.resolve(waiting)
  }

  /** The answer, or the scope in which the attempt has to wait for others. */
  #tryToReserve(attempt: LoginAttempt, keys: Keys, now: number): LoginReservation | LoginRefusal | string {
    const rules = this.#rules
    const known = this.#isKnown(keys, now)
    const address = keys.address === '' || known ? null : this.#addressState(keys)
    const refusal = findRefusal(this.#stateOf(keys.name, now), address, known, rules, now)
    if (refusal !== null) return refusal
    const ownersRefusal = keys.owner && findRefusal(this.#stateOf(keys.owner, now), null, known, rules, now)

    // What the ID refuses is compared with nobody's hash, so that is what its secret is wrong for.
    const secret = this.#wrongSecrets.hash(attempt.secret, ownersRefusal ? null : attempt.passwordHash)
    const times = this.#wrongSecrets.times(keys.name.account, secret, now)
    const subjects = keys.owner && !ownersRefusal ? [keys.name, keys.owner] : [keys.name]
    const shared = this.#underWay.get(sharedKey(keys, secret))
    if (shared === undefined && times === 0) {
      const scope = this.#crowdedScope(subjects, address, known, keys, now)
      if (scope !== null) return scope
    }
    const scopes = scopesOf(subjects, keys, known)
    const begun = shared ?? { known, subjects, scopes, secret, attempts: 0, pending: times === 0 }
    if (shared === undefined) {
      this.#underWay.set(sharedKey(keys, secret), begun)
      if (begun.pending) this.#pending.begin(scopes)
    }
    const check = times >= freeRepeats && attempt.passwordHash !== undefined ? 'refuse-at-once' : ownersRefusal ? 'refuse-alike' : 'verify'
    const costs = times >= freeRepeats && address !== null
    return {
      ...this.#reservation(keys, begun, costs),
      known,
      check,
      ...(ownersRefusal && { limit: ownersRefusal.limit })
    }
  }

  #crowdedScope(subjects: readonly Subject[], address: AddressState | null, known: boolean, keys: Keys, now: number): string | null {
    for (const subject of subjects) {
      const crowded = crowdedScope(this.#stateOf(subject, now), known, this.#rules)
      if (crowded !== null) return scopeOf(crowded, subject)
    }
    return address !== null && isAddressCrowded(address, this.#rules, now) ? addressScope(keys) : null
  }

  #reservation(keys: Keys, shared: SharedAttempt, costs: boolean): LoginReservation {
    let settled = false
    shared.attempts += 1
    return {
      allowed: true,
      settle: (outcome, now) => {
        if (settled) return Promise.resolve(nothingHappened)
        settled = true
        if (outcome === 'failure' && costs) this.#fillBucket(keys, this.#clock.read(now))
        return Promise.resolve(this.#settle(keys, shared, outcome, this.#clock.read(now)))
      }
    }
  }

  #settle(keys: Keys, shared: SharedAttempt, outcome: LoginOutcome, now: number): LoginSettlement {
    const failed = outcome === 'failure' || outcome === 'refused'
    const counts = failed && shared.pending
    shared.attempts -= 1
    if (shared.attempts === 0) this.#underWay.delete(sharedKey(keys, shared.secret))
    if (shared.pending && (counts || shared.attempts === 0)) {
      shared.pending = false
      this.#pending.end(shared.scopes)
    }
    // Another address may have failed with the same secret meanwhile.
    const isNew = this.#wrongSecrets.times(keys.name.account, shared.secret, now) === 0
    if (outcome === 'success') this.#rememberLogin(keys, shared.known, now)
    if (outcome === 'failure') this.#wrongSecrets.add(keys.name.account, shared.secret, now)
    const settlement = counts && isNew ? this.#count(keys, shared, now) : nothingHappened
    // All of them: a login from a known address also changes what strangers wait for.
    this.#pending.wake(scopesOf(keys.owner ? [keys.name, keys.owner] : [keys.name], keys, false), now)
    return settlement
  }

  #count(keys: Keys, shared: SharedAttempt, now: number): LoginSettlement {
    const known = shared.known || this.#isKnown(keys, now)
    const settlements = shared.subjects.map((subject) => this.#failures.add(subject, known, now))
    if (keys.owner) this.#rememberName(keys.owner.account, keys.name.account)
    const waitsUntil = Math.max(...settlements.map((settlement) => settlement.waitsUntil))
    if (waitsUntil > now) this.#waitsUntil.set(keys.name.account, waitsUntil)
    if (!known) this.#fillBucket(keys, now)
    return {
      limited: settlements.some(({ limited }) => limited),
      locked: settlements.some(({ locked }) => locked)
    }
  }

  #rememberLogin(keys: Keys, known: boolean, now: number): void {
    this.#waitsUntil.delete(keys.name.account)
    this.#knownAddresses.add((keys.owner ?? keys.name).account, keys.address, now)
    for (const subject of [keys.name, ...(keys.owner ? [keys.owner] : [])]) this.#failures.reset(subject, known)
  }

  #rememberName(owner: string, name: string): void {
    const others = (this.#namesByOwner.get(owner) ?? []).filter((other) => other !== name)
    this.#namesByOwner.set(owner, [name, ...others].slice(0, rememberedNames))
  }

  #fillBucket({ address }: Keys, now: number): void {
    if (address === '') return
    this.#buckets.set(address, fillBucket(this.#buckets.get(address) ?? now, this.#rules, now))
  }

  #isKnown({ name, owner, address }: Keys, now: number): boolean {
    return this.#knownAddresses.has((owner ?? name).account, address, now)
  }

  #stateOf(subject: Subject, now: number): AccountState {
    return {
      pair: { ...this.#failures.ofPair(subject, now), pending: this.#pending.count(scopeOf('pair', subject)) },
      account: { ...this.#failures.ofAccount(subject, now), pending: this.#pending.count(scopeOf('account', subject)) }
    }
  }

  #addressState(keys: Keys): AddressState {
    return { emptyAt: this.#buckets.get(keys.address) ?? -Infinity, pending: this.#pending.count(addressScope(keys)) }
  }
}
