import type { Request } from 'express'

import { DirectoryError } from '../errors.js'
import type { EventRaiser } from '../event-raiser.js'
import type { DirectoryUser } from '../providers/directory-provider.js'
import { emptyStorage, readAdded } from '../sessions/session-storage.js'
import type { WatchedCalls } from '../watched-calls.js'
import { withinDeadline } from '../within-deadline.js'
import type { OnLogin } from './request-directory.js'

export interface LoginGreetingParts {
  readonly onLogin: OnLogin | null
  readonly timeoutMilliseconds: number
  readonly maxStorageBytes: number
  readonly events: EventRaiser
  readonly calls: WatchedCalls
}

/** What the host gives a new session to begin with: `onLogin`. */
export class LoginGreeting {
  readonly #parts: LoginGreetingParts

  constructor(parts: LoginGreetingParts) {
    this.#parts = parts
  }

  /**
   * What is to be stored, as text. An error of the host's own is handed on as it is.
   *
   * @throws DirectoryError 503 when the host does not answer in time: a login must not wait for ever.
   */
  async ask(user: DirectoryUser, req: Request): Promise<string> {
    const { calls, maxStorageBytes, onLogin, timeoutMilliseconds } = this.#parts
    if (onLogin === null) return emptyStorage
    const ask = () =>
      withinDeadline(
        () => onLogin(user, req),
        timeoutMilliseconds,
        () => this.#tellLate(user)
      )
    return readAdded(await calls.run('onLogin', ask), maxStorageBytes)
  }

  #tellLate({ ID, userName }: DirectoryUser): DirectoryError {
    const reason = `onLogin did not answer within ${this.#parts.timeoutMilliseconds} ms`
    const cause = new DirectoryError('ERR_PROVIDER_UNAVAILABLE', reason)
    this.#parts.events.raise('sys_degraded', { component: 'provider', userName, userID: ID, cause, reason })
    return cause
  }
}
