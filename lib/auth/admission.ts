import { DirectoryError } from '../errors.js'
import type { EventRaiser } from '../event-raiser.js'
import { WatchedCalls } from '../watched-calls.js'
import { withinDeadline } from '../within-deadline.js'
import type { DirectoryUser } from '../providers/directory-provider.js'

/** The host's say in who may log in, of those who have proved who they are: `mayLogIn`. */
export class Admission<Attempt> {
  readonly #mayLogIn: ((user: DirectoryUser, attempt: Attempt) => unknown) | null
  readonly #timeoutMilliseconds: number
  readonly #events: EventRaiser
  readonly #calls: WatchedCalls

  constructor(
    mayLogIn: ((user: DirectoryUser, attempt: Attempt) => unknown) | null,
    timeoutMilliseconds: number,
    events: EventRaiser,
    calls = new WatchedCalls('provider')
  ) {
    this.#mayLogIn = mayLogIn
    this.#timeoutMilliseconds = timeoutMilliseconds
    this.#events = events
    this.#calls = calls
  }

  /**
   * Only `true` admits.
   *
   * @throws DirectoryError 503 when the host fails, is late, or says neither `true` nor `false`: nobody is let in by that, and nobody is refused.
   */
  async admits(user: DirectoryUser, attempt: Attempt): Promise<boolean> {
    const mayLogIn = this.#mayLogIn
    if (mayLogIn === null) return true
    try {
      const late = () => new Error(`mayLogIn did not answer within ${this.#timeoutMilliseconds} ms`)
      const ask = () => withinDeadline(() => mayLogIn(user, attempt), this.#timeoutMilliseconds, late)
      const answer = await this.#calls.run('mayLogIn', ask)
      if (typeof answer === 'boolean') return answer
      throw new TypeError(`mayLogIn must answer true or false, received ${answer === null ? 'null' : `a value of type ${typeof answer}`}`)
    } catch (cause) {
      const details = { userName: user.userName, userID: user.ID, component: 'provider', cause, reason: 'mayLogIn failed' } as const
      this.#events.raise('sys_degraded', details)
      throw new DirectoryError('ERR_PROVIDER_UNAVAILABLE', 'Could not check whether this user may log in', { cause })
    }
  }
}
