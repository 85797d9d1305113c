import { DirectoryError, type DirectoryErrorCode } from '../errors.js'
import { WatchedCalls } from '../watched-calls.js'
import type { LoginWay } from './host-callbacks.js'

/**
 * Logins since the directory was made, by what became of them. Wrong passwords of `verify` and `confirmPassword` and wrong second factors (`countFailure`) are
 * failures too, as their events say. A right `verify` is a first step: it counts when `signIn` completes the login.
 */
export interface LoginStatistics {
  /** Somebody was logged in. */
  readonly succeeded: number
  /** A wrong name, password or second factor, or a user whom the host does not let in: 401. */
  readonly failed: number
  /** Had to wait after failures: 429. */
  readonly throttled: number
  /** Found no licence: 402. */
  readonly full: number
  /** Sent by a page of another site: 403. */
  readonly crossSite: number
  /** Could not be decided: 503, or an error of the host's own. */
  readonly unavailable: number
}

/** A way in, or a step of one. */
type LoginStep = LoginWay['by'] | 'verify' | 'confirmPassword' | 'countFailure'

type LoginOutcome = keyof LoginStatistics

const outcomesOfErrors: Partial<Record<DirectoryErrorCode, LoginOutcome>> = {
  ERR_LOGIN_FAILED: 'failed',
  ERR_THROTTLED: 'throttled',
  ERR_SESSIONS_FULL: 'full',
  ERR_CROSS_SITE: 'crossSite'
}

/** Counts and traces logins, whichever way they come in. */
export class LoginCounts {
  readonly #calls = new WatchedCalls('login')
  readonly #counts = { succeeded: 0, failed: 0, throttled: 0, full: 0, crossSite: 0, unavailable: 0 }

  get statistics(): LoginStatistics {
    return { ...this.#counts }
  }

  /** Runs a login of that way in: `null` and `false` say that it was nobody's. */
  async run<T>(by: LoginStep, login: () => Promise<T>): Promise<T> {
    return this.#calls.run(by, () => this.#counted(by, login), { outcomeOf, outcomeOfError })
  }

  /** A login that nobody can be meant by, which takes no work. */
  noteIncomplete(): void {
    this.#counts.failed += 1
  }

  async #counted<T>(by: LoginStep, login: () => Promise<T>): Promise<T> {
    try {
      const answer = await login()
      const outcome = outcomeOf(answer)
      if (by !== 'verify' || outcome !== 'succeeded') this.#counts[outcome] += 1
      return answer
    } catch (error) {
      this.#counts[outcomeOfError(error)] += 1
      throw error
    }
  }
}

function outcomeOf(answer: unknown): LoginOutcome {
  return answer === null || answer === false ? 'failed' : 'succeeded'
}

function outcomeOfError(error: unknown): LoginOutcome {
  return (error instanceof DirectoryError ? outcomesOfErrors[error.code] : undefined) ?? 'unavailable'
}
