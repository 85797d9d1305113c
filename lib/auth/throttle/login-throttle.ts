/** One attempt to log in, before anything is hashed for it. */
export interface LoginAttempt {
  /** The folded user name, whether anybody has it or not: its count alone is told to the client. Never shown to anybody. */
  readonly account: string
  /**
   * The folded ID of the record; absent where there is none. It has a count of its own, since a user may have several names. What that count refuses has to
   * look like a wrong secret, or it would tell which names there are.
   */
  readonly userID?: string
  /** The client's address, folded by `foldAddress`: IPv4-mapped addresses as IPv4, IPv6 by its /64. `''`: not known, so neither counted nor ever known. */
  readonly address: string
  /** The secret that was sent. Kept as a keyed hash only. */
  readonly secret: string
  /** What the secret will be compared with; `null`: nobody's hash. Absent: the provider compares, and a wrong secret may become right at any time. */
  readonly passwordHash?: string | null
  /** Milliseconds since 1970. */
  readonly now: number
}

/**
 * What became of an attempt. `refused`: the secret is right, and the host did not let its user in; counts like a failure. `abandoned`: it could not be
 * decided (a 503, a client that hung up), or is a first step only, and counts for nothing.
 */
export type LoginOutcome = 'success' | 'failure' | 'refused' | 'abandoned'

/** The place that an attempt holds from before its verification until its outcome is known. */
export interface LoginReservation {
  readonly allowed: true
  /** Whether the account has logged in from this address lately. Default `false`. */
  readonly known?: boolean
  /**
   * `refuse-alike`: do the work of a verification and call it a failure, because the count of the ID refuses the attempt. `refuse-at-once`: call it a failure
   * without the work, because the same secret was wrong for the same hash too often. Default `verify`.
   */
  readonly check?: 'verify' | 'refuse-alike' | 'refuse-at-once'
  /** With `refuse-alike`: which limit, for the events. */
  readonly limit?: LoginRefusal['limit']
  /** To be called once the outcome is known, whatever it is, or others wait for it; a second call does nothing. */
  settle(outcome: LoginOutcome, now: number): Promise<LoginSettlement>
}

/** What an outcome led to, for the events. */
export interface LoginSettlement {
  /** With this failure the account has to wait: at this address, at all that are not known, or both. */
  readonly limited: boolean
  /** With this failure the account takes no more logins from addresses that are not known, for a day without failures, until one from a known address or `unlock`. */
  readonly locked: boolean
}

/** A login that was proved by other means than a secret, such as a second step. */
export type ProvenLogin = Pick<LoginAttempt, 'account' | 'userID' | 'address' | 'now'>

/** No: the attempt has to wait. */
export interface LoginRefusal {
  readonly allowed: false
  /** Whole seconds until an attempt would be accepted, at least 1; for a locked account no more than the longest wait. */
  readonly retryAfterSeconds: number
  /** Which limit. */
  readonly limit: 'account-and-address' | 'account' | 'account-locked' | 'address'
}

/** When an account or an address has to wait. Times are in the unit that the name says. */
export interface ThrottleLimits {
  /** Failures of one account from one address before it has to wait. Default 10. */
  readonly failuresPerAccountAndAddress?: number | undefined
  /** Failures of one account from all addresses from which it has not logged in lately before these have to wait. Default 10. */
  readonly failuresPerAccount?: number | undefined
  /** Failures of one account from such addresses after which nothing is accepted from them for a day, or until a known address logs in, or `unlock`. Default 100. */
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
  /** Notes a login that needed no reservation: its failures are forgotten, and its address is known, as after a success. Optional. */
  noteLogin?(login: ProvenLogin): Promise<void>
  /** Forgets the failures of an account: a folded user name, or a folded ID with the names that were tried for it. Whether it had to wait or was locked. */
  unlock(account: string, now: number): Promise<boolean>
  /** How many names have to wait at that time, from some address or from all; a login from any address counts as the end of it. Optional, for `statistics`. */
  countWaiting?(now: number): Promise<number>
  /** Optional. */
  close?(): Promise<void>
}
