import { DirectoryError } from '../errors.js'
import type { EventRaiser } from '../event-raiser.js'
import { WatchedCalls } from '../watched-calls.js'
import type { SessionStore } from './session-store.js'

export interface AskedStoreParts {
  readonly store: SessionStore
  readonly events: EventRaiser
  /** Default: counted for nobody. */
  readonly calls?: WatchedCalls
  readonly now: () => number
}

/**
 * A store whose calls are counted and timed. Whatever it rejects with becomes a `DirectoryError` `ERR_STORE_UNAVAILABLE`, and is told with its cause: "could
 * not find out" is never "there is none".
 */
export class AskedStore {
  readonly #parts: AskedStoreParts
  readonly #calls: WatchedCalls

  constructor(parts: AskedStoreParts) {
    this.#parts = parts
    this.#calls = parts.calls ?? new WatchedCalls('store')
  }

  /** Answers at once where the store does. */
  ask<T>(verb: string, question: (store: SessionStore, now: number) => T | Promise<T>): T | Promise<T> {
    return this.#calls.run(verb, () => question(this.#parts.store, this.#parts.now()), {
      explain: (error) => this.unavailable(verb, error)
    })
  }

  /** What to throw, once it has been told. */
  unavailable(verb: string, cause: unknown): DirectoryError {
    this.#parts.events.raise('sys_degraded', { component: 'store', cause, reason: `session store: ${verb} failed` })
    if (cause instanceof DirectoryError && (cause.code === 'ERR_STORE_UNAVAILABLE' || cause.code === 'ERR_STORE_NOT_REPLICATED'))
      return cause
    return new DirectoryError('ERR_STORE_UNAVAILABLE', `The session store could not answer (${verb})`, { cause })
  }

  /** Until when conflicts are retried. In real time: a settable clock that stands still must not retry for ever. */
  deadline(): number {
    return performance.now() + (this.#parts.store.timeoutMilliseconds ?? 1000)
  }
}
