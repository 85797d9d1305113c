import { type Applicant, type Kind, kindOf, type NetworkShare, NetworkShares } from './network-share.js'
import { RoundRobin } from './round-robin.js'

/** Who had to go, so that somebody else could stay; and whether all places were taken, or all that the address or its network may hold. */
export interface Displaced<Entry> {
  readonly entry: Entry
  readonly full: 'queue' | 'network'
}

/**
 * A queue with room for so many, in which no flood keeps others out. When it is full, the newest entry of whoever holds most makes room. Addresses take
 * turns. Known pairs of account and address take every other turn, and half of the places when they need them.
 */
export class FairQueue<Entry extends Applicant> {
  readonly #limit: number
  readonly #shares = new NetworkShares()
  readonly #shareOf = new Map<Entry, NetworkShare>()
  readonly #turns = { known: new RoundRobin<Entry>(), others: new RoundRobin<Entry>() }
  #nextKind: Kind = 'known'

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#shareOf.size
  }

  /** Takes an entry in. Who has to go for it, which may be the entry itself, has left the queue. */
  add(entry: Entry): Displaced<Entry> | null {
    const share = this.#shares.find(entry)
    const full = share.outwards.find((each) => each.isFull(this.#limit))
    this.#shareOf.set(entry, share)
    this.#turns[kindOf(entry)].add(entry, share)
    this.#shares.count(share, kindOf(entry), 1)
    if (full === undefined) return null

    const displaced = this.#newestOfHeaviest(full)
    this.delete(displaced)
    return { entry: displaced, full: full.parent === null ? 'queue' : 'network' }
  }

  /** False: it was not, or no longer, in the queue. */
  delete(entry: Entry): boolean {
    const share = this.#shareOf.get(entry)
    if (share === undefined) return false
    this.#turns[kindOf(entry)].delete(entry, share)
    this.#forget(entry, share)
    return true
  }

  /** Takes out whose turn it is. */
  shift(): Entry | undefined {
    const kind = this.#turns[this.#nextKind].isEmpty ? otherKind(this.#nextKind) : this.#nextKind
    const entry = this.#turns[kind].shift()
    const share = entry && this.#shareOf.get(entry)
    if (entry === undefined || share === undefined) return undefined
    this.#forget(entry, share)
    this.#nextKind = otherKind(kind)
    return entry
  }

  #forget(entry: Entry, share: NetworkShare): void {
    this.#shareOf.delete(entry)
    this.#shares.count(share, kindOf(entry), -1)
  }

  #newestOfHeaviest(scope: NetworkShare): Entry {
    const kind = scope.held.known > scope.held.others ? 'known' : 'others'
    const heaviest = this.#shares.heaviestAddress(scope, kind)
    const newest = this.#turns[kind].newestOf(heaviest)
    if (newest === undefined) throw new Error('A share that holds entries has no newest one')
    return newest
  }
}

function otherKind(kind: Kind): Kind {
  return kind === 'known' ? 'others' : 'known'
}
