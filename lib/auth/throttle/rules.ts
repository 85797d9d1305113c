import { hash } from 'node:crypto'

import { MemberReader } from '../../checks/member-reader.js'
import type { LoginRefusal, LoginSettlement, ThrottleLimits } from './login-throttle.js'

/** The limits of a throttle, every one with a value. */
export type ThrottleRules = { readonly [Limit in keyof ThrottleLimits]-?: number }

/** How often it failed since it was last reset, and when last. */
export interface Failures {
  readonly failures: number
  readonly lastFailureAt: number
}

/** What counts failures: an account, or an account at one address. `pending`: attempts under way that may add to it. */
export interface Counted extends Failures {
  readonly pending: number
}

/** An account as an attempt meets it: at the attempt's address, and over all addresses that are not known to it. */
export interface AccountState {
  readonly pair: Counted
  readonly account: Counted
}

/** An address over all accounts. `emptyAt`: when all that went into its bucket will have run out of it. */
export interface AddressState {
  readonly emptyAt: number
  readonly pending: number
}

/** What an attempt may have to wait for: the pending attempts of its account from its address, of its account, or of its address. */
export type ThrottleScope = 'pair' | 'account' | 'address'

const secondMilliseconds = 1000
export const dayMilliseconds = 86_400_000

/** An account's failures from one address, and its wrong secrets, are forgotten after a day without any. */
export const pairMemoryMilliseconds = dayMilliseconds

/** A lock runs out after a day without a failure that counts, or a stranger could lock a user out of every new address for good. */
export const lockMilliseconds = dayMilliseconds

/**
 * An account's failures over all addresses are forgotten after 30 days without any. NIST SP 800-63B-4 section 3.2.2 lets nothing but a login forget
 * them; but then made-up names would have to be kept for ever.
 */
export const accountMemoryMilliseconds = 30 * dayMilliseconds

/** How many wrong secrets of an account are remembered, so that the same one again does not count. */
export const rememberedSecrets = 3

/** How often such a secret is let through at no cost. From then on it counts against its address, and no hash is spent on it. */
export const freeRepeats = 10

/** How many names are remembered that were tried for one ID: the latest. `unlock` lifts the throttle from them, too. */
export const rememberedNames = 10

/** How many addresses of one account are known at once: the latest. */
export const knownAddressesPerAccount = 100

const longestKey = 64

/** A failure that did not happen. */
export const noFailures: Failures = { failures: 0, lastFailureAt: -Infinity }

/** What an outcome leads to that does not count. */
export const nothingHappened: LoginSettlement = { limited: false, locked: false }

/** The names of the limits, for constructors that have further options. */
export const throttleLimitNames = Object.keys(readThrottleLimits({}))

/** The limits with their defaults, checked. */
export function readThrottleLimits(limits: ThrottleLimits): ThrottleRules {
  const reader = new MemberReader(limits)
  const count = { from: 1, to: 1_000_000 }
  const failuresPerAccount = reader.wholeNumber('failuresPerAccount', count, 10)
  const firstWaitSeconds = reader.wholeNumber('firstWaitSeconds', { ...count, unit: 'seconds' }, 30)
  return {
    failuresPerAccountAndAddress: reader.wholeNumber('failuresPerAccountAndAddress', count, 10),
    failuresPerAccount,
    failuresUntilLocked: reader.wholeNumber('failuresUntilLocked', { ...count, from: failuresPerAccount }, 100),
    failuresPerAddress: reader.wholeNumber('failuresPerAddress', count, 100),
    addressRefillPerDay: reader.wholeNumber('addressRefillPerDay', count, 100),
    firstWaitSeconds,
    longestWaitSeconds: reader.wholeNumber('longestWaitSeconds', { ...count, from: firstWaitSeconds, unit: 'seconds' }, 3600),
    knownAddressDays: reader.wholeNumber('knownAddressDays', { from: 1, to: 3650, unit: 'days' }, 30)
  }
}

/** The failures of an account from one address that still count. */
export function pairFailures(counted: Failures, now: number): Failures {
  return now - counted.lastFailureAt < pairMemoryMilliseconds ? counted : noFailures
}

/** The failures of an account that still count. After a lock the count begins again where the waits begin, so that a lock never goes on by itself. */
export function accountFailures(counted: Failures, rules: ThrottleRules, now: number): Failures {
  const age = now - counted.lastFailureAt
  if (age >= accountMemoryMilliseconds) return noFailures
  if (age < lockMilliseconds || counted.failures < rules.failuresUntilLocked) return counted
  return { ...counted, failures: Math.min(rules.failuresPerAccount, rules.failuresUntilLocked - 1) }
}

