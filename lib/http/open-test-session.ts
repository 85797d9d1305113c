import { checkUser } from '../providers/directory-user.js'
import { readAdded } from '../sessions/session-storage.js'
import { type OpenSessionOptions, readLoginOptions } from './login-options.js'
import type { RequestServices } from './request-services.js'

/** Who opened it, as listings and events show it. */
const origin = { ip: '127.0.0.1', userAgent: 'express-4d-directory/testing' }

/** A session that somebody has logged in to, and the `Cookie` header that stands for it. */
export interface OpenedSession {
  /** `WASID4D=...`, under the directory's own name and signed where its cookies are: for supertest's `.set('Cookie', cookie)`. */
  readonly cookie: string
  /** Names the session in `directory.sessions` and in events. */
  readonly handle: string
}

/** Opens the session of a user for a host's test: as a login would, without its password, `mayLogIn` and `onLogin`. */
export async function openTestSession(services: RequestServices, user: unknown, options: OpenSessionOptions): Promise<OpenedSession> {
  const { cookie, keeper, length, maxStorageBytes, revalidation } = services
  const known = checkUser(user, 'openSession')
  const { authenticatedAt, idleMinutes, rememberMe } = readLoginOptions(options, 'openSession', length)
  const storage = readAdded(options.storage, maxStorageBytes)
  const idleMilliseconds = Math.round((idleMinutes ?? length.idleMinutes) * 60_000)
  revalidation.forget(known.ID)
  const opened = await keeper.open(origin, { user: known, authenticatedAt, idleMilliseconds, rememberMe, storage: () => storage }, null)
  const [setCookie = ''] = cookie.write(opened.id, null, () => false)
  return { cookie: setCookie.slice(0, setCookie.indexOf(';')), handle: opened.record.handle }
}
