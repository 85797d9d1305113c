import type { LoginSecret } from './login-secret.js'

/** Who asks, for hashers with a queue. */
export interface HashingRequest {
  /**
   * Who is meant: the record's ID, or the folded user name where there is no record. Identical verifications for one account may share one
   * hash; over all accounts, sharing could be timed to find out who exists.
   */
  readonly account?: string
  /** The address that asks, an IPv6 one as its /64: addresses take turns, and one gets a quarter of the queue. */
  readonly address?: string
  /** The larger networks of an IPv6 address, the smaller one first: its /56 gets three eighths of the queue, its /48 half of it. */
  readonly networks?: readonly string[]
  /** Whether the account has logged in from the address before. Half of the queue is kept for such logins. */
  readonly known?: boolean
  /** Aborted when the client hangs up: what still waits then leaves the queue. */
  readonly signal?: AbortSignal
}

/**
 * Hashes and compares passwords. The default is `BcryptPool`; a host with hashes of another format brings its own. Free to change until 1.0.
 *
 * Rejects with a `DirectoryError` (503) when it cannot do the work; `false` means that it did, and they don't match.
 */
export interface PasswordHasher {
  /** A new hash of the password, for the users table. */
  hash(password: string): Promise<string>

  /**
   * Whether the secret fits the hash. A string is a password. `null`: there is nobody, or nobody with a password: `false`, after the same
   * work as for any other hash, so that the time tells nothing.
   */
  verify(secret: string | LoginSecret, passwordHash: string | null, request?: HashingRequest): Promise<boolean>

  /**
   * A new hash for a secret that has just been verified against an outdated one; `null` when the hash is as good as a new one. Optional.
   */
  upgrade?(secret: LoginSecret, passwordHash: string): Promise<string | null>

  /** What its threads and its queue do, for `directory.statistics()`. Optional. */
  readonly statistics?: BcryptPoolStatistics | undefined

  /** Ends threads; whoever waits is answered with 503. Optional. */
  close?(): Promise<void>
}

/** What a pool does and has done, for dashboards and specs. Counts begin at 0 with the pool. */
export interface BcryptPoolStatistics {
  /** Those that are there now: they start with the logins, and end when they have had nothing to do for a minute. */
  readonly threads: number
  /** Tasks that a thread is busy with. */
  readonly running: number
  /** Tasks in the queue. */
  readonly waiting: number
  /** Tasks done: hashes made and verifications. */
  readonly completed: number
  /** Verifications that were answered by the task of an identical one. */
  readonly shared: number
  /** Refused because the queue was full, or what one address or network may hold of it; or displaced by somebody who holds less. */
  readonly refused: number
  /** Left the queue because the client had hung up. */
  readonly abandoned: number
  /** Lost their thread and were tried once more. */
  readonly retried: number
  /** bcrypt work done: the sum of 2^cost over all hashes. Every verification adds 2^`targetCost`. */
  readonly work: number
  /** What every verification is topped up to: the pool's cost, or the highest cost of a stored hash that has come by. */
  readonly targetCost: number
  /** How long a task takes, a moving mean over about 32 of them; 0 before the first. */
  readonly meanMilliseconds: number
}
