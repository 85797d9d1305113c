import { BcryptPool } from './bcrypt-pool.js'

/**
 * A hash of a password for the users table: `bcrypt_4d$...`, which fits the password and its 4D digest.
 *
 * For scripts: each call has a thread of its own, which ends with it. Where there are many to hash, use a `BcryptPool`, or `directory.passwords` in a
 * server. `cost` is a whole number from 4 to 15, default 10.
 */
export async function hashPassword(password: string, options: { readonly cost?: number } = {}): Promise<string> {
  return await withPoolOfOne(options, (pool) => pool.hash(password))
}

/**
 * The same from a stored 4D digest, so that a table of digests is lifted off MD5 without anybody logging in. For scripts, as `hashPassword`.
 */
export async function hashDigest4D(digest: string, options: { readonly cost?: number } = {}): Promise<string> {
  return await withPoolOfOne(options, (pool) => pool.hashDigest4D(digest))
}

async function withPoolOfOne(options: { readonly cost?: number }, make: (pool: BcryptPool) => Promise<string>): Promise<string> {
  const pool = new BcryptPool({ ...options, threads: 1 })
  try {
    return await make(pool)
  } finally {
    await pool.close()
  }
}
