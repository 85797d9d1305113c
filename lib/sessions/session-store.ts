import type { DirectoryUser } from '../providers/directory-provider.js'

export { toleratedClockLeadMilliseconds } from '../clocks.js'

/**
 * A session as a store keeps it. Times are milliseconds since 1970 on the caller's clock. The id is not in it: ids are secrets, and
 * travel as separate arguments.
 */
export interface SessionRecord {
  /** Names the session in listings and logs; unique, and tells nothing of the id. */
  readonly handle: string
  /** `null` for a guest. With its `attributes`, where it has any: JSON. */
  readonly user: DirectoryUser | null
  readonly createdAt: number
  /** `null` for a guest. */
  readonly authenticatedAt: number | null
  /** The last slide that was written. */
  readonly lastSeenAt: number
  /** How long the session lives without a request. */
  readonly idleMilliseconds: number
  /** When the session ends, however active. */
  readonly absoluteEndAt: number
  /** Whether its cookie has come back at least once. */
  readonly confirmed: boolean
  /** What the login said of a cookie that outlives the browser; `null`: nothing, so `cookie.persistent` decides. */
  readonly rememberMe: boolean | null
  /** Where it was opened from. */
  readonly ip: string
  /** What opened it; at most 200 characters. */
  readonly userAgent: string
  /** Raised by one with each update of `storage`; starts at 0. */
  readonly version: number
  /** A JSON object as text, so that what is stored is a copy wherever it is stored. */
  readonly storage: string
}

/** What `create` is given: a record that nobody has seen yet. `lastSeenAt` is `createdAt`, `confirmed` false and `version` 0. */
export type NewSessionRecord = Omit<SessionRecord, 'lastSeenAt' | 'confirmed' | 'version'>

/**
 * What a store keeps of a user. Member by member: what a provider returns may carry more, such as the hash of a password, and `attributes` need not be
 * enumerable.
 */
export function storedUser({ ID, userName, fullName, attributes }: DirectoryUser): DirectoryUser {
  return { ID, userName, fullName, ...(attributes && Object.keys(attributes).length > 0 && { attributes }) }
}

/** Licences. `Infinity` where there is no limit. */
export interface SessionQuotas {
  /** All sessions, guests included. */
  readonly sessions: number
  /** Sessions of guests. */
  readonly guestSessions: number
  /** Sessions of users alone: licences that guests do not take, as 4D counts them under force login. */
  readonly signedInSessions: number
  /** Sessions of one user. */
  readonly sessionsPerUser: number
  /** What a further login of a user does whose `sessionsPerUser` are taken: end those with the oldest `authenticatedAt`, or be refused. */
  readonly whenUserIsFull: 'end-oldest' | 'refuse'
}

/** What a new session takes the place of. */
export interface ReplacedSession {
  readonly id: string
  /** The version of it that the caller has read. */
  readonly version: number
  /** `true`: where it has ended, nothing opens, so that a logout in between is not undone. Default `false`: a login opens a session of its own. */
  readonly mustLive?: boolean
}

/** What has become of a session that was to open. */
export type CreateOutcome = 'created' | 'ended' | 'conflict' | 'full' | 'user-full'

/** What `create` is told beside the record. */
export interface CreateOptions {
  /** The login's own session or guest, which ends in the same step; `null`: there is none. */
  readonly replaces: ReplacedSession | null
  /** The licences that there are. */
  readonly quotas: SessionQuotas
  /** The caller's time, in milliseconds since 1970. */
  readonly now: number
}

/** How many sessions are live. */
export interface SessionCounts {
  /** Those of users. */
  readonly signedIn: number
  /** Those of guests. */
  readonly guests: number
  /** How many of these have not come back once: their cookie may have been dropped. */
  readonly unconfirmed: { readonly signedIn: number; readonly guests: number }
}

/** A session that a store has removed of its own accord, told once, by the process that removed it. */
export interface RemovedSession {
  /** The session as it was last. */
  readonly record: SessionRecord
  /**
   * `replaced` (by a login), `idle` and `absolute` (time), `evicted` (the store's budget), `reclaimed` (a quota was full), `user-full` (the oldest of a user
   * who has too many).
   */
  readonly reason: 'replaced' | 'idle' | 'absolute' | 'evicted' | 'reclaimed' | 'user-full'
}

/** The point from which a session is over: at that millisecond it is gone. */
export function expiresAt(record: Pick<SessionRecord, 'lastSeenAt' | 'idleMilliseconds' | 'absoluteEndAt'>): number {
  return Math.min(record.lastSeenAt + record.idleMilliseconds, record.absoluteEndAt)
}

/** Why a session that is past `expiresAt` is over. */
export function expiryReason(record: Pick<SessionRecord, 'lastSeenAt' | 'idleMilliseconds' | 'absoluteEndAt'>): 'idle' | 'absolute' {
  return record.lastSeenAt + record.idleMilliseconds < record.absoluteEndAt ? 'idle' : 'absolute'
}

/** A session whose cookie has not come back for longer than this may be reclaimed when a quota is full. */
export const unconfirmedGraceMilliseconds = 60_000

/** How many unconfirmed sign-ins one user may have; a further one ends the oldest of them. */
export const mostUnconfirmedPerUser = 100

/**
 * After which time since the last slide a request has to slide the session again: the smaller of the store's `slideMilliseconds` and a tenth of the
 * session's idle time. 0: every request slides.
 */
