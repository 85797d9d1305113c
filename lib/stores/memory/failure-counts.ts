import type { LoginSettlement } from '../../auth/throttle/login-throttle.js'
import {
  accountFailures,
  type Failures,
  lockMilliseconds,
  noFailures,
  pairFailures,
  type ThrottleRules,
  waitMilliseconds
} from '../../auth/throttle/rules.js'
import { FailureCache } from './failure-cache.js'

/** What a failure is counted under: an account, over all addresses and at one; `null` where the address is not known. */
export interface Subject {
  readonly account: string
  readonly pair: string | null
}

/** The account of that key at that address. The length keeps one account's pairs apart from those of another whose name goes on. */
export function subjectOf(account: string, address: string): Subject {
  return { account, pair: address === '' ? null : prefixOfPairs(account) + address }
}

/** What a failure led to, and until when the account has to wait for it; `-Infinity`: not at all. */
export interface CountedFailure extends LoginSettlement {
  readonly waitsUntil: number
}

/** How often accounts have failed, over all addresses and at each. */
export class FailureCounts {
  readonly #rules: ThrottleRules
  readonly #pairs: FailureCache
  readonly #accounts: FailureCache

  constructor(rules: ThrottleRules, maxKeys: number) {
    this.#rules = rules
    this.#pairs = new FailureCache(maxKeys, [rules.failuresPerAccountAndAddress])
    this.#accounts = new FailureCache(maxKeys, [rules.failuresPerAccount, rules.failuresUntilLocked])
  }

  ofPair({ pair }: Subject, now: number): Failures {
    return pair === null ? noFailures : pairFailures(this.#pairs.get(pair), now)
  }

  ofAccount({ account }: Subject, now: number): Failures {
    return accountFailures(this.#accounts.get(account), this.#rules, now)
  }

  /** Counts one more, and says what it led to. What is known does not count against what strangers have. */
  add(subject: Subject, known: boolean, now: number): CountedFailure {
    const { failuresPerAccount, failuresPerAccountAndAddress, failuresUntilLocked } = this.#rules
    const ofPair = oneMore(this.ofPair(subject, now), now)
    if (subject.pair !== null) this.#pairs.set(subject.pair, ofPair)
    const pairWait = subject.pair === null ? 0 : waitMilliseconds(ofPair.failures, failuresPerAccountAndAddress, this.#rules)
    if (known) return outcomeOf(pairWait, false, now)
    const ofAccount = oneMore(this.ofAccount(subject, now), now)
    this.#accounts.set(subject.account, ofAccount)
    const accountWait = waitMilliseconds(ofAccount.failures, failuresPerAccount, this.#rules)
    return outcomeOf(Math.max(pairWait, accountWait), ofAccount.failures >= failuresUntilLocked, now)
  }

  /** After a login. Only one from a known address opens the account to strangers again. */
  reset({ account, pair }: Subject, known: boolean): void {
    if (pair !== null) this.#pairs.delete(pair)
    if (known) this.#accounts.delete(account)
  }

  /** Forgets all of an account; whether it had to wait. */
  forget(account: string, now: number): boolean {
    const pairs = this.#pairs.keysOf(prefixOfPairs(account)).map((pair) => ({ account, pair }))
    const waited =
      this.#waits(this.ofAccount({ account, pair: null }, now), this.#rules.failuresPerAccount) ||
      pairs.some((subject) => this.#waits(this.ofPair(subject, now), this.#rules.failuresPerAccountAndAddress))
    for (const subject of pairs) this.reset(subject, false)
    this.#accounts.delete(account)
    return waited
  }

  #waits(counted: Failures, limit: number): boolean {
    return waitMilliseconds(counted.failures, limit, this.#rules) > 0
  }
}

function outcomeOf(wait: number, locked: boolean, now: number): CountedFailure {
  const longest = locked ? Math.max(wait, lockMilliseconds) : wait
  return { limited: wait > 0, locked, waitsUntil: longest > 0 ? now + longest : -Infinity }
}

function oneMore(counted: Failures, now: number): Failures {
  return { failures: counted.failures + 1, lastFailureAt: Math.max(counted.lastFailureAt, now) }
}

function prefixOfPairs(account: string): string {
  return `${account.length}:${account}`
}
