import type { DirectoryUser } from '../providers/directory-provider.js'

/**
 * A session as a store keeps it. Times are milliseconds since 1970 on the caller's clock. The id is not in it: ids are secrets, and
 * travel as separate arguments.
 */
export interface SessionRecord {
  /** Names the session in listings and logs; unique, and tells nothing of the id. */
  readonly handle: string
  /** `null` for a guest. */
  readonly user: DirectoryUser | null
  readonly createdAt: number
  /** `null` for a guest. */
  readonly authenticatedAt: number | null
  readonly lastSeenAt: number
  /** How long the session lives without a request. */
  readonly idleMilliseconds: number
  /** When the session ends, however active. */
  readonly absoluteEndAt: number
  /** Whether its cookie has come back at least once. */
  readonly confirmed: boolean
  readonly ip: string
  readonly userAgent: string
  /** Raised by one with each update of `storage`; starts at 0. */
  readonly version: number
  /** A JSON object as text, so that what is stored is a copy wherever it is stored. */
  readonly storage: string
}

/** What `create` is given: a record that nobody has seen yet. `lastSeenAt` is `createdAt`, `confirmed` false and `version` 0. */
export type NewSessionRecord = Omit<SessionRecord, 'lastSeenAt' | 'confirmed' | 'version'>

/** Licences. `Infinity` where there is no limit. */
export interface SessionQuotas {
  /** All sessions, guests included. */
  readonly sessions: number
  readonly guestSessions: number
  readonly sessionsPerUser: number
  /** What a further login of a user does whose `sessionsPerUser` are taken: end those with the oldest `authenticatedAt`, or be refused. */
  readonly whenUserIsFull: 'end-oldest' | 'refuse'
}

/** What `create` is told beside the record. */
export interface CreateOptions {
  /** The login's own session or guest, which ends in the same step, and the version of it that the caller has read. */
  readonly replaces: { readonly id: string; readonly version: number } | null
  readonly quotas: SessionQuotas
  readonly now: number
}

/** A session that a store has removed of its own accord, told once, by the process that removed it. */
export interface RemovedSession {
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

/**
 * Where sessions are kept. `behavesLikeASessionStore` holds an implementation to every promise that is made here. Free to change until 1.0.
 *
 * A store that cannot answer rejects; the caller answers 503. `null`, `'ended'` and `false` mean that there is no such session. What was
 * rejected must not happen later. Ids are 32 upper-case hex digits (the caller checks); a store outside the process's memory keeps
 * their SHA-256. Expired records never count, never resume, and give their places back without being visited.
 */
export interface SessionStore {
  /**
   * Opens a session, as one atomic step. In this order: if the record under `replaces.id` lives with another version than `replaces.version`,
   * the answer is `'conflict'` (its storage, which the new record carries on, has changed meanwhile); else it frees its place; a signed-in user with
   * `quotas.sessionsPerUser` other sessions is refused with `'user-full'`, or gives up those with the oldest `authenticatedAt`
   * (`'end-oldest'`): one, or more where the quota was larger before; then `guestSessions` and `sessions` are looked at, then the store's own budgets.
   *
   * When `sessions` is full, room is made for one: the oldest unconfirmed guest whose `createdAt` is more than
   * `unconfirmedGraceMilliseconds` ago, else the oldest such sign-in, else, for a login only, the guest that has been idle longest.
   * For a login the two unconfirmed kinds are one queue, oldest first. When `guestSessions` is full, the oldest such unconfirmed guest
   * makes room. A store's guest budget evicts the guest idle longest; its signed-in budget the oldest unconfirmed sign-in, however
   * young. Confirmed signed-in sessions are never removed for room. No room: `'full'`.
   *
   * When the answer is not `'created'`, nothing has changed and the record under `replaces.id` lives on.
   */
  create(id: string, record: NewSessionRecord, options: CreateOptions): Promise<'created' | 'conflict' | 'full' | 'user-full'>

  /**
   * Reads and slides in one step: the live records of these ids (up to eight), in the order of `ids`, `null` where there is none. What is
   * found has `lastSeenAt` now (never earlier than it was) and is `confirmed`.
   */
  resume(ids: readonly string[], now: number): Promise<readonly (SessionRecord | null)[]>

  /** Replaces `storage` if `version` is still the record's. Does not slide. Never brings an ended session back. */
  update(id: string, version: number, storage: string, now: number): Promise<'updated' | 'conflict' | 'ended'>

  /** Reads without sliding: what `update` retries from. */
  read(id: string, now: number): Promise<SessionRecord | null>

  /** Ends a session for good and gives its places back. The record that was live, or `null`. */
  end(id: string, now: number): Promise<SessionRecord | null>

  /** The same by handle. */
  endByHandle(handle: string, now: number): Promise<SessionRecord | null>

  /** The live sessions, all or one user's. What comes or goes meanwhile may or may not be among them. */
  list(filter: { readonly userID?: string }, now: number): AsyncIterable<SessionRecord>

  /** How many live sessions there are, exactly. */
  count(now: number): Promise<{ signedIn: number; guests: number }>

  /** Within how many milliseconds every call is answered or rejected; an update retries its conflicts for as long. Optional, default 1000. */
  readonly timeoutMilliseconds?: number

  /**
   * Called once with a listener for what this process's calls remove beside what they were asked to end: expired, evicted, reclaimed and
   * replaced sessions. Optional: without it no `session_expired` events are raised.
   */
  watchRemovals?(listener: (removed: RemovedSession) => void): void

  /** Ends what the store itself opened: never a client that it was given. Optional. */
  close?(): Promise<void>
}
