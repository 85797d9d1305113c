/** For how many intervals a stream goes on while it cannot be found out whether its operator may still watch. */
const toleratedIntervals = 10

export interface WatchPermitParts {
  /** Whether the operator's session still lives. */
  readonly isLive: () => Promise<boolean>
  /** Whether the operator is still in the group, asked of the host. */
  readonly isMember: () => Promise<boolean>
  readonly revalidateSeconds: number
  /** The directory's clock. */
  readonly clock: { now(): number; askTime(): Promise<number> }
}

/** `over`: the session has ended or lost the group. `unknown`: that has not been found out for too long. */
export type WatchVerdict = 'allowed' | 'over' | 'unknown'

/**
 * Whether an operator may go on watching, as for any session: the host is asked for the membership at most every `revalidateSeconds`, and before the next event
 * after that; while it does not answer, the stream goes on for ten intervals.
 */
export class WatchPermit {
  readonly #parts: WatchPermitParts
  readonly #intervalMilliseconds: number
  #askedAt: number
  #goodAt: number

  constructor(parts: WatchPermitParts) {
    this.#parts = parts
    this.#intervalMilliseconds = parts.revalidateSeconds * 1000
    // A guard has asked before the stream was opened.
    this.#askedAt = parts.clock.now()
    this.#goodAt = this.#askedAt
  }

  /** Whether the host has to be asked before anything else is shown. */
  get isDue(): boolean {
    const elapsed = this.#parts.clock.now() - this.#askedAt
    return elapsed < 0 || elapsed >= this.#intervalMilliseconds
  }

  async check(): Promise<WatchVerdict> {
    const now = await this.#parts.clock.askTime()
    try {
      if (!(await this.#parts.isLive())) return 'over'
      if (this.isDue) {
        this.#askedAt = now
        if (!(await this.#parts.isMember())) return 'over'
        this.#goodAt = now
      }
      return 'allowed'
    } catch {
      // The store or the host does not answer, which the page shows by the events and the figures.
      return now - this.#goodAt <= toleratedIntervals * this.#intervalMilliseconds ? 'allowed' : 'unknown'
    }
  }
}
