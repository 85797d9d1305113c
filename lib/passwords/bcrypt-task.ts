/** Make a hash of the text. */
interface HashTask {
  readonly kind: 'hash'
  readonly text: string
  readonly cost: number
}

/** Compare the text with the hash, or nothing where `hash` is null, and do the work of exactly one hash at `targetCost` in all. */
interface CompareTask {
  readonly kind: 'compare'
  readonly text: string
  readonly hash: string | null
  readonly cost: number
  readonly targetCost: number
}

/** What a thread is asked to do. */
export type BcryptTask = HashTask | CompareTask

/** What a thread answers. */
export interface BcryptOutcome {
  /** '' after a comparison. */
  readonly hash: string
  readonly matches: boolean
  /** The sum of 2^cost of all the hashes that were made. */
  readonly work: number
  readonly milliseconds: number
}
