import { LRUCache } from 'lru-cache'

import type { DirectoryUser } from '../../providers/directory-provider.js'
import { MemoryRecord, type SessionTerms } from './memory-record.js'
import { type NewSessionRecord, storedUser } from '../../sessions/session-store.js'
import { TextPool } from './text-pool.js'

/** A session with the id that it is kept under. */
export type MemoryEntry = readonly [id: string, session: MemoryRecord]

interface UserSessions {
  readonly user: DirectoryUser
  readonly ids: Set<string>
}

/**
 * The sessions in memory, on four shelves, so that the oldest of each kind is found at once: guests and sign-ins, unconfirmed ones in the order
 * of their creation, confirmed guests in the order of their last visit. Confirmed sign-ins are never looked for by age.
 */
export class MemoryTable {
  readonly #confirmedSignIns = new Map<string, MemoryRecord>()
  readonly #confirmedGuests = newShelf()
  readonly #unconfirmedSignIns = newShelf()
  readonly #unconfirmedGuests = newShelf()
  readonly #idByHandle = new Map<string, string>()
  readonly #users = new Map<string, UserSessions>()
  readonly #texts = new TextPool()
  readonly #terms = new LRUCache<string, SessionTerms>({ max: 256 })

  get signedIn(): number {
    return this.#confirmedSignIns.size + this.#unconfirmedSignIns.size
  }

  get guests(): number {
    return this.#confirmedGuests.size + this.#unconfirmedGuests.size
  }

  get unconfirmed(): { readonly signedIn: number; readonly guests: number } {
    return { signedIn: this.#unconfirmedSignIns.size, guests: this.#unconfirmedGuests.size }
  }

  add(id: string, record: NewSessionRecord): void {
    const shared = {
      handle: record.handle,
      user: record.user && this.#fileUnder(record.user, id),
      createdAt: record.createdAt,
      authenticatedAt: record.authenticatedAt,
      rememberMe: record.rememberMe,
      ip: this.#texts.share(record.ip),
      userAgent: this.#texts.share(record.userAgent),
      // Nearly every guest's, in as many copies as there are guests.
      storage: record.storage === '{}' ? '{}' : record.storage
    }
    const session = new MemoryRecord(shared, this.#termsOf(record))
    this.#idByHandle.set(session.handle, id)
    this.#shelfOf(session).set(id, session)
  }

  find(id: string): MemoryRecord | undefined {
    return (
      this.#confirmedSignIns.get(id) ??
      this.#confirmedGuests.peek(id) ??
      this.#unconfirmedSignIns.peek(id) ??
      this.#unconfirmedGuests.peek(id)
    )
  }

  /** Finds a session whose cookie has come back, and takes note of the visit. */
  visit(id: string, now: number): MemoryRecord | undefined {
    const session = this.#confirmedSignIns.get(id) ?? this.#confirmedGuests.get(id) ?? this.#confirm(id)
    if (session && session.lastSeenAt < now) session.lastSeenAt = now
    return session
  }

  remove(id: string): MemoryRecord | undefined {
    const session = this.find(id)
    if (!session) return undefined
    this.#shelfOf(session).delete(id)
    this.#idByHandle.delete(session.handle)
    if (session.user) this.#takeFrom(session.user, id)
    return session
  }

  idOf(handle: string): string | undefined {
    return this.#idByHandle.get(handle)
  }

  idsOfUser(userID: string): ReadonlySet<string> {
    return this.#users.get(userID)?.ids ?? new Set()
  }

  /** The ids of this moment, which stay the same while sessions come and go. */
  ids(): readonly string[] {
    return [...this.#idByHandle.values()]
  }

  /** Oldest first, like the next two. */
  unconfirmedGuests(): Iterable<MemoryEntry> {
    return oldestFirst(this.#unconfirmedGuests)
  }

  unconfirmedSignIns(): Iterable<MemoryEntry> {
    return oldestFirst(this.#unconfirmedSignIns)
  }

  confirmedGuests(): Iterable<MemoryEntry> {
    return oldestFirst(this.#confirmedGuests)
  }

  #confirm(id: string): MemoryRecord | undefined {
    const session = this.#unconfirmedSignIns.peek(id) ?? this.#unconfirmedGuests.peek(id)
    if (!session) return undefined
    this.#shelfOf(session).delete(id)
    session.confirmed = true
    this.#shelfOf(session).set(id, session)
    return session
  }

  #shelfOf(session: MemoryRecord): Pick<Map<string, MemoryRecord>, 'delete'> & { set(id: string, session: MemoryRecord): unknown } {
    if (session.user) return session.confirmed ? this.#confirmedSignIns : this.#unconfirmedSignIns
    return session.confirmed ? this.#confirmedGuests : this.#unconfirmedGuests
  }

  #termsOf({ createdAt, idleMilliseconds, absoluteEndAt }: NewSessionRecord): SessionTerms {
    const absoluteMilliseconds = absoluteEndAt - createdAt
    const name = `${idleMilliseconds} ${absoluteMilliseconds}`
    const terms = this.#terms.get(name) ?? { idleMilliseconds, absoluteMilliseconds }
    this.#terms.set(name, terms)
    return terms
  }

  /** The user's sessions share one object, as long as it says the same. */
  #fileUnder(given: DirectoryUser, id: string): DirectoryUser {
    const text = JSON.stringify(storedUser(given))
    const filed = this.#users.get(given.ID)
    if (filed) {
      filed.ids.add(id)
      if (JSON.stringify(filed.user) === text) return filed.user
    }
    const user = deepFreeze(JSON.parse(text) as DirectoryUser)
    if (!filed) this.#users.set(user.ID, { user, ids: new Set([id]) })
    return user
  }

  #takeFrom(user: DirectoryUser, id: string): void {
    const filed = this.#users.get(user.ID)
    filed?.ids.delete(id)
    if (filed?.ids.size === 0) this.#users.delete(user.ID)
  }
}

/** For a tree of what JSON knows. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze)
  return value
}

function* oldestFirst(shelf: LRUCache<string, MemoryRecord>): Iterable<MemoryEntry> {
  for (const id of shelf.rkeys()) {
    const session = shelf.peek(id)
    if (session) yield [id, session]
  }
}

/**
 * Keeps order only: how many there may be is for quotas and budgets to say, which look over several shelves. Bounded by `maxSize`, because a
 * cache with `max` takes the memory for all its entries at once.
 */
function newShelf(): LRUCache<string, MemoryRecord> {
  return new LRUCache({ maxSize: Number.MAX_SAFE_INTEGER, sizeCalculation: () => 1 })
}
