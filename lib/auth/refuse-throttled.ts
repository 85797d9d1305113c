import { DirectoryError } from '../errors.js'
import type { LoginEvents, LoginOrigin, Named } from './login-events.js'
import type { LoginRefusal } from './throttle/login-throttle.js'

/** The answer to an attempt that has to wait, told to the audit trail. */
export function refuseThrottled(
  { limit, retryAfterSeconds }: Omit<LoginRefusal, 'allowed'>,
  named: Named,
  origin: LoginOrigin,
  events: LoginEvents
): DirectoryError {
  events.throttled(named, origin, limit)
  return new DirectoryError('ERR_THROTTLED', 'Too many failed logins: wait before the next one', { retryAfterSeconds })
}
