/** Who waits: an address and the larger networks that it lies in, smallest first. Without an address it is the host itself. */
export interface Applicant {
  readonly address: string | undefined
  readonly networks: readonly string[]
  readonly known: boolean
}

/** Known pairs of account and address are counted apart from the others, so that they keep their part of the queue. */
export type Kind = 'known' | 'others'

export function kindOf(applicant: Applicant): Kind {
  return applicant.known ? 'known' : 'others'
}

/** What an address, its /56 and its /48 may hold of the queue and take of a round of turns, in eighths: one line has a whole /64, many have a /48. */
const eighthsByLevel = [2, 3, 4]
const wholeQueue = 8

/** What one address, one network or the whole queue holds. */
export class NetworkShare {
  readonly key: string
  /** The network that this one is part of; `null` for the whole queue. */
  readonly parent: NetworkShare | null
  readonly eighths: number
  /** Itself and the networks around it, the whole queue last. */
  readonly outwards: readonly NetworkShare[]
  readonly held = { known: 0, others: 0 }

  constructor(key: string, parent: NetworkShare | null = null, eighths = wholeQueue) {
    this.key = key
    this.parent = parent
    this.eighths = eighths
    this.outwards = [this, ...(parent?.outwards ?? [])]
  }

  get size(): number {
    return this.held.known + this.held.others
  }

  /** Whether it holds all that it may of a queue with so many places. */
  isFull(limit: number): boolean {
    return this.size >= Math.max(1, Math.floor((limit * this.eighths) / wholeQueue))
  }

  /** How much it holds for its size: what compares a single address with a network of thousands. */
  weight(kind: Kind): number {
    return this.held[kind] / this.eighths
  }
}

/** The shares of those who wait now, found by their names; what holds nothing any more is forgotten. */
export class NetworkShares {
  readonly #whole = new NetworkShare('')
  readonly #byKey = new Map<string, NetworkShare>()

  /** The share of the applicant's address. It is kept once it is counted. */
  find({ address, networks }: Applicant): NetworkShare {
    if (address === undefined) return this.#byKey.get('host') ?? new NetworkShare('host', this.#whole)
    const levels = [address, ...networks.slice(0, eighthsByLevel.length - 1)]
    return levels.reduceRight<NetworkShare>((parent, name, level) => {
      const key = `${level} ${name}`
      return this.#byKey.get(key) ?? new NetworkShare(key, parent, eighthsByLevel[level])
    }, this.#whole)
  }

  count(share: NetworkShare, kind: Kind, change: 1 | -1): void {
    for (const each of share.outwards) {
      each.held[kind] += change
      if (each === this.#whole) continue
      // In the order of the last arrivals.
      if (change === 1 || each.size === 0) this.#byKey.delete(each.key)
      if (each.size > 0) this.#byKey.set(each.key, each)
    }
  }

  /** The address within `scope` that belongs to whoever holds most of it, network by network; of several that hold as much, the one that came last. */
  heaviestAddress(scope: NetworkShare, kind: Kind): NetworkShare {
    let heaviest: NetworkShare | null = null
    for (const share of this.#byKey.values()) {
      const weight = share.weight(kind)
      if (weight > 0 && share !== scope && share.outwards.includes(scope) && weight >= (heaviest?.weight(kind) ?? 0)) heaviest = share
    }
    return heaviest === null ? scope : this.heaviestAddress(heaviest, kind)
  }
}
