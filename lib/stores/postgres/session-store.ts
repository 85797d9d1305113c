import { createHash } from 'node:crypto'

import { type MemberReader, readerOf } from '../../checks/member-reader.js'
import { RemovalListeners } from '../removal-listeners.js'
import { PostgresCaller, type PostgresAnswer, type PostgresRecord } from './caller.js'
import type { PostgresPool } from './pool.js'
import { quoteSchema } from './schema.js'
import {
  expiryReason,
  type CreateOptions,
  type NewSessionRecord,
  type RemovedSession,
  type SessionCounts,
  type SessionRecord,
  type SessionStore,
  storedUser
} from '../../sessions/session-store.js'

/** The pool, and how our schema and deadlines are. */
export interface PostgresSessionStoreOptions {
  /** A `Pool` of `pg`, which the host makes and ends. Not one of `Client`s: requests run side by side. */
  readonly pool: PostgresPool
  /** Where `postgresSchema` was installed. Default `directory`. */
  readonly schema?: string | undefined
  /** How long a call may take, the wait for a free connection included, whatever the pool's own settings. Default 1000. */
  readonly timeoutMilliseconds?: number | undefined
  /** Guests beyond these evict the guest that has been idle longest. Default 10,000. */
  readonly maxGuests?: number | undefined
}

type CreateOutcome = Awaited<ReturnType<SessionStore['create']>>
type UpdateOutcome = Awaited<ReturnType<SessionStore['update']>>

const pageSize = 200

/**
 * Keeps sessions in PostgreSQL (12 or later), shared by any number of processes. Its schema is made by `npx express-4d-directory postgres-schema`.
 *
 * One statement for each call; the first, and one after five idle minutes, takes two, to learn the server's clock. A pool that
 * nobody listens to for `error` gets a listener that does nothing, or a restart of the server would end the process.
 */
export class PostgresSessionStore implements SessionStore {
  readonly timeoutMilliseconds: number
  readonly #caller: PostgresCaller
  readonly #maxGuests: number
  readonly #removals = new RemovalListeners()

  constructor(options: PostgresSessionStoreOptions) {
    const reader = readerOf(options, ['pool', 'schema', 'timeoutMilliseconds', 'maxGuests'], 'new PostgresSessionStore({ pool })')
    const { schema = 'directory' } = options
    quoteSchema(schema)
    this.timeoutMilliseconds = reader.wholeNumber('timeoutMilliseconds', { from: 1, to: 2_147_483_647, unit: 'milliseconds' }, 1000)
    this.#maxGuests = reader.wholeNumber('maxGuests', { from: 1, to: Number.MAX_SAFE_INTEGER, unit: 'sessions' }, 10_000)
    this.#caller = new PostgresCaller(readPool(reader), schema, this.timeoutMilliseconds)
  }

