const windowMilliseconds = 60_000
const mostPerAddress = 20
const mostOfAll = 1000

/** How many events a minute may hold about refusals that cost their sender nothing: else whoever sends them fills the audit log. */
export class EventBudget {
  readonly #countByAddress = new Map<string, number>()
  #windowBeganAt = -Infinity
  #told = 0
  #omitted = 0

  /** `null`: not to be told. Else how many were left out since the last one that was. */
  take(address: string, now: number): number | null {
    const elapsed = now - this.#windowBeganAt
    if (elapsed < 0 || elapsed >= windowMilliseconds) this.#begin(now)
    const count = this.#countByAddress.get(address) ?? 0
    if (count >= mostPerAddress || this.#told >= mostOfAll) {
      this.#omitted += 1
      return null
    }
    this.#countByAddress.set(address, count + 1)
    this.#told += 1
    const omitted = this.#omitted
    this.#omitted = 0
    return omitted
  }

  #begin(now: number): void {
    this.#windowBeganAt = now
    this.#told = 0
    this.#countByAddress.clear()
  }
}