export function slideIntervalMilliseconds(idleMilliseconds: number, slideMilliseconds: number): number {
  return Math.min(slideMilliseconds, idleMilliseconds / 10)
}

/**
 * Where sessions are kept. `behavesLikeASessionStore` holds an implementation to every promise that is made here. Free to change until 1.0.
 *
 * A store that cannot answer rejects; the caller answers 503. `null`, `'ended'` and `false` mean that there is no such session. What was
 * rejected must not happen later. Ids are 32 upper-case hex digits (the caller checks); a store outside the process's memory keeps
 * their SHA-256. Expired records never count, never resume, and give their places back without being visited.
 *
 * A clock that is put back hurts nobody. A record whose `createdAt` or `lastSeenAt` is more than `toleratedClockLeadMilliseconds` ahead of `now` was written
 * by a clock that ran ahead. When any verb meets it, these times become `now`, `absoluteEndAt` moves with `createdAt`, and it is written so, once.
 * `authenticatedAt` stays: the caller takes one in the future for older than any change of credentials.
 */
export interface SessionStore {
  /**
   * Opens a session, as one atomic step. In this order: if no record lives under `replaces.id` and `replaces.mustLive` is set, the answer is `'ended'`; if
   * one lives with another version than `replaces.version`, the answer is `'conflict'` (its storage, which the new record carries on, has changed meanwhile); else it frees its place; a signed-in user with
   * `quotas.sessionsPerUser` other sessions is refused with `'user-full'`, or gives up those with the oldest `authenticatedAt`
   * (`'end-oldest'`): one, or more where the quota was larger before; then `guestSessions`, `signedInSessions` and `sessions` are looked at, then the
   * store's own budgets.
   *
   * *Forgotten* are unconfirmed sessions whose `createdAt` is more than `unconfirmedGraceMilliseconds` ago. What makes room (`reclaimed`), one session at a time:
   *
   * - `guestSessions` full: a forgotten guest.
   * - `signedInSessions` full: the oldest forgotten sign-in.
   * - `sessions` full: for a login the oldest of all that is forgotten, guest or sign-in, else the guest that has been idle longest; for a guest a forgotten
   *   guest, else a forgotten sign-in.
   *
   * The store's budgets (`evicted`):
   *
   * - guests, `maxGuests`: unconfirmed guests that stored nothing (`storage` is `{}`), oldest first; then other unconfirmed guests, oldest first; then
   *   confirmed guests, idle longest first. A store outside the process may count its guests in batches, and be over or under by a twentieth of its budget for
   *   a moment; it never removes a confirmed guest while there is an unconfirmed one.
   * - unconfirmed sign-ins: a user's oldest where that user has `mostUnconfirmedPerUser`; then the oldest of all where there are `maxUnconfirmed`, however young.
   *   Exact in memory; elsewhere within a twentieth.
   * - a budget of signed-in sessions, where a store has one: the oldest unconfirmed sign-in.
   *
   * Confirmed signed-in sessions are never removed for room. No room: `'full'`. When the answer is not `'created'`, nothing has changed and the
   * record under `replaces.id` lives on.
   */
  create(id: string, record: NewSessionRecord, options: CreateOptions): Promise<CreateOutcome>

  /**
   * Reads the live records of these ids (up to 32), in the order of `ids`, `null` where there is none, as they are stored. Slides those whose last slide is
   * `slideIntervalMilliseconds` ago: `lastSeenAt` becomes `now`, and never an earlier time than it was. Confirms, always at once, those whose cookie comes back
   * for the first time, and may slide them then. A store in this process's memory may answer without a promise.
   */
  resume(ids: readonly string[], now: number): readonly (SessionRecord | null)[] | Promise<readonly (SessionRecord | null)[]>

  /** Replaces `storage` if `version` is still the record's. Does not slide. Never brings an ended session back. */
  update(id: string, version: number, storage: string, now: number): Promise<'updated' | 'conflict' | 'ended'>

  /** Reads without sliding: what `update` retries from. */
  read(id: string, now: number): Promise<SessionRecord | null>

  /** Ends the sessions of these ids (up to 32) for good, in one step, and gives their places back. The records that were live, `null` for the others. */
  end(ids: readonly string[], now: number): Promise<readonly (SessionRecord | null)[]>

  /** The same for one, by its handle. */
  endByHandle(handle: string, now: number): Promise<SessionRecord | null>

  /** The live sessions, all or one user's, in no order. What comes or goes meanwhile may or may not be among them. */
  list(filter: { readonly userID?: string }, now: number): AsyncIterable<SessionRecord>

  /** How many live sessions there are, exactly. */
  count(now: number): Promise<SessionCounts>

  /** By how many milliseconds a slide may be late. Optional, default 0: every request slides. */
  readonly slideMilliseconds?: number

  /** Within how many milliseconds every call is answered or rejected; an update retries its conflicts for as long. Optional, default 1000. */
  readonly timeoutMilliseconds?: number

  /**
   * Adds a listener for what this process's calls remove beside what they were asked to end: expired, evicted, reclaimed and replaced sessions. All
   * listeners hear of each; one that throws harms neither the caller nor the others. Optional: without it no `session_expired` events are raised.
   */
  watchRemovals?(listener: (removed: RemovedSession) => void): void

  /** Ends what the store itself opened: never a client that it was given. Optional. */
  close?(): Promise<void>
}