/**
 * Why an attempt is refused, or `null`. A known address has to wait for the account's failures at that address alone. `address` is `null` where it does not count.
 */
export function findRefusal(
  { pair, account }: AccountState,
  address: AddressState | null,
  known: boolean,
  rules: ThrottleRules,
  now: number
): LoginRefusal | null {
  const isLocked = !known && account.failures >= rules.failuresUntilLocked
  const refusals = [refusal('account-and-address', endOfWait(pair, rules.failuresPerAccountAndAddress, rules), rules, now)]
  if (!known) {
    refusals.push(refusal('account', endOfWait(account, rules.failuresPerAccount, rules), rules, now))
    if (isLocked) refusals.push(refusal('account-locked', account.lastFailureAt + lockMilliseconds, rules, now))
    // Not bounded by the longest wait: it is what the bucket takes to have room for one.
    if (address)
      refusals.push({
        allowed: false,
        limit: 'address',
        retryAfterSeconds: secondsUntil(spaceInBucketAt(address.emptyAt, 1, rules, now), now)
      })
  }
  const longest = refusals.reduce((one, other) => (other.retryAfterSeconds > one.retryAfterSeconds ? other : one))
  if (longest.retryAfterSeconds === 0) return null
  return isLocked ? { ...longest, limit: 'account-locked' } : longest
}

/** The scope in which a limit would be passed if all that is pending failed. Below the limit as many at once as would reach it; then one after the other. */
export function crowdedScope({ pair, account }: AccountState, known: boolean, rules: ThrottleRules): 'pair' | 'account' | null {
  if (isCrowded(pair, rules.failuresPerAccountAndAddress)) return 'pair'
  return !known && isCrowded(account, rules.failuresPerAccount) ? 'account' : null
}

/** The same for an address. */
export function isAddressCrowded({ emptyAt, pending }: AddressState, rules: ThrottleRules, now: number): boolean {
  return spaceInBucketAt(emptyAt, pending + 1, rules, now) > now
}

/** How long the next attempt has to wait after so many failures: nothing below the limit, then from the first wait doubling to the longest. */
export function waitMilliseconds(failures: number, limit: number, rules: ThrottleRules): number {
  if (failures < limit) return 0
  return Math.min(rules.firstWaitSeconds * 2 ** (failures - limit), rules.longestWaitSeconds) * secondMilliseconds
}

/** The bucket after one more failure. It holds no more than its size. */
export function fillBucket(emptyAt: number, rules: ThrottleRules, now: number): number {
  const interval = dayMilliseconds / rules.addressRefillPerDay
  return Math.min(Math.max(emptyAt, now) + interval, now + rules.failuresPerAddress * interval)
}

/** Whether a login at that time makes the address a known one still. */
export function isKnownSince(loginAt: number, rules: ThrottleRules, now: number): boolean {
  return now - loginAt < rules.knownAddressDays * dayMilliseconds
}

/** The key under which a name or an address is kept: itself, or its hash where it is long, or a few long names would fill the memory. */
export function throttleKey(text: string): string {
  return text.length <= longestKey ? text : `sha256:${hash('sha256', text)}`
}

function endOfWait(counted: Failures, limit: number, rules: ThrottleRules): number {
  const wait = waitMilliseconds(counted.failures, limit, rules)
  // Below the limit the time of the last failure means nothing, also when another machine's clock is ahead.
  return wait === 0 ? -Infinity : counted.lastFailureAt + wait
}

// When so many failures fit into the bucket that holds `failuresPerAddress`.
function spaceInBucketAt(emptyAt: number, failures: number, rules: ThrottleRules, now: number): number {
  return Math.max(emptyAt, now) + ((failures - rules.failuresPerAddress) * dayMilliseconds) / rules.addressRefillPerDay
}

function isCrowded(counted: Counted, limit: number): boolean {
  return counted.pending > 0 && counted.failures + counted.pending >= limit
}

// No wait is longer than the longest, also when a stored time is ahead of the clock.
function refusal(limit: LoginRefusal['limit'], freeAt: number, rules: ThrottleRules, now: number): LoginRefusal {
  return { allowed: false, limit, retryAfterSeconds: Math.min(secondsUntil(freeAt, now), rules.longestWaitSeconds) }
}

function secondsUntil(freeAt: number, now: number): number {
  return Math.max(0, Math.ceil((freeAt - now) / secondMilliseconds))
}
