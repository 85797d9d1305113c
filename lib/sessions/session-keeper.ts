import { randomBytes } from 'node:crypto'

import { LRUCache } from 'lru-cache'

import { DirectoryError } from '../errors.js'
import { KeyedMutex } from '../keyed-mutex.js'
import { canBeName } from '../text-bounds.js'
import { whenKnown } from '../when-known.js'
import { AskedStore, type AskedStoreParts } from './asked-store.js'
import {
  carriedBy,
  describeSession,
  type Ending,
  endingEvents,
  heldSessions,
  newRecord,
  type OpenSession,
  type RecordLimits,
  type SessionLogin,
  type SessionOrigin
} from './open-session.js'
import { changeStorage, emptyStorage, type SessionStorage } from './session-storage.js'
import type { RemovedSession, SessionCounts, SessionQuotas, SessionRecord } from './session-store.js'

/** A handle is 16 hex digits. Nothing that looks otherwise is kept, nor asked of a store, which would fail by some of it. */
const handleForm = /^\w{1,64}$/

/** How many ended sessions a process remembers for the sake of answers that are still under way when they end. */
const rememberedEndings = 10_000

export interface SessionKeeperParts extends AskedStoreParts, RecordLimits {
  readonly quotas: SessionQuotas
  readonly maxStorageBytes: number
}

/** Starts, resumes, rotates, updates and ends sessions over any store and clock. Knows no HTTP. */
export class SessionKeeper {
  readonly #parts: SessionKeeperParts
  readonly #store: AskedStore
  readonly #endedHandles = new LRUCache<string, true>({ max: rememberedEndings })
  /** By session, so that updates of one process don't conflict with each other. */
  readonly #updates = new KeyedMutex<SessionRecord | null>()

  constructor(parts: SessionKeeperParts) {
    this.#parts = parts
    this.#store = new AskedStore(parts)
    parts.store.watchRemovals?.((removed) => {
      this.#noteRemoval(removed)
    })
  }

  /**
   * The live sessions among these candidate ids, in their order, slid where that is due. At once where the store answers at once, which spares each request a
   * turn of the event loop.
   */
  resume(ids: readonly string[]): readonly OpenSession[] | Promise<readonly OpenSession[]> {
    return whenKnown(
      this.#store.ask('resume', (store, now) => store.resume(ids, now)),
      (records) => heldSessions(ids, records)
    )
  }

  /**
   * Opens a session with a new id: a user's, which ends the one that it `replaces` in the same step and carries on what that has stored; or a guest's, which
   * begins with `storage`.
   */
  async open(
    origin: SessionOrigin,
    login: SessionLogin | null,
    replaces: OpenSession | null,
    storage: string = emptyStorage
  ): Promise<OpenSession> {
    const opened = await this.#open(origin, login, storage, replaces && { session: replaces, mustLive: false })
    // A store is a border too.
    if (opened === null) throw this.#store.unavailable('create', new TypeError('it answered "ended" though nothing had to live'))
    return opened
  }

  /** Opens the user's session in the place of one that has to live until then; `null`: it has ended. */
  renew(origin: SessionOrigin, login: SessionLogin, replaced: OpenSession): Promise<OpenSession | null> {
    return this.#open(origin, login, emptyStorage, { session: replaced, mustLive: true })
  }

