import type { DirectoryComponent } from './events.js'

/** How often a part of the directory has failed, and why the last time. */
export interface ComponentFailures {
  /** The part that failed. */
  readonly component: DirectoryComponent
  /** How often, since the directory was made. */
  readonly count: number
  /** When last, on the clock of the directory. */
  readonly latestAt: Date
  /** What failed: `provider.findUser failed`. */
  readonly reason: string
  /** Class, code and the first 200 characters of the error beneath, without the secrets of the attempt; `''` where there was none. */
  readonly cause: string
}

/** A failure is described no more often than this: under load there are thousands of one kind. */
const describedAgainMilliseconds = 1000

/** What has failed since the directory was made, by component. */
export class FailureNotes {
  readonly #failures = new Map<DirectoryComponent, ComponentFailures & { readonly describedAt: number }>()

  #latest: DirectoryComponent | null = null

  note(component: DirectoryComponent, reason: string, describe: () => string, now: number): void {
    this.#latest = component
    const known = this.#failures.get(component)
    const elapsed = now - (known?.describedAt ?? -Infinity)
    const isDescribed = known?.reason === reason && elapsed >= 0 && elapsed < describedAgainMilliseconds
    const described = isDescribed ? known : { cause: describe(), describedAt: now }
    this.#failures.set(component, { component, reason, ...described, count: (known?.count ?? 0) + 1, latestAt: new Date(now) })
  }

  /** What failed last. */
  latest(): ComponentFailures | null {
    return this.#latest === null ? null : (this.list().find(({ component }) => component === this.#latest) ?? null)
  }

  list(): readonly ComponentFailures[] {
    return [...this.#failures.values()].map(({ component, count, latestAt, reason, cause }) => ({
      component,
      count,
      latestAt,
      reason,
      cause
    }))
  }
}
