import { DirectoryError } from '../errors.js'
import { widerNetworks } from '../fold-address.js'
import { digestOf, type LoginSecret } from '../passwords/login-secret.js'
import type { Credentials, DirectoryUser, UserRecord } from '../providers/directory-provider.js'
import { makeDirectoryUser } from '../providers/directory-user.js'
import type { CheckedThrottle } from './checked-throttle.js'
import type { LoginEvents, LoginOrigin, Named } from './login-events.js'
import { type CredentialsPolicy, readCredentials } from './read-credentials.js'
import { HashRenewal, type HashRenewalParts } from './renew-hash.js'
import { type Accounts, accountsOf } from './throttle/fold-account.js'
import type { LoginReservation } from './throttle/login-throttle.js'

/** Who has proved who they are, and since when that is known. */
export interface Authentication {
  readonly user: DirectoryUser
  /** The millisecond before the record was read that the password was checked against: what changes after that has changed since. */
  readonly authenticatedAt: number
}

/** The host's say in whether a user whose password is right may log in. */
export type Admit = (user: DirectoryUser) => Promise<boolean>

/** How the record is found, who is let in, and what a right password means to the throttle: `abandoned` where it is a first step only. */
export interface ProofRules {
  /** Default: by its name. */
  readonly find?: (userName: string) => Promise<UserRecord | null>
  /** Default: everybody. */
  readonly admit?: Admit
  /** Default `success`. */
  readonly outcome?: 'success' | 'abandoned'
}

export type PasswordProofParts = CredentialsPolicy & HashRenewalParts

/** An attempt on its way through the throttle, the hasher and the host. */
interface Attempt {
  readonly accounts: Accounts
  readonly secret: LoginSecret
  /** What the secret is compared with; absent where the provider compares. */
  readonly passwordHash?: string | null
  readonly named: Named
  readonly origin: LoginOrigin
}

/** Checks one attempt: the credentials as they were sent, the throttle, the password, the host's say; in this order. */
export class PasswordProof {
  readonly #parts: PasswordProofParts
  readonly #throttle: CheckedThrottle
  readonly #events: LoginEvents
  readonly #renewal: HashRenewal

  constructor(parts: PasswordProofParts, throttle: CheckedThrottle, events: LoginEvents) {
    this.#parts = parts
    this.#throttle = throttle
    this.#events = events
    this.#renewal = new HashRenewal(parts)
  }

  async prove(sent: unknown, origin: LoginOrigin, rules: ProofRules): Promise<Authentication | null> {
    const { provider, now } = this.#parts
    const { checksCredentials } = provider
    const find = rules.find ?? ((userName: string) => provider.findUser(userName))
    const read = readCredentials(sent, this.#parts)
    if (read.kind === 'refused') {
      this.#events.refusedUnseen(read, origin, read.reason)
      return null
    }
    const { credentials, secret } = read
    const isNobodys = read.isNobodys || (checksCredentials && holdsNUL(credentials))
    const { userName } = credentials
    const authenticatedAt = now() - 1
    const record = isNobodys || checksCredentials ? null : await find(userName)
    const attempt: Attempt = {
      accounts: accountsOf(userName, record?.ID ?? null, origin.ip, checksCredentials),
      secret,
      ...(!checksCredentials && { passwordHash: record === null || record.disabled ? null : record.passwordHash }),
      named: record ?? { userName },
      origin
    }
    const user = await this.#throttled(attempt, rules, async (reservation) => {
      if (checksCredentials) return isNobodys ? null : provider.authenticate(credentials, origin.ip)
      return (await this.#verify(attempt, attempt.passwordHash ?? null, reservation)) && record !== null ? makeDirectoryUser(record) : null
    })
    if (user === null || record === null) return user && { user, authenticatedAt }
    return this.#renew(attempt, record, { user, authenticatedAt }, () => find(userName))
  }

