import { randomUUID } from 'node:crypto'

import { isName } from '../checks/member-reader.js'
import { DirectoryError } from '../errors.js'
import type { CheckedProvider } from '../providers/checked-provider.js'
import type { DirectoryUser } from '../providers/directory-provider.js'
import { CheckedThrottle } from './checked-throttle.js'
import { LoginEvents, type LoginOrigin } from './login-events.js'
import { type Admit, type Authentication, PasswordProof, type PasswordProofParts, type ProofRules } from './prove-password.js'
import { accountOfID, accountOfName, type Accounts, accountsOf } from './throttle/fold-account.js'
import type { LoginThrottle } from './throttle/login-throttle.js'

export type AuthenticatorParts = PasswordProofParts & { readonly throttle: LoginThrottle | null }

/**
 * Decides whether credentials are somebody's. `null` is no; a `DirectoryError` is "not now" (429, 503). Unknown, wrong, disabled and without a
 * password cannot be told apart by what comes back, nor by the work that was done for it (OWASP Authentication Cheat Sheet, ASVS 6.3.8).
 */
export class Authenticator {
  readonly #provider: CheckedProvider
  readonly #throttle: CheckedThrottle
  readonly #events: LoginEvents
  readonly #proof: PasswordProof

  constructor(parts: AuthenticatorParts) {
    this.#provider = parts.provider
    this.#throttle = new CheckedThrottle(parts.throttle, parts.events, parts.now)
    this.#events = new LoginEvents(parts.events)
    this.#proof = new PasswordProof(parts, this.#throttle, this.#events)
  }

  /** A login. `admit` is asked after the password and before anything opens; what it refuses counts as a failure, and the answer is a wrong password's. */
  authenticate(sent: unknown, origin: LoginOrigin, admit?: Admit): Promise<Authentication | null> {
    return this.#logIn(sent, origin, admit && { admit })
  }

  /** A login that names nobody: told to the audit trail, in bounded numbers, since it costs its sender nothing. */
  refuseIncomplete(origin: Omit<LoginOrigin, 'signal'>, reason: string): void {
    this.#events.refusedUnseen({ userName: '' }, origin, reason)
  }

  /** The same check without a login: a first step. It neither resets failures nor makes the address known; `signIn` does, when the login is complete. */
  verify(sent: unknown, origin: LoginOrigin): Promise<Authentication | null> {
    return this.#proof.prove(sent, origin, { outcome: 'abandoned' })
  }

  /** Asks the user who is logged in for the password again. */
  confirmPassword(user: DirectoryUser, password: unknown, origin: LoginOrigin): Promise<Authentication | null> {
    const provider = this.#provider
    const find = () => (provider.findsByID ? provider.findUserByID(user.ID) : provider.findUser(user.userName))
    // Where the name was looked for, it may be another's by now.
    const isFoundByID = provider.findsByID && !provider.checksCredentials
    const admit: Admit = (found) => Promise.resolve(isFoundByID || found.ID === user.ID)
    return this.#logIn({ userName: user.userName, password }, origin, { find, admit })
  }

  /**
   * A login of a user who is known by other means, or whose second step was right: its failures are forgotten, and its address is known.
   *
   * @throws DirectoryError `ERR_LOGIN_FAILED` where `admit` refuses.
   */
  async signIn(user: DirectoryUser, origin: LoginOrigin, admit?: Admit): Promise<void> {
    if (admit && !(await admit(user))) {
      this.#events.refusedUnseen(user, origin, 'not admitted')
      throw new DirectoryError('ERR_LOGIN_FAILED', 'This user may not log in')
    }
    await this.#throttle.noteLogin(this.#accountsOf(user, origin))
    this.#events.succeeded(user, origin)
  }

  /**
   * A wrong second factor, which counts as a wrong password does.
   *
   * @throws DirectoryError `ERR_THROTTLED` where the user has to wait: the first step should then be worth nothing any more.
   */
  async countFailure(user: DirectoryUser, origin: LoginOrigin): Promise<void> {
    // Each counts: no two are one wrong secret that was sent twice.
    const reservation = await this.#throttle.reserve({ ...this.#accountsOf(user, origin), secret: randomUUID() })
    if (!reservation.allowed) throw this.#events.throttled(reservation, user, origin)
    const settlement = await this.#throttle.settle(reservation, 'failure')
    if (reservation.limit !== undefined) throw this.#events.throttled({ limit: reservation.limit, retryAfterSeconds: 1 }, user, origin)
    this.#events.failed(user, origin, settlement, { reason: 'wrong second factor' })
  }

  /** Lifts the throttle from an account, by ID or name. Whether it was locked or had to wait. */
  async unlock(user: string): Promise<boolean> {
    const { findsByID, checksCredentials } = this.#provider
    if (!isName(user)) return false
    // What was given may be either, whether anybody has it or not.
    const named = [
      { ID: user, userName: user },
      findsByID ? await this.#provider.findUserByID(user) : null,
      checksCredentials ? null : await this.#provider.findUser(user)
    ]
    const accounts = named.flatMap((each) => (each ? [accountOfID(each.ID), accountOfName(each.userName, checksCredentials)] : []))
    return this.#throttle.unlock(new Set(accounts))
  }

  /** How many accounts have to wait after failed logins; `null`: there is no throttle, or it cannot tell. */
  countWaiting(): Promise<number | null> {
    return this.#throttle.countWaiting()
  }

  async #logIn(sent: unknown, origin: LoginOrigin, rules: ProofRules = {}): Promise<Authentication | null> {
    const authentication = await this.#proof.prove(sent, origin, rules)
    if (authentication !== null) this.#events.succeeded(authentication.user, origin)
    return authentication
  }

  #accountsOf({ userName, ID }: DirectoryUser, { ip }: LoginOrigin): Accounts {
    return accountsOf(userName, ID, ip, this.#provider.checksCredentials)
  }
}
