import { describeValue } from '../checks/describe-value.js'
import type { RestDirectory } from '../directory-router.js'
import { openSessionKey } from '../http/contract.js'
import type { OpenSessionOptions } from '../http/login-options.js'
import type { OpenedSession } from '../http/open-test-session.js'
import type { ProvidedUser } from '../providers/directory-provider.js'

type Open = (user: ProvidedUser, options: OpenSessionOptions) => Promise<OpenedSession>

/**
 * Logs a user in for a test, without a password and so without hashing: `supertest(app).get('/').set('Cookie', (await openSession(directory, user)).cookie)`.
 *
 * The session is a real one: quotas hold, the store keeps it, `directory.sessions` lists it, and where the provider has `findUserByID` the user has to be one that
 * it finds. `onLogin` and `mayLogIn` are not asked, and no login stands in the audit trail.
 *
 * @throws Error under `NODE_ENV=production`.
 * @throws TypeError for a user or options that are none.
 * @throws DirectoryError 402 where no place is left, 503 when the store does not answer.
 */
export async function openSession(directory: RestDirectory, user: ProvidedUser, options: OpenSessionOptions = {}): Promise<OpenedSession> {
  refuseInProduction('openSession')
  const open = (directory as Partial<RestDirectory & { readonly [openSessionKey]: Open }> | undefined)?.[openSessionKey]
  if (open === undefined)
    throw new TypeError(`openSession takes what directoryRouter(options) has returned, received ${describeValue(directory)}`)
  return open(user, options)
}

/** @throws Error where the program runs as people use it: what logs in without a password has no place there. */
export function refuseInProduction(name: string): void {
  if (process.env['NODE_ENV'] !== 'production') return
  throw new Error(`${name} is for tests: it logs in without a password, and refuses to under NODE_ENV=production`)
}
