import { MemberReader } from '../../checks/member-reader.js'
import type { LoginRefusal, ThrottleLimits } from './login-throttle.js'

/** The limits of a throttle, every one with a value. */
export type ThrottleRules = { readonly [Limit in keyof ThrottleLimits]-?: number }

/** How often it failed since it was last reset, and when last. */
export interface Failures {
  readonly failures: number
  readonly lastFailureAt: number
}

/** What is known about an attempt's account and address at one moment. `pending`: places of attempts whose outcome is not known. */
export interface ThrottleState {
  /** Whether the account logged in from this address within `knownAddressDays`. */
  readonly known: boolean
  /** Whether a failure of this attempt would count. Not when its secret is known to be wrong or is being verified for another attempt. */
  readonly needsPlace: boolean
  readonly pair: Failures & { readonly pending: number }
  /** Over all addresses that are not known. */
  readonly account: Failures & { readonly pending: number }
  /** `emptyAt`: when all that went into the address' bucket will have run out of it. */
  readonly address: { readonly emptyAt: number; readonly pending: number }
}

/** What an attempt may have to wait for: the pending attempts of its account from its address, of its account, or of its address. */
export type ThrottleScope = 'pair' | 'account' | 'address'

const secondMilliseconds = 1000
export const dayMilliseconds = 86_400_000

/** An account's failures from one address, and its wrong secrets, are forgotten after a day without any. */
export const pairMemoryMilliseconds = dayMilliseconds

/**
 * An account's failures over all addresses are forgotten after 30 days without any. NIST SP 800-63B-4 section 3.2.2 lets nothing but a login forget
 * them; but then made-up names would have to be kept for ever. A locked account is not forgotten.
 */
export const accountMemoryMilliseconds = 30 * dayMilliseconds

/** How many wrong secrets of an account are remembered, so that the same one again does not count. */
export const rememberedSecrets = 3

/** How many addresses of one account are known at once: the latest. */
export const knownAddressesPerAccount = 100

/** A failure that did not happen. */
export const noFailures: Failures = { failures: 0, lastFailureAt: -Infinity }

/** The names of the limits, for constructors that have further options. */
export const throttleLimitNames = [
  'failuresPerAccountAndAddress',
  'failuresPerAccount',
  'failuresUntilLocked',
  'failuresPerAddress',
  'addressRefillPerDay',
  'firstWaitSeconds',
  'longestWaitSeconds',
  'knownAddressDays'
] as const satisfies readonly (keyof ThrottleLimits)[]

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

/** Whether an attempt may go on, is refused, or has to wait until a pending attempt of that scope is decided. */
export function judgeAttempt(state: ThrottleState, rules: ThrottleRules, now: number): 'allowed' | ThrottleScope | LoginRefusal {
  const { pair, account, address } = state
  const scopes: ThrottleScope[] = state.known ? ['pair'] : ['pair', 'account', 'address']
  const locked = !state.known && account.failures >= rules.failuresUntilLocked
  const pairFreeAt = endOfWait(pair, rules.failuresPerAccountAndAddress, rules)
  const accountFreeAt = endOfWait(account, rules.failuresPerAccount, rules)
  const addressFreeAt = spaceInBucketAt(address.emptyAt, 1, rules, now)

  const waits: LoginRefusal[] = [refusal('account-and-address', pairFreeAt, now)]
  if (!state.known) waits.push(refusal('account', accountFreeAt, now), refusal('address', addressFreeAt, now))
  if (locked) waits.push(refusal('account-locked', now + rules.longestWaitSeconds * secondMilliseconds, now))
  const longest = waits.reduce((one, other) => (other.retryAfterSeconds > one.retryAfterSeconds ? other : one))
  if (locked) return { ...longest, limit: 'account-locked' }
  if (longest.retryAfterSeconds > 0) return longest

  if (!state.needsPlace) return 'allowed'
  const crowded = {
    pair: isCrowded(pair, rules.failuresPerAccountAndAddress),
    account: isCrowded(account, rules.failuresPerAccount),
    address: spaceInBucketAt(address.emptyAt, address.pending + 1, rules, now) > now
  } satisfies Record<ThrottleScope, boolean>
  return scopes.find((scope) => crowded[scope]) ?? 'allowed'
}

/** How long the next attempt has to wait after so many failures: nothing below the limit, then from the first wait doubling to the longest. */
export function waitMilliseconds(failures: number, limit: number, rules: ThrottleRules): number {
  if (failures < limit) return 0
  return Math.min(rules.firstWaitSeconds * 2 ** (failures - limit), rules.longestWaitSeconds) * secondMilliseconds
}

/** The bucket after one more failure. */
export function fillBucket(emptyAt: number, rules: ThrottleRules, now: number): number {
  return Math.max(emptyAt, now) + dayMilliseconds / rules.addressRefillPerDay
}

/** Whether a login at that time makes the address a known one still. */
export function isKnownSince(loginAt: number, rules: ThrottleRules, now: number): boolean {
  return now - loginAt < rules.knownAddressDays * dayMilliseconds
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

// Below the limit as many at once as would reach it; from the limit on, one after the other.
function isCrowded(counted: Failures & { readonly pending: number }, limit: number): boolean {
  return counted.pending > 0 && counted.failures + counted.pending >= limit
}

function refusal(limit: LoginRefusal['limit'], freeAt: number, now: number): LoginRefusal {
  return { allowed: false, limit, retryAfterSeconds: Math.max(0, Math.ceil((freeAt - now) / secondMilliseconds)) }
}
