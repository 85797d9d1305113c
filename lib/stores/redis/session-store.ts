import { randomBytes } from 'node:crypto'

import { DirectoryError } from '../../errors.js'
import { readerOf } from '../../checks/member-reader.js'
import { RemovalListeners } from '../removal-listeners.js'
import { readBudgets, readTiming } from '../store-options.js'
import { isAhead, isVisitDue, wholeMilliseconds } from '../stored-times.js'
import { isNothing, listOf, oneOf, textOf } from './answers.js'
import { redisKeyBase, type RedisClient } from './client.js'
import { createLimits, createScript } from './create-script.js'
import type { RedisScript } from './script.js'
import { RedisSessionCaller } from './session-caller.js'
import { decodeSession, encodeHandle, encodeSession, hashInText, hashSessionId, userKey } from './session-record.js'
import { countScript, endScript, listScript, updateScript, visitScript } from './session-scripts.js'
import type {
  CreateOptions,
  NewSessionRecord,
  RemovedSession,
  SessionCounts,
  SessionRecord,
  SessionStore
} from '../../sessions/session-store.js'
import { expiresAt, expiryReason } from '../../sessions/session-store.js'

/** The client, and how our keys, deadlines and budgets are. */
export interface RedisSessionStoreOptions {
  /** The host's client: `redis` 5 or 6, or `ioredis`. It stays the host's: connected and closed there. */
  readonly client: RedisClient
  /** What our keys begin with. Default `express-4d-directory:`. */
  readonly prefix?: string | undefined
  /** Within how many milliseconds a call is answered or rejected, whatever the client's settings. Default 1000. */
  readonly timeoutMilliseconds?: number | undefined
  /** How many guests are kept; beyond, unconfirmed guests are evicted first, then those idle longest. Default 10000. */
  readonly maxGuests?: number | undefined
  /** How many sign-ins are kept whose cookie has not come back; beyond, the oldest of them is evicted. Default 10000. */
  readonly maxUnconfirmed?: number | undefined
  /** After how many seconds since its last slide a request slides a session again; 0: each request. Until then a request is one plain read. Default 10. */
  readonly slideAfterSeconds?: number | undefined
  /**
   * How many replicas must have a login, an update or an ending before it is answered, so that no fail-over undoes it. Needs a client of one connection
   * and opens a second one, which `close` ends. Too few in time: `ERR_STORE_NOT_REPLICATED`. Default 0: what the master has not passed on when it dies is
   * lost, logouts included.
   */
  readonly minReplicas?: number | undefined
}

const known = ['client', 'prefix', 'timeoutMilliseconds', 'maxGuests', 'maxUnconfirmed', 'slideAfterSeconds', 'minReplicas']

const listedAtOnce = 100

type Records = readonly (SessionRecord | null)[]

/**
 * Sessions in Redis (7.0 or later) or Valkey (8.0 or later), shared by all processes that use the same server and prefix. A verb is one round trip:
 * `resume` and `read` a plain `MGET` while nothing is due, the others one script each.
 *
 * The keys, for operators. All begin with `express-4d-directory:{sessions}:`; the braces are a hash tag, so that under Redis Cluster they are in one
 * slot, on one node: Cluster makes the store survive a node, not larger. A prefix such as `{shop}:` chooses another slot.
 *
 * | key | type | what |
 * | --- | --- | --- |
 * | `session:<hash>` | string | the session; `<hash>` is the SHA-256 of its id in base64url, and the id itself is nowhere |
 * | `sessions` | sorted set | all members, by user and time of login |
 * | `signed-in:expiry`, `guests:expiry` | sorted set | confirmed members by the time at which they expire |
 * | `signed-in:unconfirmed:expiry`, `guests:unconfirmed:expiry` | sorted set | the same of those whose cookie has not come back |
 * | `signed-in:unconfirmed`, `signed-in:unconfirmed:users` | sorted set | unconfirmed sign-ins by `createdAt`, and by user |
 * | `guests:order` | sorted set | guests in the order in which they make room |
 * | `handles` | hash | handle to `<hash>` |
 * | `latest`, `sweep` | string | the latest time that was stored, and where a search for later ones is, after a clock was put back |
 * | `barrier` | string | what replicas are waited for with |
 *
 * A member is `<user>:<time of login>:<hash>:<handle>`, where `<user>` is 22 characters of the SHA-256 of the user's ID, and empty for a guest.
 * Sessions end by the time of whoever asks; the keys' own time to live is a day longer and only collects rubbish. To end all
 * sessions by hand, delete all of these keys together.
 *
 * What fails rejects with `ERR_STORE_UNAVAILABLE` within the deadline, and works again when Redis does. With full memory only `create` and `update` are
 * refused; on a read-only replica `read`, `list` and a `resume` where nothing is due go on. A text under a session's key that this version cannot read is
 * no session, and is left alone.
 */
