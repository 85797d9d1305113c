import type { LoginAttempt } from '../../auth/throttle/login-throttle.js'
import { throttleKey } from '../../auth/throttle/rules.js'
import { type Subject, subjectOf } from './failure-counts.js'

/** What an attempt is counted under. */
export interface ThrottleKeys {
  readonly name: Subject
  /** The ID of the record, where there is one. */
  readonly owner: Subject | null
  readonly address: string
}

export function keysOf({ account, userID, address: sent }: Pick<LoginAttempt, 'account' | 'userID' | 'address'>): ThrottleKeys {
  const address = throttleKey(sent)
  const name = subjectOf(throttleKey(account), address)
  return { name, owner: userID === undefined ? null : subjectOf(throttleKey(userID), address), address }
}

/** What attempts share that are under way with one secret for one account from one address. */
export function sharedKey({ name, address }: ThrottleKeys, secret: string): string {
  return `${secret}${name.account.length}:${name.account}${address}`
}

/** What attempts are counted in while they are under way. */
export function scopeOf(scope: 'pair' | 'account', subject: Subject): string {
  return `${scope} ${subject[scope] ?? ''}`
}

export function addressScope({ address }: ThrottleKeys): string {
  return `address ${address}`
}

/** The scopes of an attempt: a known address counts in its pairs alone. */
export function scopesOf(subjects: readonly Subject[], keys: ThrottleKeys, known: boolean): string[] {
  const pairs = subjects.filter(({ pair }) => pair !== null).map((subject) => scopeOf('pair', subject))
  if (known) return pairs
  const accounts = subjects.map((subject) => scopeOf('account', subject))
  return [...pairs, ...accounts, ...(keys.address === '' ? [] : [addressScope(keys)])]
}
