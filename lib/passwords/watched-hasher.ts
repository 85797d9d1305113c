import type { WatchedCalls } from '../watched-calls.js'
import type { BcryptPoolStatistics } from './bcrypt-pool-statistics.js'
import type { LoginSecret } from './login-secret.js'
import type { HashingRequest, PasswordHasher } from './password-hasher.js'

/** A hasher, each call of which is counted and traced. */
export class WatchedHasher implements PasswordHasher {
  readonly #hasher: PasswordHasher
  readonly #calls: WatchedCalls

  constructor(hasher: PasswordHasher, calls: WatchedCalls) {
    this.#hasher = hasher
    this.#calls = calls
  }

  get statistics(): BcryptPoolStatistics | undefined {
    return this.#hasher.statistics
  }

  async hash(password: string): Promise<string> {
    return this.#calls.run('hash', () => this.#hasher.hash(password))
  }

  async verify(secret: string | LoginSecret, passwordHash: string | null, request?: HashingRequest): Promise<boolean> {
    return this.#calls.run('verify', () => this.#hasher.verify(secret, passwordHash, request))
  }

  async upgrade(secret: LoginSecret, passwordHash: string): Promise<string | null> {
    return this.#calls.run('upgrade', async () => (await this.#hasher.upgrade?.(secret, passwordHash)) ?? null)
  }

  async close(): Promise<void> {
    await this.#hasher.close?.()
  }
}
