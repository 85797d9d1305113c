import { LRUCache } from 'lru-cache'

import { deepFreeze } from '../../checks/json-value.js'
import type { DirectoryUser } from '../../providers/directory-provider.js'
import { emptyStorage } from '../../sessions/session-storage.js'
import { type NewSessionRecord, storedUser } from '../../sessions/session-store.js'
import { MemoryRecord, type SessionTerms } from './memory-record.js'
import { RecordList } from './record-list.js'
import { TextPool } from './text-pool.js'

const byCreation = (record: MemoryRecord): number => record.createdAt
const byLastVisit = (record: MemoryRecord): number => record.lastSeenAt

interface UserSessions {
  readonly user: DirectoryUser
  readonly records: Set<MemoryRecord>
}

/**
 * The sessions in memory, found by id, by handle and by user. Those that may have to make room are in lists besides, by kind, so that the first of each
 * kind is found at once. A confirmed sign-in is in none of them: it never makes room.
 */
export class MemoryTable {
  readonly #records = new Map<string, MemoryRecord>()
  readonly #byHandle = new Map<string, MemoryRecord>()
  readonly #users = new Map<string, UserSessions>()
  /** As few as there are unconfirmed sign-ins. */
  readonly #unconfirmedByUser = new Map<string, Set<MemoryRecord>>()
  readonly #texts = new TextPool()
  readonly #terms = new LRUCache<string, SessionTerms>({ max: 256 })
  /** The latest time that any session was given: a clock that is far behind it has been put back. */
  latestTime = -Infinity

  readonly unconfirmedSignIns = new RecordList(byCreation)
  /** Guests whose cookie has not come back, and that stored nothing. */
  readonly emptyGuests = new RecordList(byCreation)
  /** Guests whose cookie has not come back, and that stored something all the same. */
  readonly storingGuests = new RecordList(byCreation)
  readonly confirmedGuests = new RecordList(byLastVisit)

  get size(): number {
    return this.#records.size
  }

  get signedIn(): number {
    return this.size - this.guests
  }

  get guests(): number {
    return this.unconfirmedGuests + this.confirmedGuests.size
  }

  get unconfirmedGuests(): number {
    return this.emptyGuests.size + this.storingGuests.size
  }

  add(id: string, record: NewSessionRecord): MemoryRecord {
    const shared = {
      ...record,
      user: record.user && this.#shareUser(record.user),
      ip: this.#texts.share(record.ip),
      userAgent: this.#texts.share(record.userAgent),
      // Nearly every guest's, in as many copies as there are guests.
      storage: record.storage === emptyStorage ? emptyStorage : record.storage
    }
    const added = new MemoryRecord(id, shared, this.#shareTerms(record))
    this.#records.set(id, added)
    this.#byHandle.set(added.handle, added)
    if (added.user) this.#addToUser(added.user, added)
    this.#listOf(added)?.add(added)
    this.#noteTime(added.createdAt)
    return added
  }

  find(id: string): MemoryRecord | undefined {
    return this.#records.get(id)
  }

  findByHandle(handle: string): MemoryRecord | undefined {
    return this.#byHandle.get(handle)
  }

  /** Takes note of a session's cookie, which has come back. */
  visit(record: MemoryRecord, now: number): void {
    const list = this.#listOf(record)
    list?.remove(record)
    if (!record.confirmed) this.#forgetUnconfirmed(record)
    record.confirmed = true
    if (record.lastSeenAt < now) record.lastSeenAt = now
    this.#listOf(record)?.add(record)
    this.#noteTime(now)
  }

  update(record: MemoryRecord, storage: string): void {
    this.#listOf(record)?.remove(record)
    record.storage = storage
    record.version++
    this.#listOf(record)?.add(record)
  }

  remove(record: MemoryRecord): void {
    this.#listOf(record)?.remove(record)
    this.#records.delete(record.id)
    this.#byHandle.delete(record.handle)
    if (!record.user) return
    this.#forgetUnconfirmed(record)
    const sessions = this.#users.get(record.user.ID)
    sessions?.records.delete(record)
    if (sessions?.records.size === 0) this.#users.delete(record.user.ID)
  }

  /** Corrects the times of all sessions after the clock was put back. */
  putTimesBack(now: number): void {
    this.latestTime = -Infinity
    for (const record of this.#records.values()) {
      record.putTimesBack(now)
      this.#noteTime(record.createdAt)
      this.#noteTime(record.lastSeenAt)
    }
    for (const list of [this.unconfirmedSignIns, this.emptyGuests, this.storingGuests, this.confirmedGuests]) list.sort()
  }

  /** The sessions of this moment, or one user's: they stay the same while sessions come and go. */
  all(): readonly MemoryRecord[] {
    return [...this.#records.values()]
  }

  ofUser(userID: string): ReadonlySet<MemoryRecord> {
    return this.#users.get(userID)?.records ?? new Set()
  }

  /** A user's sign-ins whose cookie has not come back. */
  unconfirmedOfUser(userID: string): ReadonlySet<MemoryRecord> {
    return this.#unconfirmedByUser.get(userID) ?? new Set()
  }

  #listOf({ user, confirmed, storage }: MemoryRecord): RecordList | null {
    if (user) return confirmed ? null : this.unconfirmedSignIns
    if (confirmed) return this.confirmedGuests
    return storage === emptyStorage ? this.emptyGuests : this.storingGuests
  }

  #noteTime(time: number): void {
    if (time > this.latestTime) this.latestTime = time
  }

  #shareTerms({ createdAt, idleMilliseconds, absoluteEndAt }: NewSessionRecord): SessionTerms {
    const absoluteMilliseconds = absoluteEndAt - createdAt
    const name = `${idleMilliseconds} ${absoluteMilliseconds}`
    const terms = this.#terms.get(name) ?? { idleMilliseconds, absoluteMilliseconds }
    this.#terms.set(name, terms)
    return terms
  }

  /** The user's sessions share one object, as long as it says the same. */
  #shareUser(given: DirectoryUser): DirectoryUser {
    const text = JSON.stringify(storedUser(given))
    const known = this.#users.get(given.ID)?.user
    return known && JSON.stringify(known) === text ? known : deepFreeze(JSON.parse(text) as DirectoryUser)
  }

  #addToUser(user: DirectoryUser, record: MemoryRecord): void {
    const sessions = this.#users.get(user.ID) ?? { user, records: new Set() }
    this.#users.set(user.ID, sessions)
    sessions.records.add(record)
    const unconfirmed = this.#unconfirmedByUser.get(user.ID) ?? new Set()
    this.#unconfirmedByUser.set(user.ID, unconfirmed)
    unconfirmed.add(record)
  }

  #forgetUnconfirmed(record: MemoryRecord): void {
    if (!record.user) return
    const unconfirmed = this.#unconfirmedByUser.get(record.user.ID)
    unconfirmed?.delete(record)
    if (unconfirmed?.size === 0) this.#unconfirmedByUser.delete(record.user.ID)
  }
}
