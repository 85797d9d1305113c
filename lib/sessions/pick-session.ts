import type { OpenSession } from './open-session.js'

/** Which of several live sessions a request is served in, and which contradict each other. */
export interface PickedSession {
  /** `null`: the request is nobody's. */
  readonly session: OpenSession | null
  /** Whether a login may carry on what the session has stored. */
  readonly mayBeCarriedOn: boolean
  /** What a logout ends. */
  readonly candidates: readonly OpenSession[]
  /** Sessions of several users, all of which have to end. */
  readonly contradicting: readonly OpenSession[]
}

/**
 * A signed-in session beats guests: a planted guest's cookie must not hide the valid one. Of several sessions of one user the latest login counts. Sessions of
 * two users cannot both be right, and to serve either would let whoever plants a cookie choose the account that the visitor works in, or lock the visitor out for
 * good: so all of them end. Where several guests come, any of them may have been planted: none is carried into a login.
 *
 * Where name and alias hold two users, two apps share a store, as those of 4D under one host do: each has its name, neither attacks the other, and the alias decides.
 */
export function pickSession(live: readonly OpenSession[], aliasIds: ReadonlySet<string> | null = null): PickedSession {
  const picked = pickFrom(live)
  if (picked.contradicting.length === 0 || aliasIds === null) return picked
  const ofAlias = pickFrom(live.filter(({ id }) => aliasIds.has(id)))
  return ofAlias.session === null ? picked : { ...ofAlias, candidates: [ofAlias.session] }
}

function pickFrom(live: readonly OpenSession[]): PickedSession {
  const signedIn = live.filter(({ record }) => record.user !== null)
  const [latest, ...others] = signedIn.length > 1 ? signedIn.toSorted(byLatestLogin) : signedIn
  if (latest === undefined) return { session: live[0] ?? null, mayBeCarriedOn: live.length === 1, candidates: live, contradicting: [] }
  const isOneUser = others.every(({ record }) => record.user?.ID === latest.record.user?.ID)
  return isOneUser
    ? { session: latest, mayBeCarriedOn: true, candidates: live, contradicting: [] }
    : { session: null, mayBeCarriedOn: false, candidates: live, contradicting: signedIn }
}

function byLatestLogin(a: OpenSession, b: OpenSession): number {
  return (b.record.authenticatedAt ?? 0) - (a.record.authenticatedAt ?? 0)
}
