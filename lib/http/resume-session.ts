import type { OpenSession, SessionKeeper, SessionOrigin } from '../sessions/session-keeper.js'
import type { DirectoryUser } from '../providers/directory-provider.js'
import type { UserRevalidation } from '../auth/revalidate-users.js'
import type { SessionCookie } from './session-cookie.js'

export interface ResumingServices {
  readonly cookie: SessionCookie
  readonly keeper: SessionKeeper
  readonly revalidation: UserRevalidation
}

/** The session that a `Cookie` header stands for, slid, if one lives and its user still may use it. */
export async function resumeSession(
  cookieHeader: string | undefined,
  describeOrigin: () => SessionOrigin,
  { cookie, keeper, revalidation }: ResumingServices
): Promise<{ readonly kept: OpenSession; readonly user: DirectoryUser | null } | null> {
  const ids = cookie.candidates(cookieHeader)
  if (ids.length === 0) return null
  const kept = await keeper.resume(ids, describeOrigin)
  if (kept === null) return null
  const { user, authenticatedAt } = kept.record
  if (user === null) return { kept, user: null }
  const verdict = revalidation.check(user, authenticatedAt ?? 0)
  const found = verdict instanceof Promise ? await verdict : verdict
  if (found !== null) return { kept, user: found }
  await keeper.end(kept, 'revalidation')
  return null
}
