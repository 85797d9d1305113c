import { DirectoryError } from '../errors.js'
import type { BcryptOutcome, BcryptTask } from './bcrypt-threads.js'
import type { Applicant } from './network-share.js'
import type { HashingRequest } from './password-hasher.js'

/** One task for the threads, and those who wait for its outcome: several, when they ask the same. */
export class BcryptJob implements Applicant {
  /** Put together when its turn comes, so that it knows the target cost of then. */
  readonly task: () => BcryptTask
  /** Who made it: the place in the queue is counted as this address', and its networks'. */
  readonly address: string | undefined
  readonly networks: readonly string[]
  readonly known: boolean
  readonly outcome: Promise<BcryptOutcome>
  #resolve: (outcome: BcryptOutcome) => void = () => undefined
  #reject: (error: unknown) => void = () => undefined
  readonly #whenSettled: () => void
  #askers = 0

  constructor(task: () => BcryptTask, request: HashingRequest = {}, whenSettled: () => void = () => undefined) {
    this.task = task
    this.address = request.address
    this.networks = request.networks ?? []
    this.known = request.known ?? false
    this.#whenSettled = whenSettled
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Everybody may have gone when it fails.
    this.outcome.catch(() => undefined)
  }

  resolve(outcome: BcryptOutcome): void {
    this.#whenSettled()
    this.#resolve(outcome)
  }

  reject(error: unknown): void {
    this.#whenSettled()
    this.#reject(error)
  }

  /** The outcome; or an error at once when the signal is aborted, and `whenAllGone` if nobody else waits for it. */
  async join(signal: AbortSignal | undefined, whenAllGone: (reason: DirectoryError) => void): Promise<BcryptOutcome> {
    this.#askers++
    if (signal === undefined) return await this.outcome

    let leave: (() => void) | undefined
    const gone = new Promise<never>((_resolve, reject) => {
      leave = () => {
        const reason = abandonedBecause(signal)
        reject(reason)
        this.#askers--
        if (this.#askers === 0) whenAllGone(reason)
      }
      signal.addEventListener('abort', leave, { once: true })
    })
    try {
      return await Promise.race([this.outcome, gone])
    } finally {
      if (leave !== undefined) signal.removeEventListener('abort', leave)
    }
  }
}

/** What those get who hung up: nobody reads it, and nothing was decided. */
export function abandonedBecause(signal: AbortSignal): DirectoryError {
  return new DirectoryError('ERR_LOGIN_QUEUE_FULL', 'The client hung up before its password was checked', { cause: signal.reason })
}
