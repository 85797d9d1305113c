import type { DirectoryUser } from '../users/directory-provider.js'
import type { NewSessionRecord, SessionRecord } from './session-store.js'

/** A session in this process's memory: the one object that changes, which nobody outside the store ever holds. */
export class ResidentSession {
  readonly handle: string
  readonly user: DirectoryUser | null
  readonly createdAt: number
  readonly authenticatedAt: number | null
  lastSeenAt: number
  readonly idleMilliseconds: number
  readonly endsAt: number
  confirmed = false
  readonly ip: string
  readonly userAgent: string
  version = 0
  storage: string

  constructor(record: NewSessionRecord) {
    this.handle = record.handle
    this.user = record.user
    this.createdAt = record.createdAt
    this.authenticatedAt = record.authenticatedAt
    this.lastSeenAt = record.createdAt
    this.idleMilliseconds = record.idleMilliseconds
    this.endsAt = record.endsAt
    this.ip = record.ip
    this.userAgent = record.userAgent
    this.storage = record.storage
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
      endsAt: this.endsAt,
      confirmed: this.confirmed,
      ip: this.ip,
      userAgent: this.userAgent,
      version: this.version,
      storage: this.storage
    }
  }
}
