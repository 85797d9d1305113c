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
