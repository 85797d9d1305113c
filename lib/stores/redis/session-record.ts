import { createHash } from 'node:crypto'

import { DirectoryError } from '../../errors.js'
import { type NewSessionRecord, type SessionRecord, storedUser } from '../../sessions/session-store.js'

/**
 * A session as Redis keeps it: four lines, of which the storage is the last and may be many. Only the first is ever written in place.
 *
 *     1 <confirmed> <lastSeenAt> <idleMilliseconds> <absoluteEndAt> <version> <mark of the last update>
 *     <member>
 *     {"user":...,"createdAt":...,"rememberMe":...,"ip":...,"userAgent":...}
 *     <storage>
 *
 * The leading 1 is the version of this format; another version's records are never touched. `member` is what the indexes hold: user key, time of
 * login, hash of the id, handle. It alone is enough to clear the indexes when the record is gone.
 */
export interface StoredSession {
  readonly member: string
  readonly text: string
}

const layout = /^1 ([01]) (\d{15}) (\d+) (\d+) (\d+) \S+\n([^\n]*)\n([^\n]*)\n([^]*)$/

export function encodeSession(hash: string, record: NewSessionRecord): StoredSession {
  const { user, createdAt, rememberMe, ip, userAgent } = record
  const member = [
    user ? userKey(user.ID) : '',
    user ? digits(record.authenticatedAt ?? createdAt) : '',
    hash,
    encodeHandle(record.handle)
  ].join(':')
  const first = ['1', '0', digits(createdAt), Math.floor(record.idleMilliseconds), Math.floor(record.absoluteEndAt), 0, '-'].join(' ')
  const details = { user: user && storedUser(user), createdAt, rememberMe, ip, userAgent }
  return { member, text: [first, member, JSON.stringify(details), record.storage].join('\n') }
}

export function decodeSession(text: string): SessionRecord {
  const [, confirmed, lastSeenAt, idle, absoluteEndAt, version, member, details, storage] = layout.exec(text) ?? []
  if (member === undefined || details === undefined || storage === undefined) throw unreadable()
  const [, authenticatedAt, , handle] = member.split(':')
  const { user, createdAt, rememberMe, ip, userAgent } = parseDetails(details)
  return {
    handle: decodeURIComponent(handle ?? ''),
    user,
    createdAt,
    authenticatedAt: user ? Number(authenticatedAt) : null,
    lastSeenAt: Number(lastSeenAt),
    idleMilliseconds: Number(idle),
    absoluteEndAt: Number(absoluteEndAt),
    confirmed: confirmed === '1',
    rememberMe,
    ip,
    userAgent,
    version: Number(version),
    storage
  }
}

/** Who reads the server's memory cannot use what is there as a cookie (CVE-2019-16782 of a peer). 43 characters of base64url. */
export function hashSessionId(id: string): string {
  return createHash('sha256').update(id).digest('base64url')
}

/** What a user's sessions begin with in the index: short, however long the ID, and free of separators. 128 bits are beyond guessing. */
export function userKey(ID: string): string {
  return createHash('sha256').update(ID).digest('base64url').slice(0, 22)
}

/** Handles are one word in an index, whatever is in them. */
export function encodeHandle(handle: string): string {
  return encodeURIComponent(handle)
}

// As many digits for every time, so that their order as text is their order in time, and the first line keeps its length.
function digits(time: number): string {
  return String(Math.floor(time)).padStart(15, '0')
}

function parseDetails(details: string) {
  try {
    return JSON.parse(details) as Pick<SessionRecord, 'user' | 'createdAt' | 'rememberMe' | 'ip' | 'userAgent'>
  } catch {
    // Without the cause: the parser's message quotes the text.
    throw unreadable()
  }
}

function unreadable(): DirectoryError {
  return new DirectoryError('ERR_STORE_UNAVAILABLE', 'A session record in Redis is not of the format that this version reads')
}