  async #throttled(
    attempt: Attempt,
    { admit, outcome = 'success' }: ProofRules,
    check: (reservation: LoginReservation) => Promise<DirectoryUser | null>
  ): Promise<DirectoryUser | null> {
    const throttle = this.#throttle
    const { accounts, secret, passwordHash, named, origin } = attempt
    const asked = { ...accounts, secret: spellOnce(secret), ...(passwordHash !== undefined && { passwordHash }) }
    const reservation = await throttle.reserve(asked)
    if (!reservation.allowed) throw this.#events.throttled(reservation, named, origin)
    if (reservation.check === 'refuse-at-once') {
      await throttle.settle(reservation, 'failure')
      this.#events.refusedUnseen(named, origin, 'wrong credentials')
      return null
    }
    let user: DirectoryUser | null
    let isAdmitted: boolean
    try {
      user = await check(reservation)
      isAdmitted = user !== null && (admit === undefined || (await admit(user)))
    } catch (error) {
      // The failure is the answer, also where the throttle fails too.
      await throttle.settle(reservation, 'abandoned').catch(() => undefined)
      throw error
    }
    const settlement = await throttle.settle(reservation, user === null ? 'failure' : isAdmitted ? outcome : 'refused')
    if (user !== null && isAdmitted) return user
    const reason = user === null ? 'wrong credentials' : 'not admitted'
    this.#events.failed(user ?? named, origin, settlement, reservation.limit === undefined ? { reason } : { limit: reservation.limit })
    return null
  }

  /** What the count of the ID refuses is compared with nobody's hash: the same work, and no way in. */
  async #verify(attempt: Attempt, passwordHash: string | null, { check, known = false }: Partial<LoginReservation>): Promise<boolean> {
    const { accounts, secret, named, origin } = attempt
    const { account, address } = accounts
    const request = { account, address, networks: widerNetworks(address), known, signal: origin.signal }
    try {
      return await this.#parts.passwords.verify(secret, check === 'refuse-alike' ? null : passwordHash, request)
    } catch (cause) {
      const error =
        cause instanceof DirectoryError ? cause : new DirectoryError('ERR_LOGIN_QUEUE_FULL', 'The password could not be checked', { cause })
      if (!origin.signal.aborted) this.#events.unhashed(named, origin, { reason: error.message, cause: error, secrets: textsOf(secret) })
      throw error
    }
  }

  /**
   * Not while the login holds its place in the throttle, or a slow update would keep others waiting; and before the session opens. The new hash may have set
   * `credentialsChangedAt`, which the session must not be older than; and the password may have been changed meanwhile, which the login must not outlive.
   */
  async #renew(
    attempt: Attempt,
    record: UserRecord,
    authentication: Authentication,
    readAgain: () => Promise<UserRecord | null>
  ): Promise<Authentication | null> {
    const renewed = await this.#renewal.renew(attempt.secret, record, readAgain)
    const current = renewed?.record
    // Nothing was written, or not yet where it is read: the hash is the one that the password was found right by.
    if (renewed === null || current?.passwordHash === record.passwordHash) return authentication
    const { user } = authentication
    const isOurs = current?.passwordHash === renewed.written
    // Another process may have renewed the hash at the same time; or the password is another.
    const isGood = current && !current.disabled && (isOurs || (await this.#verify(attempt, current.passwordHash, {})))
    if (!isGood) {
      this.#events.refusedUnseen(record, attempt.origin, 'changed meanwhile')
      return null
    }
    const since = isOurs ? authentication.authenticatedAt : renewed.authenticatedAt
    return { user, authenticatedAt: Math.max(since, current.credentialsChangedAt?.getTime() ?? 0) }
  }
}

/**
 * A NUL ends a text for many a library in C, which a provider that checks passwords itself may ask: what comes behind it would not count, and a password that
 * begins with it would be the empty one.
 */
function holdsNUL(credentials: Credentials): boolean {
  return ('password' in credentials ? credentials.password : credentials.hashedPassword).includes('\0')
}

/** One spelling for both headers, so that a wrong password counts once for the throttle however it is sent. */
function spellOnce(secret: LoginSecret): string {
  return digestOf(secret) ?? ('password' in secret ? secret.password : '')
}

function textsOf(secret: LoginSecret): string[] {
  return 'password' in secret ? [secret.password, spellOnce(secret)] : [secret.hashedPassword]
}
