/**
 * First in, first out, with room for so many, and for a quarter of them from one address. An entry leaves at any time, at no cost.
 */
export class BoundedQueue<Entry extends { readonly address: string | undefined }> {
  readonly #limit: number
  readonly #limitPerAddress: number
  // A Set keeps the order of arrival, and deletes from its middle.
  readonly #entries = new Set<Entry>()
  readonly #countByAddress = new Map<string, number>()

  constructor(limit: number) {
    this.#limit = limit
    this.#limitPerAddress = Math.max(1, Math.floor(limit / 4))
  }

  get size(): number {
    return this.#entries.size
  }

  /** What stands in the way of one more entry: nothing, the queue, or what its address holds of it. */
  obstacleFor(address: string | undefined): 'queue' | 'address' | null {
    if (this.#entries.size >= this.#limit) return 'queue'
    if (address !== undefined && (this.#countByAddress.get(address) ?? 0) >= this.#limitPerAddress) return 'address'
    return null
  }

  add(entry: Entry): void {
    this.#entries.add(entry)
    this.#count(entry.address, 1)
  }

  /** False: it was not, or no longer, in the queue. */
  delete(entry: Entry): boolean {
    const waited = this.#entries.delete(entry)
    if (waited) this.#count(entry.address, -1)
    return waited
  }

  /** Takes out the one that waits longest. */
  shift(): Entry | undefined {
    const [first] = this.#entries
    if (first !== undefined) this.delete(first)
    return first
  }

  #count(address: string | undefined, change: 1 | -1): void {
    if (address === undefined) return
    const count = (this.#countByAddress.get(address) ?? 0) + change
    if (count === 0) this.#countByAddress.delete(address)
    else this.#countByAddress.set(address, count)
  }
}
