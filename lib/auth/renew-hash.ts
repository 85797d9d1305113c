import { DirectoryError } from '../errors.js'
import type { EventRaiser } from '../event-raiser.js'
import type { LoginSecret } from '../passwords/login-secret.js'
import type { PasswordHasher } from '../passwords/password-hasher.js'
import type { CheckedProvider } from '../providers/checked-provider.js'
import type { UserRecord } from '../providers/directory-provider.js'
import { SingleFlight } from '../single-flight.js'

/** A hash that was written, and the record as it was read again afterwards. */
export interface RenewedHash {
  readonly written: string
  readonly record: UserRecord | null
  /** The millisecond before that. */
  readonly authenticatedAt: number
}

export interface HashRenewalParts {
  readonly provider: CheckedProvider
  readonly passwords: PasswordHasher
  readonly events: EventRaiser
  readonly now: () => number
}

/** Replaces outdated hashes after logins. */
export class HashRenewal {
  readonly #parts: HashRenewalParts
  readonly #renewals = new SingleFlight<RenewedHash | null>()

  constructor(parts: HashRenewalParts) {
    this.#parts = parts
  }

  /**
   * Renews the hash that the secret has just been found right by; `null`: there was no need, or no way. Logins of one user at the same time share one renewal:
   * fifty hashes more would take their places in the queue from other logins. `readAgain` finds the record as the login found it.
   */
  renew(secret: LoginSecret, record: UserRecord, readAgain: () => Promise<UserRecord | null>): Promise<RenewedHash | null> {
    return this.#renewals.run(JSON.stringify([record.ID, record.passwordHash]), async () => {
      const written = await this.#write(secret, record)
      if (written === null) return null
      const authenticatedAt = this.#parts.now() - 1
      return { written, record: await readAgain(), authenticatedAt }
    })
  }

  async #write(secret: LoginSecret, record: UserRecord): Promise<string | null> {
    const { passwords, provider, events } = this.#parts
    if (!provider.updatesHashes || record.passwordHash === null) return null
    let renewed: string | null = null
    try {
      renewed = (await passwords.upgrade?.(secret, record.passwordHash)) ?? null
      if (renewed !== null) await provider.updatePasswordHash(record, renewed)
      return renewed
    } catch (cause) {
      const component = cause instanceof DirectoryError && cause.code === 'ERR_PROVIDER_UNAVAILABLE' ? 'provider' : 'passwords'
      const { userName, ID: userID, passwordHash } = record
      const secrets = [passwordHash, renewed ?? '']
      events.raise('sys_degraded', { userName, userID, component, cause, secrets, reason: 'password hash not upgraded' })
      return null
    }
  }
}
