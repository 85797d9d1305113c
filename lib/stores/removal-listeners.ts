import { describeMessage } from '../describe-cause.js'
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
        process.emitWarning(`A listener of watchRemovals failed: ${describeMessage(error)}`, {
          code: 'EXPRESS_4D_DIRECTORY_LISTENER'
        })
      }
    }
  }
}