  async create(id: string, record: NewSessionRecord, { replaces, quotas, now }: CreateOptions): Promise<CreateOutcome> {
    const { handle, user, rememberMe, ip, userAgent } = record
    const outcome = await this.#call('create_session', [
      hashOfID(id),
      hashOfName(handle),
      user && hashOfName(user.ID),
      milliseconds(record.createdAt),
      record.authenticatedAt === null ? null : milliseconds(record.authenticatedAt),
      milliseconds(record.idleMilliseconds),
      milliseconds(record.absoluteEndAt),
      JSON.stringify({ handle, user: user && storedUser(user), rememberMe, ip, userAgent }),
      record.storage,
      replaces && hashOfID(replaces.id),
      replaces?.version ?? null,
      limit(quotas.sessions),
      limit(quotas.guestSessions),
      limit(quotas.sessionsPerUser),
      quotas.whenUserIsFull === 'end-oldest',
      this.#maxGuests,
      milliseconds(now)
    ])
    return outcome as CreateOutcome
  }

  async resume(ids: readonly string[], now: number): Promise<readonly (SessionRecord | null)[]> {
    if (ids.length === 0) return []
    const found = await this.#call('resume_sessions', [ids.map(hashOfID), milliseconds(now)])
    return (found as readonly (PostgresRecord | null)[]).map((kept) => kept && readRecord(kept))
  }

  async update(id: string, version: number, storage: string, now: number): Promise<UpdateOutcome> {
    const outcome = await this.#call('update_session', [hashOfID(id), version, storage, milliseconds(now)])
    return outcome as UpdateOutcome
  }

  async read(id: string, now: number): Promise<SessionRecord | null> {
    const kept = await this.#call('read_session', [hashOfID(id), milliseconds(now)])
    return kept === null ? null : readRecord(kept as PostgresRecord)
  }

  async end(ids: readonly string[], now: number): Promise<readonly (SessionRecord | null)[]> {
    const records: (SessionRecord | null)[] = []
    for (const id of ids) records.push(await this.#end(hashOfID(id), null, now))
    return records
  }

  endByHandle(handle: string, now: number): Promise<SessionRecord | null> {
    return this.#end(null, hashOfName(handle), now)
  }

  async *list({ userID }: { readonly userID?: string }, now: number): AsyncIterable<SessionRecord> {
    let after: Buffer | null = Buffer.alloc(0)
    while (after !== null) {
      const page = await this.#call('list_sessions', [userID === undefined ? null : hashOfName(userID), after, pageSize, milliseconds(now)])
      const { records, last } = page as { records: readonly PostgresRecord[] | null; last: string | null }
      yield* (records ?? []).map(readRecord)
      after = last === null ? null : Buffer.from(last, 'hex')
    }
  }

  async count(now: number): Promise<SessionCounts> {
    const counted = await this.#call('count_sessions', [milliseconds(now)])
    return counted as SessionCounts
  }

  watchRemovals(listener: (removed: RemovedSession) => void): void {
    this.#removals.add(listener)
  }

  async #end(id: Buffer | null, handle: Buffer | null, now: number): Promise<SessionRecord | null> {
    const kept = await this.#call('end_session', [id, handle, milliseconds(now)])
    return kept === null ? null : readRecord(kept as PostgresRecord)
  }

  async #call(name: string, values: readonly unknown[]): Promise<unknown> {
    const answer = await this.#caller.call(name, values)
    for (const removed of readRemovals(answer)) this.#removals.tell(removed)
    return answer.result ?? null
  }
}

function readRemovals({ expired, removed }: PostgresAnswer): readonly RemovedSession[] {
  const expirations = (expired ?? []).map(readRecord).map((record) => ({ record, reason: expiryReason(record) }))
  const removals = (removed ?? []).map(({ record, reason }) => ({ record: readRecord(record), reason: reason as RemovedSession['reason'] }))
  return [...expirations, ...removals]
}

function readRecord({ details, ...kept }: PostgresRecord): SessionRecord {
  return { ...(details as Pick<SessionRecord, 'handle' | 'user' | 'rememberMe' | 'ip' | 'userAgent'>), ...kept }
}

/** What is stored instead of the id: whoever reads the table, or a backup of it, cannot take a session over (CVE-2019-16782 of a peer). */
function hashOfID(id: string): Buffer {
  return createHash('sha256').update(id).digest()
}

/** Handles and users' IDs may be any string. In UTF-8 all lone surrogates would be one, hence UTF-16. */
function hashOfName(name: string): Buffer {
  return createHash('sha256').update(name, 'utf16le').digest()
}

/** A host's clock may tell fractions; the columns are whole milliseconds. */
function milliseconds(time: number): number {
  return Math.floor(time)
}

function limit(quota: number): number | null {
  return quota === Number.POSITIVE_INFINITY ? null : quota
}

function readPool(reader: MemberReader): PostgresPool {
  const pool = reader.value('pool')
  if (isPool(pool)) return pool
  throw reader.mistake('pool', 'a Pool of the package pg, as in new PostgresSessionStore({ pool: new Pool() })')
}

function isPool(value: unknown): value is PostgresPool {
  return typeof value === 'object' && value !== null && 'connect' in value && 'on' in value && 'totalCount' in value
}
