import { inspect } from 'node:util'

import { defaults } from '../options.js'
import type { DirectoryUser } from '../providers/directory-provider.js'
import { changeStorage, emptyStorage, parseStorage, type SessionStorage } from '../sessions/session-storage.js'
import { describeSession, type Session } from '../sessions/session.js'

const { idleMinutes, maxStorageBytes } = defaults.session

/** What a session of a stub begins with. */
export interface StubSessionStart {
  readonly user: DirectoryUser | null
  readonly authenticatedAt: number | null
  readonly idleMinutes: number | null
  /** As a store keeps it. */
  readonly storage: string
}

/** A session that no store keeps. Its storage is checked as any other's, and a guest's opens with its first update. */
export class StubSession implements Session {
  readonly userName: string
  readonly idleMinutes: number
  readonly createdAt = new Date()
  readonly authenticatedAt: Date | null
  #text: string
  #hasEnded = false

  constructor({ user, authenticatedAt, idleMinutes: minutes, storage }: StubSessionStart) {
    this.userName = user?.userName ?? ''
    this.idleMinutes = minutes ?? idleMinutes
    this.authenticatedAt = user === null ? null : new Date(authenticatedAt ?? Date.now())
    this.#text = storage
  }

  get handle(): string {
    return this.#isOpen ? 'stub' : ''
  }

  get expirationDate(): Date {
    return new Date(Date.now() + this.idleMinutes * 60_000)
  }

  get storage(): Readonly<Partial<SessionStorage>> {
    return parseStorage(this.#text)
  }

  /** The storage as a store would keep it. */
  get text(): string {
    return this.#text
  }

  isGuest(): boolean {
    return this.authenticatedAt === null
  }

  isLive(): Promise<boolean> {
    return Promise.resolve(this.#isOpen && !this.#hasEnded)
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- so that a wrong change rejects, as with the real one
  async update(change: (storage: Partial<SessionStorage>) => void): Promise<Readonly<Partial<SessionStorage>> | null> {
    if (this.#hasEnded) return null
    this.#text = changeStorage(this.#text, change, maxStorageBytes)
    return this.storage
  }

  end(): void {
    this.#hasEnded = true
  }

  toJSON(): object {
    return describeSession(this)
  }

  [inspect.custom](): object {
    return this.toJSON()
  }

  get #isOpen(): boolean {
    return !this.isGuest() || this.#text !== emptyStorage
  }
}
