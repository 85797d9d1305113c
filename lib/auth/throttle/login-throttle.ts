/** One attempt to log in, before anything is hashed for it. */
export interface LoginAttempt {
  /** The record's ID, or the folded user name where there is no record: the caller folds. Never shown to anybody. */
  readonly account: string
  /** The client's address, folded by `foldAddress`: IPv4-mapped addresses as IPv4, IPv6 by its /64. */
  readonly address: string
  /** The secret that was sent. Kept as a keyed hash only. */
  readonly secret: string
  /** Milliseconds since 1970. */
  readonly now: number
}

/** What became of an attempt. `abandoned`: it could not be decided (a 503, a client that hung up), and counts for nothing. */
export type LoginOutcome = 'success' | 'failure' | 'abandoned'

/** The place that an attempt holds from before its verification until its outcome is known. */
export interface LoginReservation {
  readonly allowed: true
  /** To be called once the outcome is known, whatever it is, or others wait for it; a second call does nothing. */
  settle(outcome: LoginOutcome, now: number): Promise<LoginSettlement>
}

/** What an outcome led to, for the events. */
export interface LoginSettlement {
  /** With this failure the account has to wait: at this address, at all that are not known, or both. */
  readonly limited: boolean
  /** With this failure the account takes no more logins from addresses that are not known, until one from a known address or `unlock`. */
  readonly locked: boolean
}

/** No: `limit` says which limit, for the events. */
export interface LoginRefusal {
  readonly allowed: false
  /** Whole seconds until an attempt would be accepted, at least 1; for a locked account at least the longest wait. */
  readonly retryAfterSeconds: number
  readonly limit: 'account-and-address' | 'account' | 'account-locked' | 'address'
}

/** Times are in the unit that the name says. */
export interface ThrottleLimits {
  /** Failures of one account from one address before it has to wait. Default 10. */
  readonly failuresPerAccountAndAddress?: number | undefined
  /** Failures of one account from all addresses from which it has not logged in lately before these have to wait. Default 10. */
  readonly failuresPerAccount?: number | undefined
  /** Failures of one account from such addresses after which nothing is accepted from them until a known address logs in, or `unlock`. Default 100. */
  readonly failuresUntilLocked?: number | undefined
  /** Failures of one address over all accounts: a bucket of this size. Default 100. */
  readonly failuresPerAddress?: number | undefined
  /** How many of them come back in a day. Default 100. */
  readonly addressRefillPerDay?: number | undefined
  /** The first wait; each further failure doubles it. Default 30. */
  readonly firstWaitSeconds?: number | undefined
  /** The longest wait. Default 3600. */
  readonly longestWaitSeconds?: number | undefined
  /** For how long a pair of account and address that logged in is known. Default 30. */
  readonly knownAddressDays?: number | undefined
}

/**
 * Counts failed logins and makes guessing wait. The default is `MemoryLoginThrottle`. Free to change until 1.0.
 *
 * An attempt reserves its place before its verification; when a limit would be passed if all pending attempts failed, a further one waits
 * for those, so that parallel guesses cannot slip through and parallel right ones are not refused.
 */
export interface LoginThrottle {
  /** Waits for pending attempts where it has to. Rejects when it cannot find out: the login is answered with 503. */
  reserve(attempt: LoginAttempt): Promise<LoginReservation | LoginRefusal>
  /** Forgets the failures of an account: an ID, or a user name where there is no record. */
  unlock(account: string): Promise<void>
  /** Optional. */
  close?(): Promise<void>
}
