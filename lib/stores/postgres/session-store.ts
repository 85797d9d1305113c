import { readerOf } from '../../checks/member-reader.js'
import type {
  CreateOptions,
  CreateOutcome,
  NewSessionRecord,
  RemovedSession,
  SessionCounts,
  SessionRecord,
  SessionStore
} from '../../sessions/session-store.js'
import { expiresAt, expiryReason } from '../../sessions/session-store.js'
import { RemovalListeners } from '../removal-listeners.js'
import { readBudgets, readTiming } from '../store-options.js'
import { isAhead, isVisitDue, wholeMilliseconds } from '../stored-times.js'
import { Batches } from './batches.js'
import { guestsPerStatement } from './budgets.js'
import { PostgresCaller, type WriteOptions } from './caller.js'
import { goTogether, guestArguments, type NewSession, signInArguments } from './new-session.js'
import { type PostgresPool, readPool, shareOf } from './pool.js'
import { quoteSchema } from './sql-names.js'
import { byHash, type Hash, hashOfID, hashOfName, readRecord, recordOf, type RecordsByHash, type StoredRecord } from './stored-record.js'

/** The pool, and how our schema, deadlines and budgets are. */
export interface PostgresSessionStoreOptions {
  /** A `Pool` of `pg`, which the host makes and ends. Not a `Client`: requests run side by side. */
  readonly pool: PostgresPool
  /** Where `postgresSchema` was installed. Default `directory`. */
  readonly schema?: string | undefined
  /** How long a call may take, the wait for a free connection included, whatever the pool's own settings. Default 1000. */
  readonly timeoutMilliseconds?: number | undefined
  /** Guests beyond these make room: those whose cookie never came back first. Default 10000. */
  readonly maxGuests?: number | undefined
  /** Sign-ins beyond these whose cookie has not come back end, oldest first. Default 10000. */
  readonly maxUnconfirmed?: number | undefined
  /** After how many seconds a request slides its session again, which is a write; 0: at every request. Default 10. */
  readonly slideAfterSeconds?: number | undefined
}

type GuestOutcome = Exclude<CreateOutcome, 'user-full'>
type UpdateOutcome = Awaited<ReturnType<SessionStore['update']>>

const knownOptions = ['pool', 'schema', 'timeoutMilliseconds', 'maxGuests', 'maxUnconfirmed', 'slideAfterSeconds']
const pageSize = 200

/** How many visitors may wait for a session. A flood beyond them gets 503 at once, so that nobody waits for long. */
const mostWaitingGuests = 512

/**
 * Keeps sessions in PostgreSQL (12 or later, tried with 12 to 18), shared by any number of processes. Its schema is made by
 * `npx express-4d-directory postgres-schema`.
 *
 * A request with a session is one statement that only reads, and another one where it confirms or slides the session. The first statement that writes,
 * and one after five idle minutes, is sent twice, to learn the server's clock. A pool that nobody listens to for `error` gets a listener that
 * does nothing, or a restart of the server would end the process.
 *
 * It counts no failed logins: each process counts for itself, unless all share a `RedisLoginThrottle`.
 */
export class PostgresSessionStore implements SessionStore {
  readonly timeoutMilliseconds: number
  readonly slideMilliseconds: number
  readonly #caller: PostgresCaller
  readonly #reads: Batches<readonly Hash[], RecordsByHash>
  readonly #guests: Batches<NewSession, GuestOutcome>
  readonly #budgets: ReturnType<typeof readBudgets>
  readonly #removals = new RemovalListeners()