export class RedisSessionStore implements SessionStore {
  readonly timeoutMilliseconds: number
  readonly slideMilliseconds: number
  readonly #caller: RedisSessionCaller
  readonly #budgets: ReturnType<typeof readBudgets>
  readonly #removals = new RemovalListeners()

  constructor(options: RedisSessionStoreOptions) {
    const reader = readerOf(options, known, 'new RedisSessionStore({ client })')
    const { timeoutMilliseconds, slideMilliseconds } = readTiming(reader)
    this.timeoutMilliseconds = timeoutMilliseconds
    this.slideMilliseconds = slideMilliseconds
    this.#budgets = readBudgets(reader)
    const minReplicas = reader.wholeNumber('minReplicas', { from: 0, to: 100, unit: 'replicas' }, 0)
    this.#caller = new RedisSessionCaller(options.client, redisKeyBase(reader, 'sessions'), timeoutMilliseconds, minReplicas)
  }

  async create(id: string, record: NewSessionRecord, { replaces, quotas, now }: CreateOptions) {
    const hash = hashSessionId(id)
    const { member, text } = encodeSession(hash, record)
    const replaced = replaces ? [hashSessionId(replaces.id), replaces.version, replaces.mustLive ? 1 : 0] : ['', 0, 0]
    const values = [member, text, ...replaced, createLimits(quotas, this.#budgets)]
    try {
      const [outcome] = await this.#write(createScript, now, values, record.user !== null || replaces !== null)
      return oneOf(outcome, ['created', 'ended', 'conflict', 'full', 'user-full'] as const)
    } catch (error) {
      const mayHaveHappened = error instanceof DirectoryError && error.code === 'ERR_STORE_NOT_REPLICATED'
      // Nobody has its id, so nobody waits for this.
      if (mayHaveHappened) this.#caller.run(endScript, [wholeMilliseconds(now), '', hash]).catch(() => undefined)
      throw error
    }
  }

  resume(ids: readonly string[], now: number): Promise<readonly (SessionRecord | null)[]> {
    return this.#visit(ids, now, this.slideMilliseconds)
  }

  async update(id: string, version: number, storage: string, now: number): Promise<'updated' | 'conflict' | 'ended'> {
    const mark = randomBytes(6).toString('base64url')
    const [outcome] = await this.#write(updateScript, now, [hashSessionId(id), version, storage, mark], true)
    return oneOf(outcome, ['updated', 'conflict', 'ended'] as const)
  }

  async read(id: string, now: number): Promise<SessionRecord | null> {
    const [record] = await this.#visit([id], now, null)
    return record ?? null
  }

  end(ids: readonly string[], now: number): Promise<readonly (SessionRecord | null)[]> {
    return this.#end(['', ...ids.map(hashSessionId)], now)
  }

  async endByHandle(handle: string, now: number): Promise<SessionRecord | null> {
    const [ended] = await this.#end([encodeHandle(handle)], now)
    return ended ?? null
  }

  async *list({ userID }: { readonly userID?: string }, now: number): AsyncIterable<SessionRecord> {
    // In the order of the members, which never change: what stays is met exactly once, whatever comes and goes.
    const [first, last] = userID === undefined ? ['-', '+'] : [`[${userKey(userID)}:`, `(${userKey(userID)};`]
    let from: string | null = first
    while (from !== null) {
      const [found, next] = await this.#caller.run(listScript, [wholeMilliseconds(now), from, last, listedAtOnce])
      const texts = listOf(found).map(textOf)
      for (const record of await this.#met(texts.map(hashInText), texts, now, null)) if (record) yield record
      from = isNothing(next) ? null : `(${textOf(next)}`
    }
  }

  async count(now: number): Promise<SessionCounts> {
    const [guests, signedIn, unconfirmedGuests, unconfirmedSignedIn] = await this.#write(countScript, now, [])
    const unconfirmed = { signedIn: Number(unconfirmedSignedIn), guests: Number(unconfirmedGuests) }
    return { signedIn: Number(signedIn), guests: Number(guests), unconfirmed }
  }

  /** A listener that throws harms no caller: it becomes a process warning. */
  watchRemovals(listener: (removed: RemovedSession) => void): void {
    this.#removals.add(listener)
  }

  /** Ends the second connection that `minReplicas` needs. The client stays the host's. */
  close(): Promise<void> {
    this.#caller.close()
    return Promise.resolve()
  }

  // Each request comes by here: with no promise more than the command's own where nothing is due.
  #visit(ids: readonly string[], now: number, slide: number | null): Promise<Records> {
    if (ids.length === 0) return Promise.resolve([])
    const hashes = ids.map(hashSessionId)
    return this.#caller.read(hashes).then((texts) => this.#met(hashes, texts, now, slide))
  }

  /**
   * The records of texts that have been read. Those that are due are visited by a script, and are what it finds then. Where `slide` is `null`, that is only
   * to put times back: nothing slides, and nothing is confirmed.
   */
  #met(hashes: readonly string[], texts: readonly (string | null)[], now: number, slide: number | null): Records | Promise<Records> {
    const records = texts.map((text) => (text === null ? null : decodeSession(text)))
    const isDue = (record: SessionRecord): boolean => (slide === null ? isAhead(record, now) : isVisitDue(record, now, slide))
    const due = hashes.filter((_, index) => records[index] && isDue(records[index]))
    if (due.length === 0) return livingAt(now, records)
    return this.#write(visitScript, now, [slide ?? '', ...due]).then(([found]) => {
      const visited = new Map(listOf(found).map((text, index) => [due[index], recordOrNull(text)]))
      const present = records.map((record, index) => (visited.has(hashes[index]) ? (visited.get(hashes[index]) ?? null) : record))
      return livingAt(now, present)
    })
  }

  async #end(values: readonly string[], now: number): Promise<Records> {
    const [ended] = await this.#write(endScript, now, values, true)
    return listOf(ended).map(recordOrNull)
  }

  /** What a script answers that may remove sessions, after these have been told of: in pairs of reason and text, the last of its answers. */
  async #write(script: RedisScript, now: number, values: readonly (string | number)[], mustLast = false): Promise<readonly unknown[]> {
    const answers = await this.#caller.run(script, [wholeMilliseconds(now), ...values], mustLast)
    const removed = listOf(answers.at(-1))
    for (let index = 0; index + 1 < removed.length; index += 2) {
      const reason = oneOf(removed[index], ['expired', 'replaced', 'evicted', 'reclaimed', 'user-full'] as const)
      const record = recordOrNull(removed[index + 1])
      if (record) this.#removals.tell({ record, reason: reason === 'expired' ? expiryReason(record) : reason })
    }
    return answers
  }
}

function livingAt(now: number, records: Records): Records {
  return records.map((record) => (record && wholeMilliseconds(now) < expiresAt(record) ? record : null))
}

function recordOrNull(text: unknown): SessionRecord | null {
  return isNothing(text) ? null : decodeSession(textOf(text))
}
