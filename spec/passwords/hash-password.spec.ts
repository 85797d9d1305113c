import { hashSync } from 'bcryptjs'
import type { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'

import { BcryptPool } from '../../lib/passwords/bcrypt-pool.js'
import { digest4D } from '../../lib/passwords/digest-4d.js'
import { hashDigest4D, hashPassword } from '../../lib/passwords/hash-password.js'

const pool = new BcryptPool({ cost: 4, threads: 1 })
afterAll(() => pool.close())

describe('hashPassword', () => {
  it('makes a bcrypt_4d hash that fits the password and its digest', async () => {
    const hash = await hashPassword('secret', { cost: 4 })

    const matches = [await pool.verify('secret', hash), await pool.verify({ hashedPassword: digest4D('secret') }, hash)]
    expect(hash).toMatch(/^bcrypt_4d\$\$2b\$04\$[./A-Za-z0-9]{53}$/)
    expect(matches).toEqual([true, true])
  })

  it('makes it at cost 10 unless told otherwise, and never the same twice', async () => {
    const hashes = await Promise.all([hashPassword('secret'), hashPassword('secret')])

    expect(hashes.map((hash) => hash.slice(0, 17))).toEqual(['bcrypt_4d$$2b$10$', 'bcrypt_4d$$2b$10$'])
    expect(hashes[0]).not.toBe(hashes[1])
  })

  it('ends its thread', async () => {
    const threads: Worker[] = []
    const listen = (worker: Worker) => void threads.push(worker)
    process.on('worker', listen)

    await hashPassword('secret', { cost: 4 })

    process.off('worker', listen)
    expect(threads.map((thread) => thread.threadId)).toEqual([-1])
  })

  it.each([
    [() => hashPassword(undefined as never), 'password must be a string, received undefined'],
    [
      () => hashPassword('x'.repeat(4097), { cost: 4 }),
      'password must be at most 4096 characters long, or no login takes it; received 4097'
    ],
    [() => hashPassword('secret', { cost: 20 }), 'cost must be a whole number from 4 to 15, received 20']
  ])('names what is wrong with its arguments, in a rejection: %#', async (call, message) => {
    const outcome = call()

    await expect(outcome).rejects.toEqual(new TypeError(message))
  })
})

describe('hashDigest4D', () => {
  it('lifts a stored digest to a bcrypt_4d hash that fits the password', async () => {
    const hash = await hashDigest4D(digest4D('secret'), { cost: 4 })

    const matches = [await pool.verify('secret', hash), await pool.verify('Secret', hash)]
    expect(matches).toEqual([true, false])
  })

  it.each(['', 'secret', digest4D('secret').slice(0, -1), ` ${digest4D('secret')}`, hashSync('secret', 4), 1234])(
    'says what it wants in place of %j, without showing it',
    async (value) => {
      const outcome = hashDigest4D(value as never, { cost: 4 })

      await expect(outcome).rejects.toEqual(new TypeError('digest must be a 4D digest: 24 characters of base64 that end in =='))
    }
  )
})
