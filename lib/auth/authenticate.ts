import { DirectoryError } from '../errors.js'
import type { EventRaiser } from '../event-raiser.js'
import { digestOfNothing } from '../passwords/digest-4d.js'
import { digestOf, loginSecret, type LoginSecret } from '../passwords/login-secret.js'
import type { PasswordHasher } from '../passwords/password-hasher.js'
import { checkCredentials } from './check-credentials.js'
import type { CheckedProvider } from '../providers/checked-provider.js'
import { makeDirectoryUser } from '../providers/directory-user.js'
import type { Credentials, DirectoryUser, UserRecord } from '../providers/directory-provider.js'
import { foldAddress } from './throttle/fold-address.js'
import { foldID, foldName } from '../fold-name.js'
import type { LoginRefusal, LoginThrottle } from './throttle/login-throttle.js'

/** Who tries to log in, from where. */
export interface LoginOrigin {
  readonly ip: string
  readonly userAgent: string
  /** Aborted when the client hangs up. */
  readonly signal: AbortSignal
}

export interface AuthenticatorParts {
  readonly provider: CheckedProvider
  readonly passwords: PasswordHasher
  readonly throttle: LoginThrottle | null
  readonly digestLogin: boolean
  readonly allowEmptyPasswords: boolean
  readonly events: EventRaiser
  readonly now: () => number
}

/**
 * Decides whether credentials are somebody's. `null` is no; a `DirectoryError` is "not now" (429, 503). Unknown, wrong, disabled and without a
 * password cannot be told apart by what comes back, nor by the work that was done for it (OWASP Authentication Cheat Sheet, ASVS 6.3.8).
 */
export class Authenticator {
  readonly #parts: AuthenticatorParts
  readonly #upgrades = new Map<string, Promise<void>>()

  constructor(parts: AuthenticatorParts) {
    this.#parts = parts
  }

  async authenticate(sent: Credentials, origin: LoginOrigin): Promise<DirectoryUser | null> {
    const { provider, digestLogin, allowEmptyPasswords } = this.#parts
    const credentials = checkCredentials(sent)
    if (credentials.userName === '') return this.#fail(credentials, origin, 'no user name')
    if ('hashedPassword' in credentials && !digestLogin) return this.#fail(credentials, origin, 'hashed password not accepted')
    // An LDAP server takes a bind with an empty password for a success (RFC 4513 section 5.1.2).
    const secret = loginSecret(credentials)
    if (isEmpty(secret) && !allowEmptyPasswords) return this.#fail(credentials, origin, 'empty password')
    const record = provider.checksCredentials ? null : await provider.findUser(credentials.userName)
    const user = await this.#throttled(credentials, secret, record, origin, async () => {
      if (provider.checksCredentials) return provider.authenticate(credentials, origin.ip)
      if (!(await this.#verify(secret, accountOf(credentials, record), record, origin)) || record === null) return null
      return makeDirectoryUser(record)
    })
    // Not while the login holds its place in the throttle, or a slow update would keep others waiting; and before the session opens, which must not be
    // older than a `credentialsChangedAt` that the update may set.
    if (user !== null && record !== null) await this.#upgradeOnce(secret, record)
    return user
  }

  /** Lifts the throttle from an account, whether it is kept under the ID or, for a provider that checks credentials itself, under a name. */
  async unlock(userID: string): Promise<void> {
    const { provider, throttle } = this.#parts
    if (throttle === null) return
    await throttle.unlock(accountOfID(userID))
    await throttle.unlock(accountOfName(userID))
    if (!provider.checksCredentials || !provider.findsByID) return
    const record = await provider.findUserByID(userID)
    if (record) await throttle.unlock(accountOfName(record.userName))
  }

