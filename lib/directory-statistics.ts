import type { ComponentFailures } from './failure-notes.js'
import type { LoginStatistics } from './http/login-counts.js'
import type { BcryptPoolStatistics } from './passwords/password-hasher.js'
import type { SessionCounts, SessionQuotas } from './sessions/session-store.js'
import type { CallStatistics } from './watched-calls.js'

/** What a directory has and does: for dashboards, alarms and health pages. Counts begin with the directory, in this process. */
export interface DirectoryStatistics {
  /** When this was looked at, on the clock of the directory. */
  readonly at: Date
  /** How many sessions live, in all processes that share the store; `null`: the store cannot tell. */
  readonly sessions: SessionCounts | null
  /** `Infinity`: no limit. */
  readonly quotas: SessionQuotas
  /** How often a live session's user is looked up again, as the option says. */
  readonly revalidateSeconds: number
  /** Logins in this process, by what became of them. */
  readonly logins: LoginStatistics
  /** The threads and the queue of the hasher; `null` where it is the host's own and does not tell. */
  readonly passwords: BcryptPoolStatistics | null
  /** How many accounts have to wait after failed logins; `null`: there is no throttle, or it cannot tell. */
  readonly throttle: { readonly waiting: number } | null
  /** Calls of the session store. */
  readonly store: CallStatistics
  /** The provider, and what else the host decides: `mayLogIn`, `onLogin`. */
  readonly provider: CallStatistics
  /** What has failed, by component, and why the last time. */
  readonly failures: readonly ComponentFailures[]
}

const cachedMilliseconds = 1000

/** Looks at most once a second, on the clock of the directory, however often it is asked. */
export function askedOnceASecond<Answer>(look: () => Promise<Answer>, now: () => number): () => Promise<Answer> {
  let latest: { readonly at: number; readonly answer: Promise<Answer> } | null = null
  return function ask() {
    const at = now()
    const elapsed = at - (latest?.at ?? -Infinity)
    if (latest === null || elapsed < 0 || elapsed >= cachedMilliseconds) latest = { at, answer: look() }
    return latest.answer
  }
}
