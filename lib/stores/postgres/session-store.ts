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
import { isAhead, isVisitDue } from '../stored-times.js'
import { Batches } from './batches.js'
import { PostgresCaller } from './caller.js'
import { createArguments, goTogether, guestsPerStatement, type NewSession } from './new-session.js'
import { type PostgresPool, readPool, shareOf } from './pool.js'
import { byHash, type Hash, hashOfID, hashOfName, readRecord, type StoredRecord } from './stored-record.js'

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

/** How many, and what has become of the others. */
interface OpenedSessions {
  readonly opened: number
  readonly refusal: CreateOutcome
}

/** In the order of the ids that were asked for. */
type FoundRecords = readonly (StoredRecord | undefined)[]
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
  readonly #reads: Batches<readonly Hash[], FoundRecords>
  readonly #guests: Batches<NewSession, CreateOutcome>
  readonly #budgets: ReturnType<typeof readBudgets>
  readonly #removals = new RemovalListeners()

  constructor(options: PostgresSessionStoreOptions) {
    const reader = readerOf(options, knownOptions, 'new PostgresSessionStore({ pool: new Pool() })')
    const pool = readPool(reader)
    const { schema = 'directory' } = options
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

  async create(id: string, record: NewSessionRecord, options: CreateOptions): Promise<CreateOutcome> {
    // Copied now: a guest may wait, and the caller keeps its objects.
    const session = { id, record: { ...record }, options }
    if (record.user === null) return this.#guests.add(session)
    const { opened, refusal } = await this.#open([session])
    return opened === 1 ? 'created' : refusal
  }

  async resume(ids: readonly string[], now: number): Promise<readonly (SessionRecord | null)[]> {
    if (ids.length === 0) return []
    return this.#touch(await this.#reads.add(ids.map(hashOfID)), now, this.slideMilliseconds)
  }

  async update(id: string, version: number, storage: string, now: number): Promise<UpdateOutcome> {
    return (await this.#write('update_session', now, [hashOfID(id), version, storage])) as UpdateOutcome
  }

  async read(id: string, now: number): Promise<SessionRecord | null> {
    const [record] = await this.#touch(await this.#reads.add([hashOfID(id)]), now, null)
    return record && expiresAt(record) > now ? record : null
  }

  async end(ids: readonly string[], now: number): Promise<readonly (SessionRecord | null)[]> {
    if (ids.length === 0) return []
    const hashes = ids.map(hashOfID)
    const ended = byHash(await this.#end(hashes, null, now))
    return hashes.map((hash) => {
      const record = ended.get(hash)
      // An id that comes twice has ended once.
      ended.delete(hash)
      return record ? readRecord(record) : null
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
      const page = await this.#caller.read('list_sessions', [ofUser, after, pageSize])
      for (const record of await this.#touch(page, now, null)) if (record && expiresAt(record) > now) yield record
      after = page.length === pageSize ? page.at(-1)?.hash : undefined
    }
  }

  async count(now: number): Promise<SessionCounts> {
    return (await this.#write('count_sessions', now, [])) as SessionCounts
  }

  /** A listener that throws harms no caller: it becomes a process warning. */
  watchRemovals(listener: (removed: RemovedSession) => void): void {
    this.#removals.add(listener)
  }

  async #openGuests(guests: readonly [NewSession, ...NewSession[]], startedAt: number): Promise<readonly CreateOutcome[]> {
    // There were places for so many, and the first ones have them.
    const { opened, refusal } = await this.#open(guests, startedAt)
    return guests.map((_, index) => (index < opened ? 'created' : refusal))
  }

  async #open(sessions: readonly [NewSession, ...NewSession[]], startedAt?: number): Promise<OpenedSessions> {
    const hashes = sessions.map(({ id }) => hashOfID(id))
    const now = Math.max(...sessions.map(({ options }) => options.now))
    return (await this.#write('create_sessions', now, createArguments(sessions, this.#budgets), startedAt, hashes)) as OpenedSessions
  }

  async #readTogether(lists: readonly (readonly Hash[])[], startedAt: number): Promise<readonly FoundRecords[]> {
    const records = byHash(await this.#caller.read('read_sessions', [lists.flat()], startedAt))
    return lists.map((hashes) => hashes.map((hash) => records.get(hash)))
  }

  /** Does what is due of these, and tells what they are then: removes what has expired and puts times back; confirms and slides unless `slide` is `null`. */
  async #touch(found: FoundRecords, now: number, slide: number | null): Promise<readonly (SessionRecord | null)[]> {
    const isDue = ({ kept }: StoredRecord) => (slide === null ? isAhead(kept, now) : isVisitDue(kept, now, slide))
    const due = found.flatMap((record) => (record && isDue(record) ? [record.hash] : []))
    const touched =
      due.length === 0 ? null : byHash(((await this.#write('touch_sessions', now, [due, slide])) ?? []) as readonly StoredRecord[])
    return found.map((record) => {
      const current = record && due.includes(record.hash) ? touched?.get(record.hash) : record
      return current ? readRecord(current) : null
    })
  }

  /** Those that were live. */
  async #end(hashes: readonly Hash[] | null, handle: Hash | null, now: number): Promise<readonly StoredRecord[]> {
    return ((await this.#write('end_sessions', now, [hashes, handle])) ?? []) as readonly StoredRecord[]
  }

  async #write(...call: Parameters<PostgresCaller['write']>): Promise<unknown> {
    const { result, removed } = await this.#caller.write(...call)
    for (const { record, reason } of removed ?? []) {
      const kept = readRecord(record)
      this.#removals.tell({ record: kept, reason: (reason as RemovedSession['reason'] | null | undefined) ?? expiryReason(kept) })
    }
    return result
  }
}
