/** So many different warnings of one directory are remembered, and so given: a path of the host's may hold what visitors send. */
const mostWarnings = 100

/** Process warnings of one directory, each given once. */
export class Warnings {
  readonly #given = new Set<string>()

  /** `code` is what follows `EXPRESS_4D_DIRECTORY_`. `subject` tells apart what deserves a warning of its own, such as a route. */
  once(code: string, message: string, subject = ''): void {
    const key = `${code} ${subject}`
    if (this.#given.has(key) || this.#given.size >= mostWarnings) return
    this.#given.add(key)
    process.emitWarning(message, { code: `EXPRESS_4D_DIRECTORY_${code}` })
  }
}
