import { isWithin } from '../clocks.js'
import { DirectoryError } from '../errors.js'
import { foldName } from '../fold-name.js'
import { contractNumber, packageVersion } from '../http/contract.js'
import { readLoginOptions, type SignInOptions } from '../http/login-options.js'
import type { RequestBehind } from '../http/request-directory.js'
import { defaults } from '../options.js'
import type { DirectoryUser } from '../providers/directory-provider.js'
import { checkUser } from '../providers/directory-user.js'
import { emptyStorage } from '../sessions/session-storage.js'
import { StubSession, type StubSessionStart } from './stub-session.js'

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
