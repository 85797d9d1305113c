import { DirectoryError } from '../errors.js'
import type { EventRaiser } from '../event-raiser.js'
import type {
  LoginAttempt,
  LoginOutcome,
  LoginRefusal,
  LoginReservation,
  LoginSettlement,
  LoginThrottle,
  ProvenLogin
} from './throttle/login-throttle.js'
import { nothingHappened } from './throttle/rules.js'

const freePass: LoginReservation = { allowed: true, settle: () => Promise.resolve(nothingHappened) }

/** The directory's throttle, or none, on the directory's clock. One that cannot answer is a 503 with an event: never a refusal, and never a way in. */
export class CheckedThrottle {
  readonly #throttle: LoginThrottle | null
  readonly #events: EventRaiser
  readonly #now: () => number

  constructor(throttle: LoginThrottle | null, events: EventRaiser, now: () => number) {
    this.#throttle = throttle
    this.#events = events
    this.#now = now
  }

  reserve(attempt: Omit<LoginAttempt, 'now'>): Promise<LoginReservation | LoginRefusal> {
    return this.#ask(async (throttle) => throttle.reserve({ ...attempt, now: this.#now() }), freePass, [attempt.secret])
  }

  settle(reservation: LoginReservation, outcome: LoginOutcome): Promise<LoginSettlement> {
    return this.#ask(async () => reservation.settle(outcome, this.#now()), nothingHappened)
  }

  /** Of a login that is decided: the throttle only takes note. */
  async noteLogin(login: Omit<ProvenLogin, 'now'>): Promise<void> {
    await this.#ask(async (throttle) => throttle.noteLogin?.({ ...login, now: this.#now() }), undefined).catch(() => undefined)
  }

  /** Whether any of the accounts was locked or had to wait. */
  async unlock(accounts: Iterable<string>): Promise<boolean> {
    const unlocked: boolean[] = []
    for (const account of accounts) {
      unlocked.push(await this.#ask(async (throttle) => throttle.unlock(account, this.#now()), false))
    }
    return unlocked.includes(true)
  }

  /** How many accounts have to wait; `null`: it cannot be told. */
  async countWaiting(): Promise<number | null> {
    return this.#ask(async (throttle) => (await throttle.countWaiting?.(this.#now())) ?? null, null).catch(() => null)
  }

  async #ask<T>(question: (throttle: LoginThrottle) => Promise<T>, withoutThrottle: T, secrets: readonly string[] = []): Promise<T> {
    if (this.#throttle === null) return withoutThrottle
    try {
      return await question(this.#throttle)
    } catch (cause) {
      this.#events.raise('sys_degraded', { component: 'throttle', cause, reason: 'login throttle failed', secrets })
      if (cause instanceof DirectoryError) throw cause
      throw new DirectoryError('ERR_STORE_UNAVAILABLE', 'The login throttle could not answer', { cause })
    }
  }
}
