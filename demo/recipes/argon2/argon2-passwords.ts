import { hash, verify } from '@node-rs/argon2'
import { BcryptPool, type HashingRequest, type LoginSecret, type PasswordHasher } from 'express-4d-directory'

/** What OWASP's Password Storage Cheat Sheet wants at least: 19 MiB, two rounds, one lane. Argon2id is the library's default. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const isArgon2 = (passwordHash: string) => passwordHash.startsWith('$argon2')

/** Argon2id for new hashes, and the bcrypt of before for old ones. The library hashes in libuv's threads, so that the event loop stays free. */
export class Argon2Passwords implements PasswordHasher {
  readonly #old = new BcryptPool()
  /** What is compared with where there is nobody: the same work, so that the time does not tell. */
  readonly #nobody = hash('nobody has this password', parameters)

  hash(password: string): Promise<string> {
    return hash(password, parameters)
  }

  async verify(secret: string | LoginSecret, passwordHash: string | null, request?: HashingRequest): Promise<boolean> {
    const password = passwordOf(secret)
    if (passwordHash !== null && !isArgon2(passwordHash)) return this.#old.verify(secret, passwordHash, request)
    const matches = await verify(passwordHash ?? (await this.#nobody), password ?? '')
    return matches && passwordHash !== null && password !== null
  }

  async upgrade(secret: LoginSecret, passwordHash: string): Promise<string | null> {
    const password = passwordOf(secret)
    return password === null || isArgon2(passwordHash) ? null : this.hash(password)
  }

  close(): Promise<void> {
    return this.#old.close()
  }
}

function passwordOf(secret: string | LoginSecret): string | null {
  if (typeof secret === 'string') return secret
  return 'password' in secret ? secret.password : null
}
