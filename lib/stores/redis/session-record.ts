import { hash } from 'node:crypto'

import { type NewSessionRecord, type SessionRecord, storedUser } from '../../sessions/session-store.js'

const format = 2
const layout = /^\d+ ([01]) (\d{15}) (\d+) (\d{15}) (\d{15}) (\d+) \S+[^\n]*\n([^\n]*)\n([^\n]*)\n([^]*)$/

/**
 * A session as Redis keeps it. The text has four lines, of which the storage is the last and may be many.
 *
 *     2 <confirmed> <lastSeenAt> <idleMilliseconds> <absoluteEndAt> <createdAt> <version> <mark of the last update>
 *     <member>
 *     {"user":...,"rememberMe":...,"ip":...,"userAgent":...}
 *     <storage>
 *
 * The times of the first line have 15 digits each, so that they can be written in place. `member` is what the indexes hold: user key, time of
 * login, hash of the id, handle. It alone is enough to clear the indexes when the record is gone.
 *
 * Versions of this package run side by side while a site is updated. So the leading number, the format, may rise as long as its records are
 * read by what reads this one: a later format adds words to the end of the first line, or members to the third, and each version keeps
 * what it does not know. A text that is nothing of the kind is nobody's session here, and is left alone.
 */
export function encodeSession(idHash: string, record: NewSessionRecord) {
  const { user, createdAt, rememberMe, ip, userAgent } = record
  const owner = user ? `${userKey(user.ID)}:${digits(record.authenticatedAt ?? createdAt)}` : ':'
  const member = `${owner}:${idHash}:${encodeHandle(record.handle)}`
  const times = [digits(createdAt), Math.floor(record.idleMilliseconds), digits(record.absoluteEndAt), digits(createdAt)]
  const details = { user: user && storedUser(user), rememberMe, ip, userAgent }
  return { member, text: [[format, 0, ...times, 0, '-'].join(' '), member, JSON.stringify(details), record.storage].join('\n') }
}

/** `null` for what is no session, or not one that this version can read. */
export function decodeSession(text: string): SessionRecord | null {
  const [, confirmed, lastSeenAt, idle, absoluteEndAt, createdAt, version, member, details, storage] = layout.exec(text) ?? []
  if (member === undefined || details === undefined || storage === undefined) return null
  const [, authenticatedAt, , handle] = member.split(':')
  const known = parseDetails(details)
  if (known === null || handle === undefined) return null
  const { user, rememberMe, ip, userAgent } = known
  return {
    handle: decodeURIComponent(handle),
    user,
    createdAt: Number(createdAt),
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
  return hash('sha256', id, 'base64url')
}

/** The hash that a session's text names. */
export function hashInText(text: string): string {
  return text.split('\n', 2)[1]?.split(':')[2] ?? ''
}

/** What a user's sessions begin with in the index: short, however long the ID, and free of separators. 128 bits are beyond guessing. */
export function userKey(ID: string): string {
  return hash('sha256', ID, 'base64url').slice(0, 22)
}

/** Handles are one word in an index, whatever is in them. */
export function encodeHandle(handle: string): string {
  return encodeURIComponent(handle)
}

// As many digits for every time, so that their order as text is their order in time.
function digits(time: number): string {
  return String(Math.floor(time)).padStart(15, '0')
}

function parseDetails(details: string) {
  try {
    return JSON.parse(details) as Pick<SessionRecord, 'user' | 'rememberMe' | 'ip' | 'userAgent'>
  } catch {
    return null
  }
}
