import { createHmac, randomBytes } from 'node:crypto'

import type { LRUCache } from 'lru-cache'

import { readerOf } from '../../checks/member-reader.js'
import { boundedCache, FailureCache } from './failure-cache.js'
import type {
  LoginAttempt,
  LoginOutcome,
  LoginRefusal,
  LoginReservation,
  LoginSettlement,
  LoginThrottle,
  ThrottleLimits
} from '../../auth/throttle/login-throttle.js'
import { PendingPlaces } from './pending-places.js'
import { throttleKey } from '../../auth/throttle/key.js'
import {
  accountMemoryMilliseconds,
  fillBucket,
  isKnownSince,
  judgeAttempt,
  knownAddressesPerAccount,
  noFailures,
  pairMemoryMilliseconds,
  readThrottleLimits,
  rememberedSecrets,
  throttleLimitNames,
  waitMilliseconds,
  type Failures,
  type ThrottleRules
} from '../../auth/throttle/rules.js'

/** What an attempt is counted under. */
interface Keys {
  readonly account: string
  readonly address: string
  readonly pair: string
  readonly secret: string
}

/** Shared by all attempts under way with one secret for one account from one address: together they count once. */
interface Place {
  readonly known: boolean
  readonly scopes: readonly string[]
  attempts: number
  /** Whether it still holds places: until its failure is counted, or its last attempt is settled. */
  pending: boolean
}

/** The latest wrong secrets of an account as keyed hashes, the last one first. */
interface WrongSecrets {
  readonly secrets: readonly string[]
  readonly lastFailureAt: number
}

interface KnownAddress {
  readonly address: string
  readonly loginAt: number
}

const nothingHappened: LoginSettlement = { limited: false, locked: false }

/**
 * Counts failed logins in this process. A restart forgets; several processes count each for itself: use `RedisLoginThrottle` there.
 *
 * `maxKeys` (default 100,000) bounds each kind of what is remembered. Accounts that wait, accounts that are locked, and known addresses have
 * bounds of their own: a flood of made-up names evicts none of them.
 */
export class MemoryLoginThrottle implements LoginThrottle {
  readonly #rules: ThrottleRules
  readonly #pairs: FailureCache
  readonly #accounts: FailureCache
  readonly #buckets: LRUCache<string, number>
  readonly #wrongSecrets: LRUCache<string, WrongSecrets>
  readonly #knownAddresses: LRUCache<string, readonly KnownAddress[]>
  readonly #places = new Map<string, Place>()
  readonly #pending = new PendingPlaces()
  readonly #hashKey = randomBytes(32)
  readonly #knownPerAccount: number

  constructor(options: ThrottleLimits & { readonly maxKeys?: number | undefined } = {}) {
    const reader = readerOf(options, [...throttleLimitNames, 'maxKeys'], 'new MemoryLoginThrottle({ maxKeys: 100_000 })')
    const maxKeys = reader.wholeNumber('maxKeys', { from: 1, to: 10_000_000 }, 100_000)
    this.#rules = readThrottleLimits(options)
    this.#pairs = new FailureCache(maxKeys, [this.#rules.failuresPerAccountAndAddress])
    this.#accounts = new FailureCache(maxKeys, [this.#rules.failuresPerAccount, this.#rules.failuresUntilLocked])
    this.#buckets = boundedCache(maxKeys, () => 1)
    this.#wrongSecrets = boundedCache(maxKeys, () => 1)
    this.#knownAddresses = boundedCache(maxKeys, (addresses) => addresses.length)
    this.#knownPerAccount = Math.min(knownAddressesPerAccount, maxKeys)
  }

  reserve(attempt: LoginAttempt): Promise<LoginReservation | LoginRefusal> {
    const keys = this.#keysOf(attempt)
    return new Promise((resolve) => {
      const look = (now: number): string | null => {
        const answer = this.#tryToReserve(keys, Math.max(attempt.now, now))
        if (typeof answer === 'string') return answer
        resolve(answer)
        return null
      }
      const scope = look(attempt.now)
      if (scope !== null) this.#pending.wait(scope, look)
    })
  }

  unlock(account: string): Promise<void> {
    const key = throttleKey(account)
    const pairsOfAccount = pairKey(key, '')
    this.#accounts.delete(key)
    this.#wrongSecrets.delete(key)
    this.#pairs.deleteWhere((pair) => pair.startsWith(pairsOfAccount))
    return Promise.resolve()
  }

