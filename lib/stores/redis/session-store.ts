import { randomBytes } from 'node:crypto'

import { DirectoryError } from '../../errors.js'
import { readerOf } from '../../checks/member-reader.js'
import { RemovalListeners } from '../removal-listeners.js'
import { readBudgets, readTiming } from '../store-options.js'
import { isAhead, isVisitDue, wholeMilliseconds } from '../stored-times.js'
import { isNothing, listOf, oneOf, textOf } from './answers.js'
import { redisKeyBase, type RedisClient } from './client.js'
import { createLimits, createScript } from './create-script.js'
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

type IsDue = (record: SessionRecord) => boolean

/** In the place of the milliseconds after which a visit slides: neither slide nor confirm. */
const onlyLook = ''

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
    const base = redisKeyBase(reader, 'sessions')
    this.#caller = new RedisSessionCaller(options.client, base, { timeoutMilliseconds, minReplicas })
  }

  async create(id: string, record: NewSessionRecord, { replaces, quotas, now }: CreateOptions) {
    const hash = hashSessionId(id)
    const { member, text } = encodeSession(hash, record)
    const replaced = replaces ? [hashSessionId(replaces.id), replaces.version, replaces.mustLive ? 1 : 0] : ['', 0, 0]
    const values = [wholeMilliseconds(now), member, text, ...replaced, createLimits(quotas, this.#budgets)]
    const mustOutlive = record.user !== null || replaces !== null
    try {
      const [outcome, removed] = await (mustOutlive
        ? this.#caller.runReplicated(createScript, values)
        : this.#caller.run(createScript, values))
      this.#tell(removed)
      return oneOf(outcome, ['created', 'ended', 'conflict', 'full', 'user-full'] as const)
    } catch (error) {
      // Nobody has its id, so nobody waits for this.
      if (isNotReplicated(error)) this.#caller.run(endScript, [wholeMilliseconds(now), '', hash]).catch(() => undefined)
      throw error
    }
  }

  resume(ids: readonly string[], now: number): Promise<readonly (SessionRecord | null)[]> {
    const isDue: IsDue = (record) => isVisitDue(record, now, this.slideMilliseconds)
    return this.#visit(ids, now, isDue, this.slideMilliseconds)
  }

  async update(id: string, version: number, storage: string, now: number): Promise<'updated' | 'conflict' | 'ended'> {
    const mark = randomBytes(6).toString('base64url')
    const [outcome, removed] = await this.#caller.runReplicated(updateScript, [
      wholeMilliseconds(now),
      hashSessionId(id),
      version,
      storage,
      mark
    ])
    this.#tell(removed)
    return oneOf(outcome, ['updated', 'conflict', 'ended'] as const)
  }

  async read(id: string, now: number): Promise<SessionRecord | null> {
    const [record] = await this.#visit([id], now, (found) => isAhead(found, now), onlyLook)
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
      const isMet = (record: SessionRecord): boolean => isAhead(record, now)
      for (const record of await this.#met(texts.map(hashInText), texts, now, isMet, onlyLook)) if (record) yield record
      from = isNothing(next) ? null : `(${textOf(next)}`
    }
  }

  async count(now: number): Promise<SessionCounts> {
    const [guests, signedIn, unconfirmedGuests, unconfirmedSignedIn, removed] = await this.#caller.run(countScript, [
      wholeMilliseconds(now)
    ])
    this.#tell(removed)
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
  #visit(ids: readonly string[], now: number, isDue: IsDue, slide: number | typeof onlyLook): Promise<readonly (SessionRecord | null)[]> {
    if (ids.length === 0) return Promise.resolve([])
    const hashes = ids.map(hashSessionId)
    return this.#caller.read(hashes).then((texts) => this.#met(hashes, texts, now, isDue, slide))
  }

  /** The records of texts that have been read. Those that are due are visited by a script, and are what it finds then. */
  #met(
    hashes: readonly string[],
    texts: readonly (string | null)[],
    now: number,
    isDue: IsDue,
    slide: number | typeof onlyLook
  ): readonly (SessionRecord | null)[] | Promise<readonly (SessionRecord | null)[]> {
    const records = texts.map((text) => (text === null ? null : decodeSession(text)))
    const due = hashes.filter((_, index) => records[index] && isDue(records[index]))
    return due.length === 0 ? livingAt(now, records) : this.#visitDue(hashes, records, due, now, slide)
  }

  async #visitDue(
    hashes: readonly string[],
    records: readonly (SessionRecord | null)[],
    due: readonly string[],
    now: number,
    slide: number | typeof onlyLook
  ): Promise<readonly (SessionRecord | null)[]> {
    const [found, removed] = await this.#caller.run(visitScript, [wholeMilliseconds(now), slide, ...due])
    this.#tell(removed)
    const visited = new Map(listOf(found).map((text, index) => [due[index], recordOrNull(text)]))
    return livingAt(
      now,
      hashes.map((hash, index) => (visited.has(hash) ? visited.get(hash) : records[index]) ?? null)
    )
  }

  async #end(values: readonly string[], now: number): Promise<readonly (SessionRecord | null)[]> {
    const [ended, removed] = await this.#caller.runReplicated(endScript, [wholeMilliseconds(now), ...values])
    this.#tell(removed)
    return listOf(ended).map(recordOrNull)
  }

  #tell(removed: unknown): void {
    const pairs = listOf(removed)
    for (let index = 0; index + 1 < pairs.length; index += 2) {
      const reason = oneOf(pairs[index], ['expired', 'replaced', 'evicted', 'reclaimed', 'user-full'] as const)
      const record = recordOrNull(pairs[index + 1])
      if (record) this.#removals.tell({ record, reason: reason === 'expired' ? expiryReason(record) : reason })
    }
  }
}

function livingAt(now: number, records: readonly (SessionRecord | null)[]): readonly (SessionRecord | null)[] {
  return records.map((record) => (record && wholeMilliseconds(now) < expiresAt(record) ? record : null))
}

function recordOrNull(text: unknown): SessionRecord | null {
  return isNothing(text) ? null : decodeSession(textOf(text))
}

function isNotReplicated(error: unknown): boolean {
  return error instanceof DirectoryError && error.code === 'ERR_STORE_NOT_REPLICATED'
}
