import { DirectoryError } from '../errors.js'
import type { EventRaiser } from '../event-raiser.js'
import type { DirectoryUser } from '../providers/directory-provider.js'
import type { LoginRefusal, LoginSettlement } from './throttle/login-throttle.js'

/** Who tries to log in, from where, and by which way in. */
export interface LoginOrigin {
  readonly ip: string
  readonly userAgent: string
  /** Aborted when the client hangs up. */
  readonly signal: AbortSignal
  /** For the events. Absent: they say nothing of it. */
  readonly by?: string
}

/** What events say of it. */
type TellableOrigin = Omit<LoginOrigin, 'signal'>

/** Who is meant, as far as it is known. */
export type Named = Pick<DirectoryUser, 'userName'> & Partial<Pick<DirectoryUser, 'ID'>>

/** Tells the audit trail of logins. Refusals for which nothing was hashed are told in bounded numbers. */
export class LoginEvents {
  readonly #events: EventRaiser

  constructor(events: EventRaiser) {
    this.#events = events
  }

  succeeded(user: DirectoryUser, origin: LoginOrigin): void {
    this.#events.raise('authn_login_success', describe(user, origin))
  }

  /** A failure that took work, and what it led to. `limit`: the count of the ID, which refused it, though the client may not know. */
  failed(
    named: Named,
    origin: LoginOrigin,
    settlement: LoginSettlement,
    why: { readonly reason: string } | { readonly limit: string }
  ): void {
    const details = describe(named, origin)
    this.#events.raise('limit' in why ? 'excess_rate_limit_exceeded' : 'authn_login_fail', { ...details, ...why })
    if (settlement.limited) this.#events.raise('authn_login_fail_max', details)
    if (settlement.locked) this.#events.raise('authn_login_lock', details)
  }

  refusedUnseen(named: Named, origin: TellableOrigin, reason: string): void {
    this.#events.raiseWithinBudget('authn_login_fail', { ...describe(named, origin), reason })
  }

  /** Tells of an attempt that has to wait. What to throw. */
  throttled({ limit, retryAfterSeconds }: Omit<LoginRefusal, 'allowed'>, named: Named, origin: LoginOrigin): DirectoryError {
    this.#events.raiseWithinBudget('excess_rate_limit_exceeded', { ...describe(named, origin), limit, reason: `logins ${limit}` })
    return new DirectoryError('ERR_THROTTLED', 'Too many failed logins: wait before the next one', { retryAfterSeconds })
  }

  /** The hasher could not do its work. A full queue costs its senders nothing either. */
  unhashed(
    named: Named,
    origin: LoginOrigin,
    failure: { readonly reason: string; readonly cause: unknown; readonly secrets: readonly string[] }
  ): void {
    this.#events.raiseWithinBudget('sys_degraded', { ...describe(named, origin), component: 'passwords', ...failure })
  }
}

function describe({ userName, ID }: Named, { ip, userAgent, by }: TellableOrigin) {
  return { userName, userID: ID ?? null, ip, userAgent, by: by ?? null }
}