  async #open(
    origin: SessionOrigin,
    login: SessionLogin | null,
    storage: string,
    place: { readonly session: OpenSession; readonly mustLive: boolean } | null
  ): Promise<OpenSession | null> {
    const { events } = this.#parts
    const mustLive = place?.mustLive ?? false
    let replaces = place?.session ?? null
    // Session fixation (CVE-2022-25896 of a peer): the id is always made here, at login anew.
    const id = randomBytes(16).toString('hex').toUpperCase()
    const handle = randomBytes(8).toString('hex')
    const giveUpAt = this.#store.deadline()
    for (;;) {
      const carried = login ? login.storage(carriedBy(replaces, login.user)) : storage
      const record = newRecord(handle, origin, login, carried, this.#parts)
      const outcome = await this.#store.ask('create', (store, now) =>
        store.create(id, record, {
          replaces: replaces && { id: replaces.id, version: replaces.record.version, mustLive },
          quotas: this.#parts.quotas,
          now
        })
      )
      if (outcome === 'created') {
        const kept = { id, record: { ...record, lastSeenAt: record.createdAt, confirmed: false, version: 0 }, ended: false }
        if (replaces) {
          this.#noteEnding(replaces)
          events.raise('session_renewed', { ...describeSession(kept.record), replaces: replaces.record.handle })
        } else {
          events.raise('session_created', describeSession(kept.record))
        }
        return kept
      }
      if (outcome === 'ended') {
        if (replaces) this.#noteEnding(replaces)
        return null
      }
      if (outcome !== 'conflict') {
        const limit = outcome === 'full' ? 'sessions' : 'sessionsPerUser'
        events.raiseWithinBudget('session_refused', { ...describeSession(record), handle: null, limit })
        throw new DirectoryError('ERR_SESSIONS_FULL', 'Maximum number of sessions has been reached')
      }
      if (performance.now() > giveUpAt) throw new DirectoryError('ERR_STORE_UNAVAILABLE', 'The session is changed too often to be replaced')
      const current: OpenSession | null = replaces && (await this.#reread(replaces))
      if (current !== null || !mustLive) replaces = current
    }
  }

  /** Whether the change was made; `false`: the session has ended. */
  async update(kept: OpenSession, change: (storage: Partial<SessionStorage>) => void): Promise<boolean> {
    const updated = await this.#updates.take(kept.id, (before) => this.#updateNow(kept, change, before))
    return updated !== null
  }

  /** Ends these sessions for good, in one step, and tells of those that had not ended already. Resolves to how many these were. */
  async end(sessions: readonly OpenSession[], why: Ending): Promise<number> {
    if (sessions.length === 0) return 0
    const ids = sessions.map(({ id }) => id)
    const records = await this.#store.ask('end', (store, now) => store.end(ids, now))
    for (const session of sessions) this.#noteEnding(session)
    const ended = records.filter((record) => record !== null)
    for (const record of ended) this.#parts.events.raise(endingEvents[why], { ...describeSession(record), reason: why })
    return ended.length
  }

  async endByHandle(handle: string, by: string | null): Promise<boolean> {
    if (!handleForm.test(handle)) return false
    const ended = await this.#store.ask('endByHandle', (store, now) => store.endByHandle(handle, now))
    this.#endedHandles.set(handle, true)
    if (ended) this.#parts.events.raise('authn_token_revoked', { ...describeSession(ended), reason: 'ended', by })
    return ended !== null
  }

  /** Whether the session is known to have ended or been replaced since `kept` was read, by this request or another of this process. */
  hasEnded(kept: OpenSession): boolean {
    return kept.ended || this.#endedHandles.has(kept.record.handle)
  }

  /** Whether the session still lives, asked of the store without sliding it. */
  async isLive(kept: OpenSession): Promise<boolean> {
    return !this.hasEnded(kept) && (await this.#reread(kept)) !== null
  }

  async *list(filter: { readonly userID?: string }): AsyncIterable<SessionRecord> {
    if (filter.userID !== undefined && !canBeName(filter.userID)) return
    // Iterated by hand: what counts as the call is the way to the first record, and not what is done with each.
    const [records, first] = await this.#store.ask('list', async (store, now) => {
      const begun = store.list(filter, now)[Symbol.asyncIterator]()
      return [begun, await begun.next()] as const
    })
    try {
      for (let next = first; !next.done; next = await records.next()) yield next.value
    } catch (error) {
      throw this.#store.unavailable('list', error)
    } finally {
      await records.return?.()
    }
  }

  async count(): Promise<SessionCounts> {
    return this.#store.ask('count', (store, now) => store.count(now))
  }

  async #updateNow(
    kept: OpenSession,
    change: (storage: Partial<SessionStorage>) => void,
    before: PromiseSettledResult<SessionRecord | null> | null
  ): Promise<SessionRecord | null> {
    // Whoever waited behind an update that the store did not answer would wait for a deadline of its own, one after the other.
    if (before?.status === 'rejected' && before.reason instanceof DirectoryError) throw before.reason
    const latest = before?.status === 'fulfilled' ? before.value : null
    if (latest && latest.version > kept.record.version) kept.record = latest
    const giveUpAt = this.#store.deadline()
    while (!this.hasEnded(kept)) {
      const { version } = kept.record
      const storage = changeStorage(kept.record.storage, change, this.#parts.maxStorageBytes)
      const outcome = await this.#store.ask('update', (store, now) => store.update(kept.id, version, storage, now))
      if (outcome === 'updated') {
        kept.record = { ...kept.record, storage, version: version + 1 }
        return kept.record
      }
      const current = outcome === 'conflict' ? await this.#reread(kept) : null
      if (current === null) this.#noteEnding(kept)
      else if (performance.now() > giveUpAt)
        throw new DirectoryError('ERR_STORE_UNAVAILABLE', 'The session is changed too often to be updated')
    }
    return null
  }

  /** The same session with what the store has of it now; `null`: it has ended. */
  async #reread(kept: OpenSession): Promise<OpenSession | null> {
    const record = await this.#store.ask('read', (store, now) => store.read(kept.id, now))
    if (record === null) return null
    kept.record = record
    return kept
  }

  #noteEnding(kept: OpenSession): void {
    kept.ended = true
    this.#endedHandles.set(kept.record.handle, true)
  }

  #noteRemoval({ record, reason }: RemovedSession): void {
    // Not guests whose cookie never came back: a flood of them would crowd out the endings that late answers have to know of.
    if (record.confirmed || record.user) this.#endedHandles.set(record.handle, true)
    // A replaced session is told of by the `session_renewed` of the one that replaces it.
    if (reason !== 'replaced') this.#parts.events.raise('session_expired', { ...describeSession(record), reason })
  }
}
