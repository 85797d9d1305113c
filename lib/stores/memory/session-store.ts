import { setImmediate } from 'node:timers/promises'
import { readerOf } from '../../checks/member-reader.js'
import { ExpiryQueue } from './expiry-queue.js'
import type { MemoryRecord } from './memory-record.js'
import { type Budgets, makeRoom } from './make-room.js'
import { RemovalListeners } from '../removal-listeners.js'
import { MemoryTable } from './memory-table.js'
import {
  type CreateOptions,
  expiresAt,
  expiryReason,
  type NewSessionRecord,
  type RemovedSession,
  type SessionCounts,
  type SessionRecord,
  type SessionStore
} from '../../sessions/session-store.js'

const listedAtOnce = 1000

const sessionBudget = { from: 1, to: Number.MAX_SAFE_INTEGER, unit: 'sessions' }

/** How much is kept. */
export interface LruSessionStoreOptions {
  /** How many signed-in sessions are kept. When they are all confirmed, a further login is refused. Default 100000. */
  readonly maxSignedIn?: number | undefined
  /** How many guests are kept; a further one takes the place of the guest idle longest. Default 10000. */
  readonly maxGuests?: number | undefined
}

/**
 * Keeps sessions in this process's memory, bounded under any flood. For one process: several need a store that they share.
 *
 * There is no timer. Whatever has expired is removed before the next call is answered, and its memory is given back then.
 */
export class LruSessionStore implements SessionStore {
  readonly #budgets: Budgets
  readonly #shelves = new MemoryTable()
  readonly #expiries = new ExpiryQueue()
  readonly #removals = new RemovalListeners()

  constructor(options: LruSessionStoreOptions = {}) {
    const reader = readerOf(options, ['maxSignedIn', 'maxGuests'], 'new LruSessionStore({ maxGuests: 10_000 })')
    this.#budgets = {
      maxSignedIn: reader.wholeNumber('maxSignedIn', sessionBudget, 100_000),
      maxGuests: reader.wholeNumber('maxGuests', sessionBudget, 10_000)
    }
  }

  create(id: string, record: NewSessionRecord, options: CreateOptions): Promise<'created' | 'conflict' | 'full' | 'user-full'> {
    this.#removeExpired(options.now)
    const room = makeRoom(this.#shelves, this.#budgets, record, options)
    if (typeof room === 'string') return Promise.resolve(room)
    const removed = [...room].map(([leavingID, reason]) => ({ session: this.#remove(leavingID), reason }))
    this.#shelves.add(id, record)
    this.#expiries.add(id, expiresAt({ ...record, lastSeenAt: record.createdAt }))
    for (const { session, reason } of removed) if (session) this.#tell(session, reason)
    return Promise.resolve('created')
  }

  /** Answers at once, without a promise. */
  resume(ids: readonly string[], now: number): ReturnType<SessionStore['resume']> {
    this.#removeExpired(now)
    return ids.map((id) => this.#shelves.visit(id, now)?.snapshot() ?? null)
  }

  update(id: string, version: number, storage: string, now: number): Promise<'updated' | 'conflict' | 'ended'> {
    const session = this.#find(id, now)
    if (!session) return Promise.resolve('ended')
    if (session.version !== version) return Promise.resolve('conflict')
    session.storage = storage
    session.version++
    return Promise.resolve('updated')
  }

  read(id: string, now: number): Promise<SessionRecord | null> {
    return Promise.resolve(this.#find(id, now)?.snapshot() ?? null)
  }

  end(ids: readonly string[], now: number): Promise<readonly (SessionRecord | null)[]> {
    this.#removeExpired(now)
    return Promise.resolve(ids.map((id) => this.#remove(id)?.snapshot() ?? null))
  }

  async endByHandle(handle: string, now: number): Promise<SessionRecord | null> {
    const id = this.#shelves.idOf(handle)
    return id === undefined ? null : ((await this.end([id], now))[0] ?? null)
  }

  async *list({ userID }: { readonly userID?: string }, now: number): AsyncIterable<SessionRecord> {
    const ids = userID === undefined ? this.#shelves.ids() : [...this.#shelves.idsOfUser(userID)]
    for (const [index, id] of ids.entries()) {
      // A reader who takes a million sessions at one go lets the requests through now and then.
      if (index % listedAtOnce === listedAtOnce - 1) await setImmediate()
      const session = this.#find(id, now)
      if (session) yield session.snapshot()
    }
  }

  count(now: number): Promise<SessionCounts> {
    this.#removeExpired(now)
    const { signedIn, guests, unconfirmed } = this.#shelves
    return Promise.resolve({ signedIn, guests, unconfirmed })
  }

  /** A listener that throws harms no caller: it becomes a process warning. */
  watchRemovals(listener: (removed: RemovedSession) => void): void {
    this.#removals.add(listener)
  }

  #find(id: string, now: number): MemoryRecord | undefined {
    this.#removeExpired(now)
    return this.#shelves.find(id)
  }

  #removeExpired(now: number): void {
    for (let id = this.#expiries.takeDue(now); id !== null; id = this.#expiries.takeDue(now)) {
      const session = this.#shelves.find(id)
      if (!session) continue
      const dueAt = expiresAt(session)
      if (dueAt > now) {
        // It was visited since the entry was made.
        this.#expiries.add(id, dueAt)
        continue
      }
      this.#remove(id)
      this.#tell(session, expiryReason(session))
    }
  }

  #remove(id: string): MemoryRecord | undefined {
    const session = this.#shelves.remove(id)
    // Ended sessions leave their entries behind; a loop of logins and logouts must not pile them up until they are due.
    const { signedIn, guests } = this.#shelves
    if (this.#expiries.length > 2 * (signedIn + guests) + 64) this.#expiries.keep((kept) => this.#shelves.find(kept) !== undefined)
    return session
  }

  #tell(session: MemoryRecord, reason: RemovedSession['reason']): void {
    this.#removals.tell({ record: session.snapshot(), reason })
  }
}
