import { forgiven } from '../forgiven.js'
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

  hash(password: string): Promise<string> {
    return forgiven(this.#run('hash', () => this.#hasher.hash(password)))
  }

  verify(secret: string | LoginSecret, passwordHash: string | null, request?: HashingRequest): Promise<boolean> {
    return forgiven(this.#run('verify', () => this.#hasher.verify(secret, passwordHash, request)))
  }

  upgrade(secret: LoginSecret, passwordHash: string): Promise<string | null> {
    return forgiven(this.#run('upgrade', async () => (await this.#hasher.upgrade?.(secret, passwordHash)) ?? null))
  }

  async close(): Promise<void> {
    await this.#hasher.close?.()
  }

  // What a hasher of the host's throws at once is a rejection all the same.
  async #run<T>(verb: string, call: () => Promise<T>): Promise<T> {
    return this.#calls.run(verb, call)
  }
}
