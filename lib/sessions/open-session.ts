import type { EventDetails } from '../event-raiser.js'
import type { DirectoryUser } from '../providers/directory-provider.js'
import { emptyStorage } from './session-storage.js'
import type { NewSessionRecord, SessionRecord } from './session-store.js'

/** A session in the hands of one request: the id, what is known of it, and whether it is known to have ended. Never leaves the package. */
export interface OpenSession {
  readonly id: string
  record: SessionRecord
  ended: boolean
}

export type SessionOrigin = Pick<SessionRecord, 'ip' | 'userAgent'>

/** What opens a signed-in session. `storage` makes the new session's text out of the one that it carries on. */
export interface SessionLogin {
  readonly user: DirectoryUser
  /** When it was proved who this is; `null`: now. */
  readonly authenticatedAt: number | null
  readonly idleMilliseconds: number
  readonly rememberMe: boolean | null
  /** When it ends, however active; absent: `absoluteMinutes` from now. */
  readonly absoluteEndAt?: number
  readonly storage: (carried: string) => string
}

/** What every session's record is made with. */
export interface RecordLimits {
  readonly idleMilliseconds: number
  readonly absoluteMilliseconds: number
  readonly now: () => number
}

/** The record of a session that is to open: a user's, or a guest's where there is no login. */
export function newRecord(
  handle: string,
  origin: SessionOrigin,
  login: SessionLogin | null,
  storage: string,
  { idleMilliseconds, absoluteMilliseconds, now }: RecordLimits
): NewSessionRecord {
  const createdAt = now()
  return {
    handle,
    user: login?.user ?? null,
    createdAt,
    authenticatedAt: login ? (login.authenticatedAt ?? createdAt) : null,
    idleMilliseconds: login?.idleMilliseconds ?? idleMilliseconds,
    absoluteEndAt: login?.absoluteEndAt ?? createdAt + absoluteMilliseconds,
    rememberMe: login?.rememberMe ?? null,
    ip: origin.ip,
    userAgent: origin.userAgent,
    storage
  }
}

/**
 * Why sessions end before their time, and what tells of it: `contradiction` (two users in one request), `unsent` (a guest whose cookie did not go out),
 * `unanswered` (a login whose answer had gone out before it was done).
 */
export const endingEvents = {
  logout: 'authn_token_revoked',
  revalidation: 'authn_token_revoked',
  contradiction: 'malicious_extraneous',
  unsent: 'session_expired',
  unanswered: 'authn_token_revoked'
} as const

export type Ending = keyof typeof endingEvents

/** Of a session, what its events tell. */
export function describeSession(
  record: Pick<SessionRecord, 'handle' | 'user' | 'ip' | 'userAgent'>
): EventDetails & { readonly ip: string } {
  return {
    handle: record.handle,
    userName: record.user?.userName ?? '',
    userID: record.user?.ID ?? null,
    ip: record.ip,
    userAgent: record.userAgent
  }
}

/** The live ones of the sessions that were asked for. */
export function heldSessions(ids: readonly string[], records: readonly (SessionRecord | null)[]): readonly OpenSession[] {
  const held: OpenSession[] = []
  ids.forEach((id, index) => {
    const record = records[index]
    if (record) held.push({ id, record, ended: false })
  })
  return held
}

/** What a login carries on: what a guest has stored, and what the same user has; another user starts empty. */
export function carriedBy(replaced: OpenSession | null, user: DirectoryUser): string {
  const before = replaced?.record
  return before && (before.user === null || before.user.ID === user.ID) ? before.storage : emptyStorage
}
