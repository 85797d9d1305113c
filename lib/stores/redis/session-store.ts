import { randomBytes } from 'node:crypto'

import { readerOf } from '../../checks/member-reader.js'
import { DirectoryError } from '../../errors.js'
import { createScript, createValues } from './create-script.js'
import { RemovalListeners } from '../removal-listeners.js'
import { redisKeyBase, type RedisClient } from './client.js'
import { RedisScriptRunner } from './script-runner.js'
import type { RedisScript } from './script.js'
import { decodeSession, encodeHandle, encodeSession, hashSessionId, userKey } from './session-record.js'
import { countScript, endScript, evictionPolicyScript, listScript, readScript, resumeScript, updateScript } from './session-scripts.js'
import {
  expiresAt,
  expiryReason,
  type CreateOptions,
  type NewSessionRecord,
  type RemovedSession,
  type SessionCounts,
  type SessionRecord,
  type SessionStore
} from '../../sessions/session-store.js'

/** The client, and how our keys and deadlines are. */
export interface RedisSessionStoreOptions {
  /** The host's client: `redis` 5 or 6, or `ioredis`. It stays the host's: connected and closed there. */
  readonly client: RedisClient
  /** What our keys begin with. Default `express-4d-directory:`. */
  readonly prefix?: string | undefined
  /** Within how many milliseconds a call is answered or rejected, whatever the client's settings. Default 1000. */
  readonly timeoutMilliseconds?: number | undefined
  /** How many guests are kept; beyond, the guest idle longest is evicted. Default 10000. */
  readonly maxGuests?: number | undefined
}

/** How long a key outlives its session: long enough for clocks that differ and for somebody to tell that it has expired. */
const graceMilliseconds = 24 * 60 * 60 * 1000

const listedAtOnce = 100

/**
 * Sessions in Redis 7.0 or later, shared by all processes that use the same server and prefix. Each verb is one script and one round trip.
 *
 * The keys, for operators. All begin with `express-4d-directory:{sessions}:`; the braces are a hash tag, so that under Redis Cluster they are in one
 * slot, on one node: Cluster makes the store survive a node, not larger. A prefix such as `{shop}:` chooses another slot.
 *
 * | key | type | what |
 * | --- | --- | --- |
 * | `session:<hash>` | string | the session; `<hash>` is the SHA-256 of its id in base64url, and the id itself is nowhere |
 * | `sessions` | sorted set | all members, by user and time of login |
 * | `signed-in:expiry`, `guests:expiry` | sorted set | members by the time at which they expire |
 * | `signed-in:unconfirmed`, `guests:unconfirmed` | sorted set | members whose cookie has not come back, by `createdAt` |
 * | `guests:last-seen` | sorted set | guests by their last request |
 * | `handles` | hash | handle to `<hash>` |
 *
 * A member is `<user>:<time of login>:<hash>:<handle>`, where `<user>` is 22 characters of the SHA-256 of the user's ID, and empty for a guest.
 * Sessions end by the time of whoever asks; the keys' own time to live is a day longer and only collects rubbish. To end all
 * sessions by hand, delete all of these keys together.
 *
 * What fails rejects with `ERR_STORE_UNAVAILABLE` within the deadline, and works again when Redis does. With full memory only `create` and `update` are
 * refused; on a read-only replica `read` and `list` go on. A record of another version or type is refused and left alone; `list` is
 * refused as long as there is one.
 */
export class RedisSessionStore implements SessionStore {
  readonly timeoutMilliseconds: number
  readonly #runner: RedisScriptRunner
  readonly #base: string
  readonly #maxGuests: number
  readonly #removals = new RemovalListeners()
  #checkedEviction = false

  constructor(options: RedisSessionStoreOptions) {
    const reader = readerOf(options, ['client', 'prefix', 'timeoutMilliseconds', 'maxGuests'], 'new RedisSessionStore({ client })')
    // Node's timers take no more than 2^31 - 1 milliseconds, and as many guests are beyond any server's memory.
    const range = { from: 1, to: 2 ** 31 - 1 }
    this.timeoutMilliseconds = reader.wholeNumber('timeoutMilliseconds', { ...range, unit: 'milliseconds' }, 1000)
    this.#maxGuests = reader.wholeNumber('maxGuests', { ...range, unit: 'sessions' }, 10_000)
    this.#base = redisKeyBase(reader, 'sessions')
    this.#runner = new RedisScriptRunner(options.client, this.timeoutMilliseconds)
  }

  async create(id: string, record: NewSessionRecord, { replaces, quotas, now }: CreateOptions) {
    const { member, text } = encodeSession(hashSessionId(id), record)
    const expiry = expiresAt({ ...record, lastSeenAt: record.createdAt })
    const values = createValues({
      member,
      text,
      createdAt: record.createdAt,
      expiresAt: expiry,
      keyMilliseconds: Math.max(0, expiry - now) + graceMilliseconds,
      replacedHash: replaces ? hashSessionId(replaces.id) : '',
      replacedVersion: replaces?.version ?? 0,
      sessions: finite(quotas.sessions),
      guestSessions: finite(quotas.guestSessions),
      sessionsPerUser: finite(quotas.sessionsPerUser),
      whenUserIsFull: quotas.whenUserIsFull,
      maxGuests: this.#maxGuests
    })
    const [outcome, removed] = await this.#run(createScript, [now, ...values])
    this.#tell(removed)
    return oneOf(outcome, ['created', 'conflict', 'full', 'user-full'] as const)
  }

