import type { Request } from 'express'

import type { LoginOrigin } from '../auth/login-events.js'
import type { Admit, Authentication } from '../auth/prove-password.js'
import type { Credentials } from '../providers/directory-provider.js'
import type { LoginWay } from './host-callbacks.js'
import type { RequestState } from './request-state.js'
import { originOf } from './warn-of-host.js'

/** Finds out whose the credentials are; `null`: nobody's, or those of somebody whom the host does not let in. */
export function logIn(request: RequestState, credentials: Credentials, by: LoginWay['by']): Promise<Authentication | null> {
  const { authenticator } = request.services
  return untilHangUp(request, by, (origin) => authenticator.authenticate(credentials, origin, admitBy(request, by)))
}

/** Asks `mayLogIn`. */
export function admitBy({ facts, services }: RequestState, by: LoginWay['by']): Admit {
  return (user) => services.admits(user, { req: facts.message as Request, by })
}

/** Asks the authenticator. Whoever hangs up meanwhile leaves the queue of the hashes. */
export async function untilHangUp<T>(request: RequestState, by: string, work: (origin: LoginOrigin) => Promise<T>): Promise<T> {
  const { res } = request
  const hangUp = new AbortController()
  // `close` comes after a complete answer too: then nobody has hung up.
  const onClose = () => {
    if (res?.writableEnded === false) hangUp.abort()
  }
  // Whoever hung up while the session was looked up is told of no more.
  if (res?.closed) onClose()
  res?.once('close', onClose)
  try {
    return await work({ ...originOf(request), signal: hangUp.signal, by })
  } finally {
    // Under its older name, which mocks have too.
    res?.removeListener('close', onClose)
  }
}
