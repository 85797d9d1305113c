import { readerOf } from '../checks/member-reader.js'
import { BcryptPool } from './bcrypt-pool.js'

/** What a single hash may be told. */
export interface HashingOptions {
  /** A whole number from 4 to 15; each is twice the work of the one before. Default 10. */
  readonly cost?: number | undefined
}

/**
 * A hash of a password for the users table: `bcrypt_4d$...`, which fits the password and its 4D digest.
 *
 * For scripts: each call has a thread of its own, which ends with it. Where there are many to hash, use a `BcryptPool`, or `directory.passwords` in a
 * server.
 */
export async function hashPassword(password: string, options: HashingOptions = {}): Promise<string> {
  return await withPoolOfOne(options, (pool) => pool.hash(password))
}

/**
 * The same from a stored 4D digest, so that a table of digests is lifted off MD5 without anybody logging in. For scripts, as `hashPassword`.
 */
export async function hashDigest4D(digest: string, options: HashingOptions = {}): Promise<string> {
  return await withPoolOfOne(options, (pool) => pool.hashDigest4D(digest))
}

async function withPoolOfOne(options: HashingOptions, make: (pool: BcryptPool) => Promise<string>): Promise<string> {
  const cost: unknown = readerOf(options, ['cost'], 'hashPassword(password, { cost: 10 })').value('cost')
  const pool = new BcryptPool({ cost: cost as number | undefined, threads: 1 })
  try {
    return await make(pool)
  } finally {
    await pool.close()
  }
}
