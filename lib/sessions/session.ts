import { inspect } from 'node:util'

import type { SessionKeeper } from './session-keeper.js'
import type { OpenSession } from './open-session.js'
import { forgiven } from '../forgiven.js'
import { expiresAt } from './session-store.js'
import { emptySnapshot, parseStorage, type SessionStorage } from './session-storage.js'

/** A session, in 4D's own vocabulary where it has a word. It shows neither in `console.log` nor in JSON what could be used to take it over. */
export interface Session {
  /** Names the session in listings and logs; the id itself is not exposed. `''` for a session that opens with its first update, until then. */
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
   * Whether a request with this session's cookie would now be served in it. Looks the user up again where that is due, and does not extend the session. For sockets
   * and streams, which outlive the request that they began with.
   *
   * @throws DirectoryError 503 where it cannot be found out.
   */
  isLive(): Promise<boolean>
  /**
   * Changes `storage` in one atomic step, whoever else changes it in whatever process: `update((storage) => { storage.cart = cart })`. `change` edits the draft in
   * place, must be synchronous, and may run more than once. Members that are `undefined` are dropped. Resolves to the new storage; `null`: the session has ended, and
   * nothing was written.
   *
   * @throws TypeError for what JSON cannot hold, with its path and what to write instead, for a `change` that returns a promise, and for one that returns another
   * object instead of editing the draft; RangeError for too much; `DirectoryError` 402 where the session would open and no place is left, 503 when the store does
   * not answer. Nothing has changed then.
   */
  update(change: (storage: Partial<SessionStorage>) => void): Promise<Readonly<Partial<SessionStorage>> | null>
}

/** What the session of a request needs of the request. */
export interface SessionHolder {
  /** The open session; `null`: it opens with its first update. */
  open(): OpenSession | null
  /** When the request came in, and how long a guest's session lives, for one that is not open. */
  readonly startedAt: number
  readonly idleMilliseconds: number
  /** Whether the session's user is still somebody who may use it. */
  isStillGood(session: OpenSession): boolean | Promise<boolean>
  /** Changes the storage, and opens the session first where it is not. Whether that was done; `false`: the session has ended. */
  update(change: (storage: Partial<SessionStorage>) => void): Promise<boolean>
}

/** What a request sees of its session. The keeper, the holder and the id stay behind `#`. */
export class RequestSession implements Session {
  readonly #keeper: SessionKeeper
  readonly #holder: SessionHolder
  #snapshot: { readonly text: string; readonly storage: Readonly<Partial<SessionStorage>> } | null = null

  constructor(keeper: SessionKeeper, holder: SessionHolder) {
    this.#keeper = keeper
    this.#holder = holder
  }

  get handle(): string {
    return this.#holder.open()?.record.handle ?? ''
  }

  get userName(): string {
    return this.#holder.open()?.record.user?.userName ?? ''
  }

  get idleMinutes(): number {
    return (this.#holder.open()?.record.idleMilliseconds ?? this.#holder.idleMilliseconds) / 60_000
  }

  get createdAt(): Date {
    return new Date(this.#holder.open()?.record.createdAt ?? this.#holder.startedAt)
  }

  get authenticatedAt(): Date | null {
    const authenticatedAt = this.#holder.open()?.record.authenticatedAt ?? null
    return authenticatedAt === null ? null : new Date(authenticatedAt)
  }

  get expirationDate(): Date {
    const open = this.#holder.open()
    return new Date(open ? expiresAt(open.record) : this.#holder.startedAt + this.#holder.idleMilliseconds)
  }

  get storage(): Readonly<Partial<SessionStorage>> {
    const text = this.#holder.open()?.record.storage
    if (text === undefined) return emptySnapshot
    if (this.#snapshot?.text !== text) this.#snapshot = { text, storage: parseStorage(text) }
    return this.#snapshot.storage
  }

  isGuest(): boolean {
    return this.userName === '' && this.authenticatedAt === null
  }

  isLive(): Promise<boolean> {
    const open = this.#holder.open()
    if (open === null) return Promise.resolve(false)
    return forgiven(this.#keeper.isLive(open).then((lives) => lives && this.#holder.isStillGood(open)))
  }

  update(change: (storage: Partial<SessionStorage>) => void): Promise<Readonly<Partial<SessionStorage>> | null> {
    return forgiven(this.#holder.update(change).then((isDone) => (isDone ? this.storage : null)))
  }

  toJSON(): object {
    return describeSession(this)
  }

  [inspect.custom](): object {
    return this.toJSON()
  }
}

/** What logs and answers may show of a session. */
export function describeSession(session: Session): object {
  const { handle, userName, idleMinutes, createdAt, authenticatedAt, expirationDate, storage } = session
  return { handle, userName, idleMinutes, createdAt, authenticatedAt, expirationDate, storage }
}
