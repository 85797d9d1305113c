import { DirectoryError } from '../../errors.js'

export interface BatchLimits<Item> {
  /** How many statements are under way at once. */
  readonly statements: number
  readonly itemsPerStatement: number
  /** How many items may wait for a statement. Whoever comes beyond is refused at once. */
  readonly waiting: number
  /** Whether two items fit into one statement. */
  readonly goTogether?: (first: Item, other: Item) => boolean
}

interface WaitingItem<Item, Outcome> {
  readonly item: Item
  readonly since: number
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: unknown) => void
}

/**
 * Runs one statement for many calls: what comes while the allowed number of statements is under way waits for the next, with the others. So a crowd of
 * calls takes few connections of the pool, and one call alone is sent at once.
 */
export class Batches<Item, Outcome> {
  readonly #run: (items: readonly [Item, ...Item[]], since: number) => Promise<readonly Outcome[]>
  readonly #limits: BatchLimits<Item>
  #waiting: WaitingItem<Item, Outcome>[] = []
  #running = 0

  /** `run` gives an outcome for each item, of which the first has waited since that time of `performance.now()`. */
  constructor(run: (items: readonly [Item, ...Item[]], since: number) => Promise<readonly Outcome[]>, limits: BatchLimits<Item>) {
    this.#run = run
    this.#limits = limits
  }

  add(item: Item): Promise<Outcome> {
    if (this.#waiting.length >= this.#limits.waiting) {
      return Promise.reject(new DirectoryError('ERR_STORE_UNAVAILABLE', 'Too many requests wait for PostgreSQL', { retryAfterSeconds: 1 }))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, since: performance.now(), resolve, reject })
      this.#fill()
    })
  }

  #fill(): void {
    while (this.#running < this.#limits.statements) {
      const first = this.#waiting.shift()
      if (first === undefined) return
      void this.#runBatch(first, this.#takeCompanions(first))
    }
  }

  async #runBatch(first: WaitingItem<Item, Outcome>, companions: readonly WaitingItem<Item, Outcome>[]): Promise<void> {
    const batch = [first, ...companions]
    this.#running++
    try {
      const outcomes = await this.#run([first.item, ...companions.map(({ item }) => item)], first.since)
      batch.forEach(({ resolve }, index) => resolve(outcomes[index] as Outcome))
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      this.#running--
      this.#fill()
    }
  }

  /** Those that wait behind it and fit into its statement. */
  #takeCompanions(first: WaitingItem<Item, Outcome>): readonly WaitingItem<Item, Outcome>[] {
    const { itemsPerStatement, goTogether = () => true } = this.#limits
    const misfit = this.#waiting.findIndex(({ item }) => !goTogether(first.item, item))
    return this.#waiting.splice(0, Math.min(misfit === -1 ? this.#waiting.length : misfit, itemsPerStatement - 1))
  }
}
