import type { Request } from 'express'

import { DirectoryError } from '../errors.js'
import type { EventRaiser } from '../event-raiser.js'
import type { DirectoryUser } from '../providers/directory-provider.js'
import { emptyStorage, readAdded } from '../sessions/session-storage.js'
import type { WatchedCalls } from '../watched-calls.js'
import { withinDeadline } from '../within-deadline.js'
import type { OnLogin } from './request-directory.js'

/** What a new session of the user starts with, as text. */
export type Greet = (user: DirectoryUser, req: Request) => Promise<string>

/**
 * Asks `onLogin`; `null`: nothing is stored. An error of the host's own is handed on as it is.
 *
 * @throws DirectoryError 503 when the host does not answer in time: a login must not wait for ever.
 */
export function loginGreeting(
  onLogin: OnLogin | null,
  timeoutMilliseconds: number,
  maxStorageBytes: number,
  events: EventRaiser,
  calls: WatchedCalls
): Greet {
  if (onLogin === null) return () => Promise.resolve(emptyStorage)
  return async function greet(user, req) {
    const late = () => {
      const reason = `onLogin did not answer within ${timeoutMilliseconds} ms`
      const cause = new DirectoryError('ERR_PROVIDER_UNAVAILABLE', reason)
      events.raise('sys_degraded', { component: 'provider', userName: user.userName, userID: user.ID, cause, reason })
      return cause
    }
    return readAdded(await calls.run('onLogin', () => withinDeadline(() => onLogin(user, req), timeoutMilliseconds, late)), maxStorageBytes)
  }
}
