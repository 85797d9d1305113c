import type { DirectoryUser } from '../../providers/directory-provider.js'
import { type NewSessionRecord, type SessionRecord, toleratedClockLeadMilliseconds } from '../../sessions/session-store.js'

/**
 * How long sessions of one kind live. A process knows a handful of these, which its sessions share: a point in time of their own would
 * take each of a million sessions 24 bytes more.
 */
export interface SessionTerms {
  readonly idleMilliseconds: number
  readonly absoluteMilliseconds: number
}

/** A session in this process's memory: the one object that changes, which nobody outside the store ever holds. */
export class MemoryRecord {
  readonly id: string
  readonly handle: string
  readonly user: DirectoryUser | null
  createdAt: number
  readonly authenticatedAt: number | null
  lastSeenAt: number
  readonly terms: SessionTerms
  confirmed = false
  readonly rememberMe: boolean | null
  readonly ip: string
  readonly userAgent: string
  version = 0
  storage: string
  /** Its neighbours in the one `RecordList` that it stands in, where it stands in any. */
  previous: MemoryRecord | null = null
  next: MemoryRecord | null = null

  constructor(id: string, record: Omit<NewSessionRecord, 'idleMilliseconds' | 'absoluteEndAt'>, terms: SessionTerms) {
    this.id = id
    this.handle = record.handle
    this.user = record.user
    this.createdAt = record.createdAt
    this.authenticatedAt = record.authenticatedAt
    this.lastSeenAt = record.createdAt
    this.terms = terms
    this.rememberMe = record.rememberMe
    this.ip = record.ip
    this.userAgent = record.userAgent
    this.storage = record.storage
  }

  get idleMilliseconds(): number {
    return this.terms.idleMilliseconds
  }

  get absoluteEndAt(): number {
    return this.createdAt + this.terms.absoluteMilliseconds
  }

  /** Corrects what was written by a clock that ran ahead. */
  putTimesBack(now: number): void {
    const latest = now + toleratedClockLeadMilliseconds
    if (this.createdAt > latest) this.createdAt = now
    if (this.lastSeenAt > latest) this.lastSeenAt = now
  }

  /** What others may hold: it does not change with the session, and changing it changes nothing. `user` is frozen. */
  snapshot(): SessionRecord {
    return {
      handle: this.handle,
      user: this.user,
      createdAt: this.createdAt,
      authenticatedAt: this.authenticatedAt,
      lastSeenAt: this.lastSeenAt,
      idleMilliseconds: this.idleMilliseconds,
      absoluteEndAt: this.absoluteEndAt,
      confirmed: this.confirmed,
      rememberMe: this.rememberMe,
      ip: this.ip,
      userAgent: this.userAgent,
      version: this.version,
      storage: this.storage
    }
  }
}
