import { readerOf } from '../checks/member-reader.js'
import type { SessionLengthPolicy } from './credentials.js'

/** What a login through `req.directory` may set. */
export interface LoginOptions {
  /** Minutes that the session lives without a request, up to `session.absoluteMinutes`. Default `session.idleMinutes`. */
  readonly idleMinutes?: number | undefined
}

/** @throws TypeError */
export function readIdleMinutes(options: LoginOptions, length: SessionLengthPolicy): number {
  const reader = readerOf(options, ['idleMinutes'], 'login(credentials, { idleMinutes: 60 })')
  const { absoluteMinutes, idleMinutes } = length
  return reader.positiveNumber('idleMinutes', { upTo: absoluteMinutes, limit: 'session.absoluteMinutes', unit: 'minutes' }, idleMinutes)
}