  #tryToReserve(keys: Keys, now: number): LoginReservation | LoginRefusal | string {
    const known = this.#isKnown(keys, now)
    const place = this.#places.get(placeKey(keys))
    const [pairScope, accountScope, addressScope] = scopesOf(keys)
    const isWrong = this.#wrongSecretsOf(keys.account, now).includes(keys.secret)
    const state = {
      known,
      needsPlace: place === undefined && !isWrong,
      pair: { ...this.#pairFailures(keys.pair, now), pending: this.#pending.count(pairScope) },
      account: { ...this.#accountFailures(keys.account, now), pending: this.#pending.count(accountScope) },
      address: { emptyAt: this.#buckets.get(keys.address) ?? -Infinity, pending: this.#pending.count(addressScope) }
    }

    const verdict = judgeAttempt(state, this.#rules, now)
    if (typeof verdict === 'object') return verdict
    if (verdict !== 'allowed') return { pair: pairScope, account: accountScope, address: addressScope }[verdict]
    return this.#reservation(keys, place ?? this.#openPlace(keys, known, !isWrong))
  }

  #openPlace(keys: Keys, known: boolean, pending: boolean): Place {
    const scopes = known ? scopesOf(keys).slice(0, 1) : scopesOf(keys)
    const place: Place = { known, scopes, attempts: 0, pending }
    this.#places.set(placeKey(keys), place)
    if (pending) this.#pending.take(scopes)
    return place
  }

  #reservation(keys: Keys, place: Place): LoginReservation {
    let settled = false
    place.attempts += 1
    return {
      allowed: true,
      settle: (outcome, now) => {
        if (settled) return Promise.resolve(nothingHappened)
        settled = true
        return Promise.resolve(this.#settle(keys, place, outcome, now))
      }
    }
  }

  #settle(keys: Keys, place: Place, outcome: LoginOutcome, now: number): LoginSettlement {
    const counts = outcome === 'failure' && place.pending
    place.attempts -= 1
    if (place.attempts === 0) this.#places.delete(placeKey(keys))
    if (place.pending && (counts || place.attempts === 0)) {
      place.pending = false
      this.#pending.free(place.scopes)
    }

    if (outcome === 'success') this.#rememberLogin(keys, place, now)
    const settlement = outcome === 'failure' ? this.#rememberFailure(keys, place, counts, now) : nothingHappened
    this.#pending.wake(scopesOf(keys), now)
    return settlement
  }

  #rememberFailure(keys: Keys, place: Place, counts: boolean, now: number): LoginSettlement {
    const wrong = this.#wrongSecretsOf(keys.account, now)
    const secrets = [keys.secret, ...wrong.filter((secret) => secret !== keys.secret)].slice(0, rememberedSecrets)
    this.#wrongSecrets.set(keys.account, { secrets, lastFailureAt: now })
    // Another address may have failed with the same secret meanwhile.
    if (!counts || wrong.includes(keys.secret)) return nothingHappened

    const rules = this.#rules
    const pair = oneMore(this.#pairFailures(keys.pair, now), now)
    this.#pairs.set(keys.pair, pair)
    const pairWaits = waitMilliseconds(pair.failures, rules.failuresPerAccountAndAddress, rules) > 0
    if (place.known || this.#isKnown(keys, now)) return { limited: pairWaits, locked: false }

    const account = oneMore(this.#accountFailures(keys.account, now), now)
    this.#accounts.set(keys.account, account)
    this.#buckets.set(keys.address, fillBucket(this.#buckets.get(keys.address) ?? now, rules, now))
    return {
      limited: pairWaits || waitMilliseconds(account.failures, rules.failuresPerAccount, rules) > 0,
      locked: account.failures >= rules.failuresUntilLocked
    }
  }

  #rememberLogin(keys: Keys, place: Place, now: number): void {
    const others = (this.#knownAddresses.get(keys.account) ?? []).filter(({ address }) => address !== keys.address)
    this.#knownAddresses.set(keys.account, [{ address: keys.address, loginAt: now }, ...others].slice(0, this.#knownPerAccount))
    this.#pairs.delete(keys.pair)
    if (place.known) this.#accounts.delete(keys.account)
  }

  #isKnown(keys: Keys, now: number): boolean {
    const known = this.#knownAddresses.get(keys.account)?.find(({ address }) => address === keys.address)
    return known !== undefined && isKnownSince(known.loginAt, this.#rules, now)
  }

  #wrongSecretsOf(account: string, now: number): readonly string[] {
    const wrong = this.#wrongSecrets.get(account)
    return wrong !== undefined && now - wrong.lastFailureAt < pairMemoryMilliseconds ? wrong.secrets : []
  }

  #pairFailures(pair: string, now: number): Failures {
    const counted = this.#pairs.get(pair)
    return now - counted.lastFailureAt < pairMemoryMilliseconds ? counted : noFailures
  }

  #accountFailures(account: string, now: number): Failures {
    const counted = this.#accounts.get(account)
    const isKept = counted.failures >= this.#rules.failuresUntilLocked || now - counted.lastFailureAt < accountMemoryMilliseconds
    return isKept ? counted : noFailures
  }

  #keysOf(attempt: LoginAttempt): Keys {
    const account = throttleKey(attempt.account)
    const address = throttleKey(attempt.address)
    const secret = createHmac('sha256', this.#hashKey).update(attempt.secret).digest('base64')
    return { account, address, pair: pairKey(account, address), secret }
  }
}

function oneMore(counted: Failures, now: number): Failures {
  return { failures: counted.failures + 1, lastFailureAt: Math.max(counted.lastFailureAt, now) }
}

// The length keeps one account's pairs apart from those of another whose name goes on.
function pairKey(account: string, address: string): string {
  return `${account.length}:${account}${address}`
}

function placeKey(keys: Keys): string {
  return `${keys.secret}${keys.pair}`
}

function scopesOf(keys: Keys): [pair: string, account: string, address: string] {
  return [`pair ${keys.pair}`, `account ${keys.account}`, `address ${keys.address}`]
}
