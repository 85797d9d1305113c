import type { NetworkShare } from './network-share.js'

/**
 * Addresses take turns, each in the order of its arrivals. In a round a network takes no more turns than its share has eighths, however many addresses it
 * has; a round is as long as there were addresses when it began, so that newcomers cannot prolong it.
 */
export class RoundRobin<Entry extends object> {
  // A Map and a Set keep the order of arrival, and delete from their middle.
  readonly #lanes = new Map<NetworkShare, Set<Entry>>()
  #turnsTaken = new WeakMap<NetworkShare, number>()
  #turnsLeft = 0

  get isEmpty(): boolean {
    return this.#lanes.size === 0
  }

  add(entry: Entry, share: NetworkShare): void {
    const lane = this.#lanes.get(share) ?? new Set()
    lane.add(entry)
    this.#lanes.set(share, lane)
  }

  delete(entry: Entry, share: NetworkShare): void {
    const lane = this.#lanes.get(share)
    lane?.delete(entry)
    if (lane?.size === 0) this.#lanes.delete(share)
  }

  newestOf(share: NetworkShare): Entry | undefined {
    return [...(this.#lanes.get(share) ?? [])].at(-1)
  }

  /** Takes out whose turn it is. */
  shift(): Entry | undefined {
    let next = this.#nextOfRound()
    if (next === undefined) {
      this.#turnsTaken = new WeakMap()
      this.#turnsLeft = this.#lanes.size
      next = this.#nextOfRound()
    }
    if (next === undefined) return undefined

    const [share, lane] = next
    const [entry] = lane
    if (entry !== undefined) lane.delete(entry)
    // At the end, behind all others.
    this.#lanes.delete(share)
    if (lane.size > 0) this.#lanes.set(share, lane)
    for (const each of share.outwards) this.#turnsTaken.set(each, this.#turnsOf(each) + 1)
    this.#turnsLeft--
    return entry
  }

  #nextOfRound(): [NetworkShare, Set<Entry>] | undefined {
    if (this.#turnsLeft === 0) return undefined
    for (const lane of this.#lanes) {
      if (lane[0].outwards.every((each) => each.parent === null || this.#turnsOf(each) < each.eighths)) return lane
    }
    return undefined
  }

  #turnsOf(share: NetworkShare): number {
    return this.#turnsTaken.get(share) ?? 0
  }
}
