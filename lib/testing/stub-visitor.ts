import { inspect } from 'node:util'

import { isWithin } from '../clocks.js'
import { DirectoryError } from '../errors.js'
import { foldName } from '../fold-name.js'
import { contractNumber, packageVersion } from '../http/contract.js'
import { readLoginOptions, type SignInOptions } from '../http/login-options.js'
import type { RequestBehind } from '../http/request-directory.js'
import { defaults } from '../options.js'
import type { DirectoryUser } from '../providers/directory-provider.js'
import { checkUser } from '../providers/directory-user.js'
import { changeStorage, emptyStorage, parseStorage, type SessionStorage } from '../sessions/session-storage.js'
import { describeSession, type Session } from '../sessions/session.js'

/** What a session of a stub begins with. */
export interface StubSessionStart {
  readonly user: DirectoryUser | null
  readonly authenticatedAt: number | null
  readonly idleMinutes: number | null
  /** As a store keeps it. */
  readonly storage: string
}

/** What the guards and `req.directory` ask of a request, answered without one: by one visitor, whose requests all of them are. */
export class StubVisitor implements RequestBehind {
  readonly contractNumber = contractNumber
  readonly packageVersion = packageVersion
  /** It logs itself in and out. */
  readonly logins = this
  readonly steps = this
  /** A stub has none of the directory's options: the guards refuse. */
  readonly loginPage = null
  readonly #groups: ReadonlySet<string>
  #user: DirectoryUser | null
  /** `null`: the visitor has just logged out. */
  #session: StubSession | null

  constructor(groups: readonly string[], start: StubSessionStart) {
    this.#groups = new Set(groups.map(foldName))
    this.#user = start.user
    this.#session = new StubSession(start)
  }

  /** The next request begins: after a logout, with a session of nobody's. */
  comesBack(): void {
    this.#session ??= new StubSession({ user: null, authenticatedAt: null, idleMinutes: null, storage: emptyStorage })
  }

  lookAtUser(): DirectoryUser | null {
    return this.#user
  }

  lookAtSession(): StubSession | null {
    return this.#session
  }

  guard(): DirectoryUser | null {
    return this.#user
  }

  belongsTo(group: string): Promise<boolean> {
    return Promise.resolve(this.#user !== null && this.#groups.has(foldName(group)))
  }

  hasLoggedInWithin(minutes: number): boolean {
    return isWithin(minutes * 60_000, this.#session?.authenticatedAt?.getTime() ?? -Infinity, Date.now())
  }

  sendAway(): void {
    // Nobody keeps an account of it.
  }

  refuse(code: Parameters<RequestBehind['refuse']>[0], message: string): Error {
    return new DirectoryError(code, message)
  }

  login(): Promise<never> {
    return Promise.reject(new Error('stubDirectory knows no passwords: to test a login, mount the directory itself, with a StaticProvider'))
  }

  verify(): Promise<never> {
    return this.login()
  }

  confirmPassword(): Promise<boolean> {
    return this.#user === null ? Promise.resolve(false) : this.login()
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- so that a wrong user rejects, as with the real one
  async countFailure(user: DirectoryUser): Promise<void> {
    checkUser(user, 'countFailure')
  }

  refreshUser(): Promise<DirectoryUser | null> {
    return Promise.resolve(this.#user)
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- so that a wrong user rejects, as with the real one
  async signIn(user: DirectoryUser, options: SignInOptions = {}): Promise<void> {
    const known = checkUser(user, 'signIn')
    const read = readLoginOptions(options, 'signIn', defaults.session)
    // A guest's storage goes over, and a user's own; another user starts empty.
    const isCarriedOn = this.#user === null || this.#user.ID === known.ID
    const storage = isCarriedOn ? (this.#session?.text ?? emptyStorage) : emptyStorage
    this.#session?.end()
    this.#user = known
    this.#session = new StubSession({ ...read, user: known, storage })
  }

  logout(): Promise<boolean> {
    this.#session?.end()
    this.#user = null
    this.#session = null
    return Promise.resolve(true)
  }
}

/** A session that no store keeps. Its storage is checked as any other's, and a guest's opens with its first update. */
class StubSession implements Session {
  readonly userName: string
  readonly idleMinutes: number
  readonly createdAt = new Date()
  readonly authenticatedAt: Date | null
  /** The storage as a store would keep it. */
  text: string
  #hasEnded = false

  constructor({ user, authenticatedAt, idleMinutes, storage }: StubSessionStart) {
    this.userName = user?.userName ?? ''
    this.idleMinutes = idleMinutes ?? defaults.session.idleMinutes
    this.authenticatedAt = user === null ? null : new Date(authenticatedAt ?? Date.now())
    this.text = storage
  }

  get handle(): string {
    return this.#isOpen ? 'stub' : ''
  }

  get expirationDate(): Date {
    return new Date(Date.now() + this.idleMinutes * 60_000)
  }

  get storage(): Readonly<Partial<SessionStorage>> {
    return parseStorage(this.text)
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
    this.text = changeStorage(this.text, change, defaults.session.maxStorageBytes)
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
    return !this.isGuest() || this.text !== emptyStorage
  }
}
