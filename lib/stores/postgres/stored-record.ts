import { hash } from 'node:crypto'

import type { SessionRecord } from '../../sessions/session-store.js'

/** What the store never asks for is in one JSON, written once. */
export type RecordDetails = Pick<SessionRecord, 'handle' | 'user' | 'rememberMe' | 'ip' | 'userAgent'>

/** A SHA-256 as PostgreSQL writes a bytea: `\\x` and hexadecimal digits. */
export type Hash = string

/** A record as the functions tell it. */
export interface StoredRecord {
  /** Of the session's id. */
  readonly hash: Hash
  readonly details: RecordDetails
  readonly kept: Omit<SessionRecord, keyof RecordDetails>
}

/** The SQL that makes a `StoredRecord` of a row. */
export function recordAsJson(row: string): string {
  return `json_build_object(
    'hash', '\\x' || encode(${row}.id, 'hex'), 'details', ${row}.details, 'kept', json_build_object(
      'createdAt', ${row}.created_at, 'authenticatedAt', ${row}.authenticated_at, 'lastSeenAt', ${row}.last_seen_at,
      'idleMilliseconds', ${row}.idle_milliseconds, 'absoluteEndAt', ${row}.ends_at, 'confirmed', ${row}.confirmed,
      'version', ${row}.version, 'storage', ${row}.storage
    )
  )`
}

export function readRecord({ details, kept }: StoredRecord): SessionRecord {
  return { ...details, ...kept }
}

export function byHash(records: readonly StoredRecord[]): Map<Hash, StoredRecord> {
  return new Map(records.map((record) => [record.hash, record]))
}

/** What is stored instead of the id: whoever reads the table, or a backup of it, cannot take a session over (CVE-2019-16782 of a peer). */
export function hashOfID(id: string): Hash {
  return `\\x${hash('sha256', id)}`
}

/** Handles and users' IDs may be any string. In UTF-8 all lone surrogates would be one, hence UTF-16. */
export function hashOfName(name: string): Hash {
  return `\\x${hash('sha256', Buffer.from(name, 'utf16le'))}`
}
