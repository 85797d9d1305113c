import { inspect } from 'node:util'

import type { RemovedSession } from '../sessions/session-store.js'

/** Who wants to hear of sessions that a store removes by itself. One that throws harms neither the store's caller nor the others: it becomes a warning. */
export class RemovalListeners {
  readonly #listeners: ((removed: RemovedSession) => void)[] = []

  add(listener: (removed: RemovedSession) => void): void {
    this.#listeners.push(listener)
  }

  tell(removed: RemovedSession): void {
    for (const listener of this.#listeners) {
      try {
        listener(removed)
      } catch (error) {
        process.emitWarning(`A listener of watchRemovals failed: ${error instanceof Error ? error.message : inspect(error)}`, {
          code: 'EXPRESS_4D_DIRECTORY_LISTENER'
        })
      }
    }
  }
}
