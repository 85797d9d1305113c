/** Looks again whether an attempt may go on: the scope that it still has to wait for, or `null` once there is an answer. */
export type LookAgain = (now: number) => string | null

interface Scope {
  pending: number
  readonly waiting: Set<LookAgain>
}

/**
 * How many attempts are being verified in each scope, and those that wait for them, first come first served. Bounded by the
 * requests that are under way. Nobody waits for ever: who waits, waits for an attempt, and every attempt comes to its end.
 */
export class PendingAttempts {
  readonly #scopes = new Map<string, Scope>()

  /** The attempts under way in that scope. */
  count(scope: string): number {
    return this.#scopes.get(scope)?.pending ?? 0
  }

  /** One more in each of these scopes. */
  begin(scopes: readonly string[]): void {
    for (const scope of scopes) this.#open(scope).pending += 1
  }

  /** One less. Call `wake` when everything that the waiting will look at is written. */
  end(scopes: readonly string[]): void {
    for (const scope of scopes) this.#open(scope).pending -= 1
  }

  /** Has `look` called when something has changed in that scope. */
  wait(scope: string, look: LookAgain): void {
    this.#open(scope).waiting.add(look)
  }

  /** Lets those look again who wait in these scopes, each in its turn, up to the first that has to stay. */
  wake(scopes: readonly string[], now: number): void {
    for (const name of scopes) {
      const scope = this.#scopes.get(name)
      if (scope === undefined) continue
      for (const look of scope.waiting) {
        const next = look(now)
        if (next === name) break
        scope.waiting.delete(look)
        if (next !== null) this.wait(next, look)
      }
      if (scope.pending === 0 && scope.waiting.size === 0) this.#scopes.delete(name)
    }
  }

  #open(name: string): Scope {
    const scope = this.#scopes.get(name) ?? { pending: 0, waiting: new Set() }
    this.#scopes.set(name, scope)
    return scope
  }
}
