import { inspect } from 'node:util'
import type { Worker } from 'node:worker_threads'

import { hashSync } from 'bcryptjs'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'

import { BcryptPool } from '../../lib/passwords/bcrypt-pool.js'
import { digest4D } from '../../lib/passwords/digest-4d.js'
import type { LoginSecret } from '../../lib/passwords/login-secret.js'

type Way = (pool: BcryptPool, secret: LoginSecret, hash: string) => Promise<unknown>

/** A login whose thread dies, and its second one too. */
const ofDeadThreads: Way = (pool, secret, hash) => {
  function kill(worker: Worker): void {
    void worker.terminate()
  }
  process.on('worker', kill)
  return pool.verify(secret, hash).finally(() => process.off('worker', kill))
}

const ofAFullQueue: Way = (pool, secret, hash) =>
  Promise.all(Array.from({ length: 4 }, (_, index) => pool.verify(secret, hash, { account: String(index) })))

const ofAnAddressWithItsShare: Way = (pool, secret, hash) =>
  Promise.all(Array.from({ length: 4 }, (_, index) => pool.verify(secret, hash, { account: String(index), address: '192.0.2.1' })))

const ofAClientThatHungUp: Way = (pool, secret, hash) => pool.verify(secret, hash, { signal: AbortSignal.abort() })

const ofAClosedPool: Way = async (pool, secret, hash) => {
  await pool.close()
  return pool.verify(secret, hash)
}

const ofWrongArguments: Way = async (pool, secret, hash) => {
  const calls = [
    pool.verify({ secret } as never, hash),
    pool.verify(secret, { hash } as never),
    pool.verify([secret, hash] as never, null),
    pool.hash(secret as never),
    pool.hashDigest4D(hash),
    pool.hashDigest4D('password' in secret ? secret.password : secret.hashedPassword.slice(1)),
    pool.upgrade([secret] as never, hash)
  ]
  throw new AggregateError(await Promise.all(calls.map((call) => call.catch((error: unknown) => error))))
}

describe('A14.2.1: no password, digest or hash is in the errors and statistics', () => {
  it.each<[string, Way]>([
    ['a login whose threads die', ofDeadThreads],
    ['a full queue', ofAFullQueue],
    ['an address that has its share of the queue', ofAnAddressWithItsShare],
    ['a client that hung up', ofAClientThatHungUp],
    ['a pool that is closed', ofAClosedPool],
    ['arguments of another type', ofWrongArguments]
  ])('of %s', async (_what, fail) => {
    const password = fc.stringMatching(/^[a-z0-9+/=]{8,40}$/)
    const format = fc.constantFrom('bcrypt', 'bcrypt_4d', 'digest')

    await fc.assert(
      fc.asyncProperty(password, format, fc.boolean(), async (text, stored, sendsDigest) => {
        const pool = new BcryptPool({ cost: 4, threads: 1, maxWaiting: 1 })
        onTestFinished(() => pool.close())
        const digest = digest4D(text)
        const hash = { bcrypt: hashSync(text, 4), bcrypt_4d: `bcrypt_4d$${hashSync(digest, 4)}`, digest }[stored]

        const error: unknown = await fail(pool, sendsDigest ? { hashedPassword: digest } : { password: text }, hash).catch(
          (reason: unknown) => reason
        )

        expect(error).toBeInstanceOf(Error)
        const shown = inspect([error, pool.statistics, pool], { depth: Infinity, showHidden: true })
        for (const secret of [text, digest, hash]) expect(shown).not.toContain(secret)
        await pool.close()
      }),
      { numRuns: 12 }
    )
  })
})