  async #throttled(
    credentials: Credentials,
    secret: LoginSecret,
    record: UserRecord | null,
    origin: LoginOrigin,
    check: () => Promise<DirectoryUser | null>
  ): Promise<DirectoryUser | null> {
    const { throttle, events, now } = this.#parts
    const reservation = await this.#askThrottle(async () => {
      return throttle?.reserve({
        account: accountOf(credentials, record),
        address: foldAddress(origin.ip),
        secret: spellOnce(secret),
        now: now()
      })
    })
    if (reservation?.allowed === false) throw this.#refuse(reservation, credentials, record, origin)
    let user: DirectoryUser | null
    try {
      user = await check()
    } catch (error) {
      // What went wrong first is the answer, also where the throttle fails too.
      await this.#askThrottle(async () => reservation?.settle('abandoned', now())).catch(() => undefined)
      throw error
    }
    const settled = await this.#askThrottle(async () => reservation?.settle(user ? 'success' : 'failure', now()))
    const details = describeLogin(credentials, user ?? record, origin)
    if (user) events.raise('authn_login_success', details)
    else events.raise('authn_login_fail', { ...details, reason: 'wrong credentials' })
    if (settled?.limited) events.raise('authn_login_fail_max', details)
    if (settled?.locked) events.raise('authn_login_lock', details)
    return user
  }

  #refuse(refusal: LoginRefusal, credentials: Credentials, record: UserRecord | null, origin: LoginOrigin): DirectoryError {
    this.#parts.events.raise('excess_rate_limit_exceeded', {
      ...describeLogin(credentials, record, origin),
      reason: `logins ${refusal.limit}`
    })
    return new DirectoryError('ERR_THROTTLED', 'Too many failed logins: wait before the next one', {
      retryAfterSeconds: refusal.retryAfterSeconds
    })
  }

  #verify(secret: LoginSecret, account: string, record: UserRecord | null, origin: LoginOrigin): Promise<boolean> {
    const passwordHash = record === null || record.disabled ? null : record.passwordHash
    return this.#parts.passwords.verify(secret, passwordHash, { account, address: foldAddress(origin.ip), signal: origin.signal })
  }

  /** Logins of one user at the same time share one upgrade: fifty hashes more would take their places in the queue from other logins. */
  async #upgradeOnce(secret: LoginSecret, record: UserRecord): Promise<void> {
    const upgrade = this.#upgrades.get(record.ID) ?? this.#upgradeHash(secret, record).finally(() => this.#upgrades.delete(record.ID))
    this.#upgrades.set(record.ID, upgrade)
    await upgrade
  }

  async #upgradeHash(secret: LoginSecret, record: UserRecord): Promise<void> {
    const { passwords, provider, events } = this.#parts
    if (!provider.updatesHashes || record.passwordHash === null) return
    try {
      const upgraded = (await passwords.upgrade?.(secret, record.passwordHash)) ?? null
      if (upgraded !== null) await provider.updatePasswordHash(record, upgraded)
    } catch {
      events.raise('sys_degraded', { userName: record.userName, userID: record.ID, reason: 'password hash not upgraded' })
    }
  }

  async #askThrottle<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question()
    } catch (cause) {
      this.#parts.events.raise('sys_degraded', { reason: 'login throttle failed' })
      if (cause instanceof DirectoryError) throw cause
      throw new DirectoryError('ERR_STORE_UNAVAILABLE', 'The login throttle could not answer', { cause })
    }
  }

  #fail(credentials: Credentials, origin: LoginOrigin, reason: string): null {
    this.#parts.events.raise('authn_login_fail', { ...describeLogin(credentials, null, origin), reason })
    return null
  }
}

/** One spelling for both headers, so that a wrong password counts once for the throttle however it is sent. */
function spellOnce(secret: LoginSecret): string {
  return digestOf(secret) ?? ('password' in secret ? secret.password : '')
}

function isEmpty(secret: LoginSecret): boolean {
  return 'password' in secret ? secret.password === '' : secret.hashedPassword === '' || secret.hashedPassword === digestOfNothing
}

function accountOf(credentials: Credentials, record: UserRecord | null): string {
  return record ? accountOfID(record.ID) : accountOfName(credentials.userName)
}

// Prefixes, so that nobody locks an account by a made-up name that is somebody's ID.
function accountOfID(ID: string): string {
  return `ID ${foldID(ID)}`
}

function accountOfName(userName: string): string {
  return `name ${foldName(userName)}`
}

function describeLogin(credentials: Credentials, user: DirectoryUser | null, { ip, userAgent }: LoginOrigin) {
  return { userName: user?.userName ?? credentials.userName, userID: user?.ID ?? null, ip, userAgent }
}