  async resume(ids: readonly string[], now: number): Promise<readonly (SessionRecord | null)[]> {
    if (ids.length === 0) return []
    const [found, removed] = await this.#run(resumeScript, [now, graceMilliseconds, ...ids.map(hashSessionId)])
    this.#tell(removed)
    return list(found).map(recordOrNull)
  }

  async update(id: string, version: number, storage: string, now: number): Promise<'updated' | 'conflict' | 'ended'> {
    const mark = randomBytes(6).toString('base64url')
    const [outcome, removed] = await this.#run(updateScript, [now, hashSessionId(id), version, storage, mark])
    this.#tell(removed)
    return oneOf(outcome, ['updated', 'conflict', 'ended'] as const)
  }

  async read(id: string, now: number): Promise<SessionRecord | null> {
    const [found] = await this.#run(readScript, [now, hashSessionId(id)])
    return recordOrNull(found)
  }

  async end(ids: readonly string[], now: number): Promise<readonly (SessionRecord | null)[]> {
    const records: (SessionRecord | null)[] = []
    for (const id of ids) records.push(await this.#end(now, hashSessionId(id), ''))
    return records
  }

  endByHandle(handle: string, now: number): Promise<SessionRecord | null> {
    return this.#end(now, '', encodeHandle(handle))
  }

  async *list({ userID }: { readonly userID?: string }, now: number): AsyncIterable<SessionRecord> {
    // In the order of the members, which never change: what stays is met exactly once, whatever comes and goes.
    const [first, last] = userID === undefined ? ['-', '+'] : [`[${userKey(userID)}:`, `(${userKey(userID)};`]
    let from: string | null = first
    while (from !== null) {
      const [found, next] = await this.#run(listScript, [now, from, last, listedAtOnce])
      for (const text of list(found)) yield decodeSession(textOf(text))
      from = isNothing(next) ? null : `(${textOf(next)}`
    }
  }

  async count(now: number): Promise<SessionCounts> {
    const [signedIn, guests, unconfirmedSignedIn, unconfirmedGuests, removed] = await this.#run(countScript, [now])
    this.#tell(removed)
    const unconfirmed = { signedIn: Number(unconfirmedSignedIn), guests: Number(unconfirmedGuests) }
    return { signedIn: Number(signedIn), guests: Number(guests), unconfirmed }
  }

  /** A listener that throws harms no caller: it becomes a process warning. */
  watchRemovals(listener: (removed: RemovedSession) => void): void {
    this.#removals.add(listener)
  }

  async #end(now: number, hash: string, handle: string): Promise<SessionRecord | null> {
    const [ended, removed] = await this.#run(endScript, [now, hash, handle])
    this.#tell(removed)
    return recordOrNull(ended)
  }

  async #run(script: RedisScript, values: readonly (string | number)[]): Promise<readonly unknown[]> {
    const answer = list(await this.#runner.run(script, this.#base, values))
    if (!this.#checkedEviction) {
      this.#checkedEviction = true
      void this.#warnOfEviction()
    }
    return answer
  }

  // Redis would drop sessions of people who are at work, and parts of the indexes, when its memory is full.
  async #warnOfEviction(): Promise<void> {
    try {
      const [policy] = list(await this.#runner.run(evictionPolicyScript, this.#base, []))
      if (isNothing(policy) || ['noeviction', 'volatile-ttl'].includes(textOf(policy))) return
      process.emitWarning(`Redis has maxmemory-policy ${textOf(policy)} and may drop live sessions: noeviction or volatile-ttl is wanted`, {
        code: 'EXPRESS_4D_DIRECTORY_REDIS_EVICTION'
      })
    } catch {
      // Nobody asked; the next real command will say what is wrong.
    }
  }

  #tell(removed: unknown): void {
    const pairs = list(removed)
    for (let index = 0; index + 1 < pairs.length; index += 2) {
      const record = decodeSession(textOf(pairs[index + 1]))
      const reason = oneOf(pairs[index], ['expired', 'replaced', 'evicted', 'reclaimed', 'user-full'] as const)
      this.#removals.tell({ record, reason: reason === 'expired' ? expiryReason(record) : reason })
    }
  }
}

function finite(quota: number): number {
  return Math.min(quota, Number.MAX_SAFE_INTEGER)
}

function recordOrNull(found: unknown): SessionRecord | null {
  return isNothing(found) ? null : decodeSession(textOf(found))
}

// What Lua calls false or nil.
function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === false
}

// A client may be set to give buffers.
function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (Buffer.isBuffer(value)) return value.toString()
  throw new DirectoryError('ERR_STORE_UNAVAILABLE', 'Redis answered with something other than text')
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[]
  throw new DirectoryError('ERR_STORE_UNAVAILABLE', 'Redis answered with something other than a list')
}

function oneOf<T extends string>(value: unknown, words: readonly T[]): T {
  const word = words.find((known) => known === textOf(value))
  if (word === undefined) throw new DirectoryError('ERR_STORE_UNAVAILABLE', 'Redis answered with an unknown word')
  return word
}