  constructor(options: PostgresSessionStoreOptions) {
    const reader = readerOf(options, knownOptions, 'new PostgresSessionStore({ pool: new Pool() })')
    const pool = readPool(reader)
    const { schema = 'directory' } = options
    quoteSchema(schema)
    const { timeoutMilliseconds, slideMilliseconds } = readTiming(reader)
    this.timeoutMilliseconds = timeoutMilliseconds
    this.slideMilliseconds = slideMilliseconds
    this.#budgets = readBudgets(reader)
    this.#caller = new PostgresCaller(pool, schema, timeoutMilliseconds)
    this.#reads = new Batches((lists, since) => this.#readTogether(lists, since), {
      statements: shareOf(pool, { parts: 2, most: 4 }),
      itemsPerStatement: 32,
      waiting: Number.POSITIVE_INFINITY
    })
    // A small share: live sessions and logins are to find a connection in any flood of visitors.
    this.#guests = new Batches((guests, since) => this.#openGuests(guests, since), {
      statements: shareOf(pool, { parts: 5, most: 2 }),
      itemsPerStatement: guestsPerStatement(this.#budgets.maxGuests),
      waiting: mostWaitingGuests,
      goTogether
    })
  }

  create(id: string, record: NewSessionRecord, options: CreateOptions): Promise<CreateOutcome> {
    // Copied now: a guest may wait, and the caller keeps its objects.
    const session = { id, record: { ...record }, options }
    return record.user === null ? this.#guests.add(session) : this.#signIn(session, record.user.ID)
  }

  async resume(ids: readonly string[], now: number): Promise<readonly (SessionRecord | null)[]> {
    const hashes = ids.map(hashOfID)
    const found = await this.#find(hashes)
    const due = hashesOf(found, (kept) => isVisitDue(kept, now, this.slideMilliseconds))
    await this.#touch(due, now, this.slideMilliseconds, found)
    return hashes.map((hash) => recordOf(hash, found))
  }

  async update(id: string, version: number, storage: string, now: number): Promise<UpdateOutcome> {
    return (await this.#write('update_session', [hashOfID(id), version, storage, wholeMilliseconds(now)])) as UpdateOutcome
  }

  async read(id: string, now: number): Promise<SessionRecord | null> {
    const hash = hashOfID(id)
    const found = await this.#find([hash])
    await this.#putTimesBack(found, now)
    const record = recordOf(hash, found)
    return record && expiresAt(record) > now ? record : null
  }

  async end(ids: readonly string[], now: number): Promise<readonly (SessionRecord | null)[]> {
    if (ids.length === 0) return []
    const hashes = ids.map(hashOfID)
    const ended = byHash(await this.#end(hashes, null, now))
    return hashes.map((hash) => {
      const record = recordOf(hash, ended)
      // An id that comes twice has ended once.
      ended.delete(hash)
      return record
    })
  }

  async endByHandle(handle: string, now: number): Promise<SessionRecord | null> {
    const [ended] = await this.#end(null, hashOfName(handle), now)
    return ended ? readRecord(ended) : null
  }

  async *list({ userID }: { readonly userID?: string }, now: number): AsyncIterable<SessionRecord> {
    const ofUser = userID === undefined ? null : hashOfName(userID)
    let after: Hash | undefined = '\\x'
    while (after !== undefined) {
      const page = (await this.#caller.read('list_sessions', [ofUser, after, pageSize])) as readonly StoredRecord[] | null
      const records = byHash(page)
      await this.#putTimesBack(records, now)
      for (const record of records.values()) if (record && expiresAt(record.kept) > now) yield readRecord(record)
      after = page?.length === pageSize ? page.at(-1)?.hash : undefined
    }
  }

  async count(now: number): Promise<SessionCounts> {
    return (await this.#write('count_sessions', [wholeMilliseconds(now)])) as SessionCounts
  }

  /** A listener that throws harms no caller: it becomes a process warning. */
  watchRemovals(listener: (removed: RemovedSession) => void): void {
    this.#removals.add(listener)
  }

  async #signIn(session: NewSession, userID: string): Promise<CreateOutcome> {
    const opens = [hashOfID(session.id)]
    return (await this.#write('create_sign_in', signInArguments(session, userID, this.#budgets.maxUnconfirmed), { opens })) as CreateOutcome
  }

  async #openGuests(guests: readonly [NewSession, ...NewSession[]], startedAt: number): Promise<readonly GuestOutcome[]> {
    const opens = guests.map(({ id }) => hashOfID(id))
    const opened = await this.#write('create_guests', guestArguments(guests, this.#budgets.maxGuests), { startedAt, opens })
    if (opened === 'conflict' || opened === 'ended') return [opened]
    // There were places for so many, and the first ones have them.
    return guests.map((_, index) => (index < Number(opened) ? 'created' : 'full'))
  }

  async #find(hashes: readonly Hash[]): Promise<RecordsByHash> {
    return hashes.length === 0 ? new Map() : await this.#reads.add(hashes)
  }

  async #readTogether(lists: readonly (readonly Hash[])[], startedAt: number): Promise<readonly RecordsByHash[]> {
    const records = byHash((await this.#caller.read('read_sessions', [lists.flat()], startedAt)) as readonly StoredRecord[] | null)
    return lists.map((hashes) => new Map(hashes.map((hash) => [hash, records.get(hash) ?? null])))
  }

  /**
   * Does what is due of these, and puts into `records` what they are then: removes what has expired and puts times back; confirms and slides unless
   * `slideMilliseconds` is `null`.
   */
  async #touch(hashes: readonly Hash[], now: number, slideMilliseconds: number | null, records: RecordsByHash): Promise<void> {
    if (hashes.length === 0) return
    const touched = await this.#write('touch_sessions', [hashes, slideMilliseconds, wholeMilliseconds(now)])
    const found = byHash(touched as readonly StoredRecord[] | null)
    for (const hash of hashes) records.set(hash, found.get(hash) ?? null)
  }

  #putTimesBack(records: RecordsByHash, now: number): Promise<void> {
    const ahead = hashesOf(records, (kept) => isAhead(kept, now))
    return this.#touch(ahead, now, null, records)
  }

  /** Those that were live. */
  async #end(hashes: readonly Hash[] | null, handle: Hash | null, now: number): Promise<readonly StoredRecord[]> {
    const ended = await this.#write('end_sessions', [hashes, handle, wholeMilliseconds(now)])
    return (ended as readonly StoredRecord[] | null) ?? []
  }

  async #write(name: string, values: readonly unknown[], options?: WriteOptions): Promise<unknown> {
    const { result = null, removed } = await this.#caller.write(name, values, options)
    for (const { record, reason } of removed ?? []) {
      const kept = readRecord(record)
      this.#removals.tell({ record: kept, reason: (reason as RemovedSession['reason'] | null | undefined) ?? expiryReason(kept) })
    }
    return result
  }
}

/** The hashes of those that are there and are so. */
function hashesOf(records: RecordsByHash, isSo: (kept: StoredRecord['kept']) => boolean): readonly Hash[] {
  return [...records].flatMap(([hash, record]) => (record && isSo(record.kept) ? [hash] : []))
}
