import { DirectoryError } from '../errors.js'
import type { EventRaiser } from '../event-raiser.js'
import type { WatchedCalls } from '../watched-calls.js'
import { withinDeadline } from '../within-deadline.js'
import type { DirectoryUser } from '../providers/directory-provider.js'

/** Whether somebody who has proved who they are may log in, by the host's `mayLogIn`. */
export type Admits<Attempt> = (user: DirectoryUser, attempt: Attempt) => Promise<boolean>

/**
 * Asks `mayLogIn`, of which only `true` admits; `null`: everybody is admitted.
 *
 * @throws DirectoryError 503 when the host fails, is late, or says neither `true` nor `false`: nobody is let in by that, and nobody is refused.
 */
export function admission<Attempt>(
  mayLogIn: ((user: DirectoryUser, attempt: Attempt) => unknown) | null,
  timeoutMilliseconds: number,
  events: EventRaiser,
  calls: WatchedCalls
): Admits<Attempt> {
  if (mayLogIn === null) return () => Promise.resolve(true)
  return async function admits(user, attempt) {
    try {
      const late = () => new Error(`mayLogIn did not answer within ${timeoutMilliseconds} ms`)
      const answer = await calls.run('mayLogIn', () => withinDeadline(() => mayLogIn(user, attempt), timeoutMilliseconds, late))
      if (typeof answer === 'boolean') return answer
      throw new TypeError(`mayLogIn must answer true or false, received ${answer === null ? 'null' : `a value of type ${typeof answer}`}`)
    } catch (cause) {
      const details = { userName: user.userName, userID: user.ID, component: 'provider', cause, reason: 'mayLogIn failed' } as const
      events.raise('sys_degraded', details)
      throw new DirectoryError('ERR_PROVIDER_UNAVAILABLE', 'Could not check whether this user may log in', { cause })
    }
  }
}
