import type { Credentials, DirectoryUser } from '../providers/directory-provider.js'
import { checkUser } from '../providers/directory-user.js'
import type { ServedExchange } from './request-services.js'

/** Who has logged in, and when it was proved. `null`: now. */
export interface LoginProof {
  readonly user: DirectoryUser
  readonly authenticatedAt: number | null
}

/** Finds out whose the credentials are; `null`: nobody's. Whoever hangs up meanwhile leaves the queue of the hashes. */
export async function logIn({ facts, res, services }: ServedExchange, credentials: Credentials): Promise<LoginProof | null> {
  const hangUp = new AbortController()
  // `close` comes after a complete answer too: then nobody has hung up.
  const onClose = () => {
    if (res?.writableEnded === false) hangUp.abort()
  }
  // Whoever hung up while the session was looked up is told of no more.
  if (res?.closed) onClose()
  res?.once('close', onClose)
  try {
    const user = await services.authenticator.authenticate(credentials, { ...facts.origin, signal: hangUp.signal })
    return user && { user, authenticatedAt: null }
  } finally {
    res?.off('close', onClose)
  }
}

/** Checks a user whom the host knows by other means, and tells the audit trail. */
export function introduce({ facts, services }: ServedExchange, user: DirectoryUser, by: string | null): DirectoryUser {
  const known = checkUser(user, 'signIn')
  services.events.raise('authn_login_success', { ...facts.origin, userName: known.userName, userID: known.ID, reason: 'signIn', by })
  return known
}
