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
  readonly #noted = new Map<DirectoryComponent, { readonly failures: ComponentFailures; readonly describedAt: number }>()
  /** What failed last; `null`: nothing has. */
  latest: ComponentFailures | null = null

  note(component: DirectoryComponent, reason: string, describe: () => string, now: number): void {
    const known = this.#noted.get(component)
    const elapsed = now - (known?.describedAt ?? -Infinity)
    const isDescribed = known?.failures.reason === reason && elapsed >= 0 && elapsed < describedAgainMilliseconds
    const cause = isDescribed ? known.failures.cause : describe()
    this.latest = { component, count: (known?.failures.count ?? 0) + 1, latestAt: new Date(now), reason, cause }
    this.#noted.set(component, { failures: this.latest, describedAt: isDescribed ? known.describedAt : now })
  }

  list(): readonly ComponentFailures[] {
    return Array.from(this.#noted.values(), ({ failures }) => failures)
  }
}
