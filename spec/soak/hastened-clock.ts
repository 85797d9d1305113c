/** A clock on which a minute passes in a second, so that sessions expire while one looks on. */
export class HastenedClock {
  readonly #startedAt = Date.now()
  #skipped = 0

  readonly now = (): number => this.#startedAt + (Date.now() - this.#startedAt) * 60 + this.#skipped

  skipHours(hours: number): void {
    this.#skipped += hours * 3_600_000
  }
}

/** What a minute of the clock takes in earnest. */
export const minuteTakesMilliseconds = 1000
