const intervalMilliseconds = 60_000

/** So many different warnings of one directory are remembered, and so given once: a path of the host's may hold what visitors send. */
const mostWarnings = 100

/** Process warnings of one directory. `code` is what follows `EXPRESS_4D_DIRECTORY_`; `subject` tells apart what deserves a warning of its own, such as a route. */
export class Warnings {
  readonly #now: () => number
  readonly #givenAt = new Map<string, number>()

  constructor(now: () => number) {
    this.#now = now
  }

  once(code: string, message: string, subject = ''): void {
    const key = `${code} ${subject}`
    if (this.#givenAt.has(key) || this.#givenAt.size >= mostWarnings) return
    this.#give(key, code, message)
  }

  /** At most once a minute, on the clock of the directory, also when it is put back. Of a few subjects. */
  onceAMinute(code: string, subject: string, message: () => string): void {
    const key = `${code} ${subject}`
    const elapsed = this.#now() - (this.#givenAt.get(key) ?? -Infinity)
    if (elapsed < 0 || elapsed >= intervalMilliseconds) this.#give(key, code, message())
  }

  #give(key: string, code: string, message: string): void {
    this.#givenAt.set(key, this.#now())
    process.emitWarning(message, { code: `EXPRESS_4D_DIRECTORY_${code}` })
  }
}
