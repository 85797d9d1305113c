import { inspect } from 'node:util'

import type { OpenSession, SessionKeeper } from './session-keeper.js'
import { expiresAt } from './session-store.js'
import { parseStorage, type SessionStorage } from './session-storage.js'

/** A session, in 4D's own vocabulary where it has a word. It shows neither in `console.log` nor in JSON what could be used to take it over. */
export interface Session {
  /** Names the session in listings and logs; the id itself is not exposed. */
  readonly handle: string
  /** `''` for a guest. */
  readonly userName: string
  /** Minutes that the session lives without a request; a fraction where the client asked in seconds. */
  readonly idleMinutes: number
  readonly createdAt: Date
  /** `null` for a guest. */
  readonly authenticatedAt: Date | null
  /** When the session ends if no request comes. */
  readonly expirationDate: Date
  /** A frozen snapshot of when the request came in; after `update`, the new one. */
  readonly storage: Readonly<Partial<SessionStorage>>
  /** Whether nobody is logged in. */
  isGuest(): boolean
  /**
   * Changes `storage` as one atomic step, whoever else does so in whatever process. `change` is handed a copy to edit, must be synchronous and may run more
   * than once. Resolves to the new storage; `null`: the session has ended, and nothing was written.
   *
   * @throws TypeError for what JSON cannot hold (with its path) and for a `change` that returns a promise; RangeError over
   * `session.maxStorageBytes`; `DirectoryError` (503) when the store does not answer. Nothing has changed then.
   */
  update(change: (storage: Partial<SessionStorage>) => void): Promise<Readonly<Partial<SessionStorage>> | null>
}

/** What a request sees of its session. The keeper and the id stay behind `#`. */
export class RequestSession implements Session {
  readonly #keeper: SessionKeeper
  readonly #kept: OpenSession
  #snapshot: { readonly text: string; readonly storage: Readonly<Partial<SessionStorage>> } | null = null

  constructor(keeper: SessionKeeper, kept: OpenSession) {
    this.#keeper = keeper
    this.#kept = kept
  }

  get handle(): string {
    return this.#kept.record.handle
  }

  get userName(): string {
    return this.#kept.record.user?.userName ?? ''
  }

  get idleMinutes(): number {
    return this.#kept.record.idleMilliseconds / 60_000
  }

  get createdAt(): Date {
    return new Date(this.#kept.record.createdAt)
  }

  get authenticatedAt(): Date | null {
    const { authenticatedAt } = this.#kept.record
    return authenticatedAt === null ? null : new Date(authenticatedAt)
  }

  get expirationDate(): Date {
    return new Date(expiresAt(this.#kept.record))
  }

  get storage(): Readonly<Partial<SessionStorage>> {
    const text = this.#kept.record.storage
    if (this.#snapshot?.text !== text) this.#snapshot = { text, storage: parseStorage(text) }
    return this.#snapshot.storage
  }

  isGuest(): boolean {
    return this.#kept.record.user === null
  }

  async update(change: (storage: Partial<SessionStorage>) => void): Promise<Readonly<Partial<SessionStorage>> | null> {
    return (await this.#keeper.update(this.#kept, change)) ? this.storage : null
  }

  toJSON(): object {
    const { handle, userName, idleMinutes, createdAt, authenticatedAt, expirationDate, storage } = this
    return { handle, userName, idleMinutes, createdAt, authenticatedAt, expirationDate, storage }
  }

  [inspect.custom](): object {
    return this.toJSON()
  }
}
