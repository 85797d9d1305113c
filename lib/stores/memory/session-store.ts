import { setImmediate } from 'node:timers/promises'

import { readerOf } from '../../checks/member-reader.js'
import { ExpiryQueue } from './expiry-queue.js'
import type { MemoryRecord } from './memory-record.js'
import { type Budgets, makeRoom } from './make-room.js'
import { RemovalListeners } from '../removal-listeners.js'
import { budget, readBudgets } from '../store-options.js'
import { MemoryTable } from './memory-table.js'
import type {
  CreateOptions,
  CreateOutcome,
  NewSessionRecord,
  RemovedSession,
  SessionCounts,
  SessionRecord,
  SessionStore
} from '../../sessions/session-store.js'
import { expiresAt, expiryReason, toleratedClockLeadMilliseconds } from '../../sessions/session-store.js'

const listedAtOnce = 1000

/** How much is kept. */
export interface LruSessionStoreOptions {
  /** How many signed-in sessions are kept. When they are all confirmed, a further login is refused. Default 100000. */
  readonly maxSignedIn?: number | undefined
  /** How many guests are kept; a further one takes the place of another, of those whose cookie never came back first. Default 10000. */
  readonly maxGuests?: number | undefined
  /** How many signed-in sessions are kept whose cookie has not come back yet; a further login ends the oldest of them. Default 10000. */
  readonly maxUnconfirmed?: number | undefined
}

/**
 * Keeps sessions in this process's memory, bounded under any flood. For one process: several need a store that they share.
 *
 * There is no timer. Whatever has expired is removed before the next call is answered, and its memory is given back then.
 */
export class LruSessionStore implements SessionStore {
  readonly #budgets: Budgets
  readonly #table = new MemoryTable()
  #expiries = new ExpiryQueue()
  readonly #removals = new RemovalListeners()

  constructor(options: LruSessionStoreOptions = {}) {
    const reader = readerOf(options, ['maxSignedIn', 'maxGuests', 'maxUnconfirmed'], 'new LruSessionStore({ maxGuests: 10_000 })')
    const maxSignedIn = reader.wholeNumber('maxSignedIn', budget, 100_000)
    this.#budgets = { maxSignedIn, ...readBudgets(reader) }
  }

  create(id: string, record: NewSessionRecord, options: CreateOptions): Promise<CreateOutcome> {
    this.#catchUp(options.now)
    const leaving = makeRoom(this.#table, this.#budgets, record, options)
    if (typeof leaving === 'string') return Promise.resolve(leaving)
    for (const session of leaving.keys()) this.#remove(session)
    this.#expiries.add(id, expiresAt(this.#table.add(id, record)))
    for (const [session, reason] of leaving) this.#tell(session, reason)
    return Promise.resolve('created')
  }

  /** Answers at once, without a promise. */
  resume(ids: readonly string[], now: number): ReturnType<SessionStore['resume']> {
    this.#catchUp(now)
    return ids.map((id) => {
      const session = this.#table.find(id)
      if (!session) return null
      this.#table.visit(session, now)
      return session.snapshot()
    })
  }

  update(id: string, version: number, storage: string, now: number): Promise<'updated' | 'conflict' | 'ended'> {
    const session = this.#find(id, now)
    if (!session) return Promise.resolve('ended')
    if (session.version !== version) return Promise.resolve('conflict')
    this.#table.update(session, storage)
    return Promise.resolve('updated')
  }

  read(id: string, now: number): Promise<SessionRecord | null> {
    return Promise.resolve(this.#find(id, now)?.snapshot() ?? null)
  }

  end(ids: readonly string[], now: number): Promise<readonly (SessionRecord | null)[]> {
    this.#catchUp(now)
    return Promise.resolve(ids.map((id) => this.#end(this.#table.find(id))))
  }

  endByHandle(handle: string, now: number): Promise<SessionRecord | null> {
    this.#catchUp(now)
    return Promise.resolve(this.#end(this.#table.findByHandle(handle)))
  }

  async *list({ userID }: { readonly userID?: string }, now: number): AsyncIterable<SessionRecord> {
    this.#catchUp(now)
    const sessions = userID === undefined ? this.#table.all() : [...this.#table.ofUser(userID)]
    for (const [index, { id }] of sessions.entries()) {
      // A reader who takes a million sessions at one go lets the requests through now and then.
      if (index % listedAtOnce === listedAtOnce - 1) await setImmediate()
      const session = this.#find(id, now)
      if (session) yield session.snapshot()
    }
  }

  count(now: number): Promise<SessionCounts> {
    this.#catchUp(now)
    const { signedIn, guests, unconfirmedSignIns, unconfirmedGuests } = this.#table
    return Promise.resolve({ signedIn, guests, unconfirmed: { signedIn: unconfirmedSignIns.size, guests: unconfirmedGuests } })
  }

  /** A listener that throws harms no caller: it becomes a process warning. */
  watchRemovals(listener: (removed: RemovedSession) => void): void {
    this.#removals.add(listener)
  }

  #find(id: string, now: number): MemoryRecord | undefined {
    this.#catchUp(now)
    return this.#table.find(id)
  }

  #end(session: MemoryRecord | undefined): SessionRecord | null {
    if (!session) return null
    this.#remove(session)
    return session.snapshot()
  }

  /** Brings everything to the time of a call, before it is answered. */
  #catchUp(now: number): void {
    if (this.#table.latestTime > now + toleratedClockLeadMilliseconds) {
      this.#table.putTimesBack(now)
      this.#expiries = new ExpiryQueue()
      for (const session of this.#table.all()) this.#expiries.add(session.id, expiresAt(session))
    }
    for (let id = this.#expiries.takeDue(now); id !== null; id = this.#expiries.takeDue(now)) {
      const session = this.#table.find(id)
      if (!session) continue
      const dueAt = expiresAt(session)
      if (dueAt > now) {
        // It was visited since the entry was made.
        this.#expiries.add(id, dueAt)
        continue
      }
      this.#remove(session)
      this.#tell(session, expiryReason(session))
    }
  }

  #remove(session: MemoryRecord): void {
    this.#table.remove(session)
    // Ended sessions leave their entries behind; a loop of logins and logouts must not pile them up until they are due.
    if (this.#expiries.length > 2 * this.#table.size + 64) this.#expiries.keep((id) => this.#table.find(id) !== undefined)
  }

  #tell(session: MemoryRecord, reason: RemovedSession['reason']): void {
    this.#removals.tell({ record: session.snapshot(), reason })
  }
}
