const intervalMilliseconds = 60_000

/** Process warnings that come back: each at most once a minute, on the clock of the directory, also when it is put back. */
export class PacedWarnings {
  readonly #now: () => number
  readonly #givenAt = new Map<string, number>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** `code` is what follows `EXPRESS_4D_DIRECTORY_`. `subject` tells apart what deserves a warning of its own, of a few. */
  warn(code: string, subject: string, message: () => string): void {
    const key = `${code} ${subject}`
    const elapsed = this.#now() - (this.#givenAt.get(key) ?? -Infinity)
    if (elapsed >= 0 && elapsed < intervalMilliseconds) return
    this.#givenAt.set(key, this.#now())
    process.emitWarning(message(), { code: `EXPRESS_4D_DIRECTORY_${code}` })
  }
}
