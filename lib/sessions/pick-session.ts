import type { OpenSession } from './session-keeper.js'

/** Which of several live sessions a request is served in, and which contradict each other. */
export interface PickedSession {
  /** `null`: the request is nobody's. */
  readonly session: OpenSession | null
  /** Whether a login may carry on what the session has stored. */
  readonly mayBeCarriedOn: boolean
  /** Sessions of several users, all of which have to end. */
  readonly contradicting: readonly OpenSession[]
}

/**
 * A signed-in session beats guests: a planted guest's cookie must not hide the valid one. Of several sessions of one user the latest login counts. Sessions of
 * two users cannot both be right, and to serve either would let whoever plants a cookie choose the account that the visitor works in, or lock the visitor out for
 * good: so all of them end. Where several guests come, any of them may have been planted: none is carried into a login.
 */
export function pickSession(live: readonly OpenSession[]): PickedSession {
  const signedIn = live.filter(({ record }) => record.user !== null)
  const [latest, ...others] = signedIn.length > 1 ? signedIn.toSorted(byLatestLogin) : signedIn
  if (latest === undefined) return { session: live[0] ?? null, mayBeCarriedOn: live.length === 1, contradicting: [] }
  const isOneUser = others.every(({ record }) => record.user?.ID === latest.record.user?.ID)
  return isOneUser
    ? { session: latest, mayBeCarriedOn: true, contradicting: [] }
    : { session: null, mayBeCarriedOn: false, contradicting: signedIn }
}

function byLatestLogin(a: OpenSession, b: OpenSession): number {
  return (b.record.authenticatedAt ?? 0) - (a.record.authenticatedAt ?? 0)
}
