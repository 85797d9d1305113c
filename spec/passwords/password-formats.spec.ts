import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'

import { BcryptPool } from '../../lib/passwords/bcrypt-pool.js'
import { digest4D } from '../../lib/passwords/digest-4d.js'
import type { LoginSecret } from '../../lib/passwords/login-secret.js'
import { equalInConstantTime } from '../../lib/passwords/password-formats.js'

const pool = new BcryptPool({ cost: 6, threads: 1 })
const quickPool = new BcryptPool({ cost: 4, threads: 1 })
afterAll(() => Promise.all([pool.close(), quickPool.close()]))

// Made by libxcrypt, not by the library that checks them.
const made = {
  umlaut2b: '$2b$04$abcdefghijklmnopqrstuO0E9UfigYDomPdi.yHxbBZ/EkAUqGPBK', // p, a with diaeresis, ss
  umlaut2y: '$2y$04$abcdefghijklmnopqrstuO0E9UfigYDomPdi.yHxbBZ/EkAUqGPBK',
  umlaut2a: '$2a$04$abcdefghijklmnopqrstuO0E9UfigYDomPdi.yHxbBZ/EkAUqGPBK',
  pass: '$2y$05$abcdefghijklmnopqrstuuZFBUbfXoM8LFiPx8LYlO/sXZB/Cwk3K',
  passWithSaltRespelled: '$2y$05$abcdefghijklmnopqrstuvZFBUbfXoM8LFiPx8LYlO/sXZB/Cwk3K',
  x72: '$2y$04$abcdefghijklmnopqrstuOHAaFgMEOClarCCel/CCFxFJxa3fcx7i', // 72 times x, and 73 times as well, since it cuts
  digestOfPass: '$2b$04$abcdefghijklmnopqrstuO1rVlM9JiaMUURgGLvuoTF4s0sJZUVJ.'
}
const umlaut = 'p\u00e4ss'
const digestOfPass = 'q1TzCU0hvFUZnyOPqPJ8Iw=='
const of4D = `bcrypt_4d$${made.digestOfPass}`

function password(text: string): LoginSecret {
  return { password: text }
}

function hashed(text: string): LoginSecret {
  return { hashedPassword: text }
}

describe('a stored password hash', () => {
  it.each<[string, LoginSecret, string | null, boolean]>([
    ['bcrypt $2a$: its password', password(umlaut), made.umlaut2a, true],
    ['bcrypt $2b$: its password', password(umlaut), made.umlaut2b, true],
    ['bcrypt $2y$: its password', password(umlaut), made.umlaut2y, true],
    ['bcrypt: another password', password('pass'), made.umlaut2y, false],
    ['bcrypt: the digest of its password, in either place', hashed(digestOfPass), made.pass, false],
    ['bcrypt: the digest as a password', password(digestOfPass), made.pass, false],
    ['bcrypt: a salt with unused bits', password('pass'), made.passWithSaltRespelled, true],
    ['bcrypt: 72 bytes', password('x'.repeat(72)), made.x72, true],
    ['bcrypt: 73 bytes, although bcrypt itself takes them', password('x'.repeat(73)), made.x72, false],
    ['bcrypt: its password, twice with a NUL between, although bcrypt itself takes it', password('pass\u0000pass'), made.pass, false],
    ['bcrypt_4d: its password', password('pass'), of4D, true],
    ['bcrypt_4d: its digest', hashed(digestOfPass), of4D, true],
    ['bcrypt_4d: another password', password('Pass'), of4D, false],
    ['bcrypt_4d: another digest', hashed(digest4D('Pass')), of4D, false],
    ['bcrypt_4d: the digest as a password', password(digestOfPass), of4D, false],
    ['bcrypt_4d: the password as a digest', hashed('pass'), of4D, false],
    ['bcrypt_4d: its digest, twice with a NUL between', hashed(`${digestOfPass}\u0000${digestOfPass}`), of4D, false],
    ['digest: its password', password('pass'), digestOfPass, true],
    ['digest: itself', hashed(digestOfPass), digestOfPass, true],
    ['digest: another password', password('Pass'), digestOfPass, false],
    ['digest: itself as a password', password(digestOfPass), digestOfPass, false],
    ['digest: another digest', hashed(digest4D('Pass')), digestOfPass, false],
    ['digest: nothing', hashed(''), digestOfPass, false],
    ['digest of the empty password: the empty password', password(''), digest4D(''), true],
    ['null: the empty password', password(''), null, false],
    ['null: a digest', hashed(digestOfPass), null, false],
    ['an empty text: the empty password', password(''), '', false],
    ['an unknown text: itself', password('plain text'), 'plain text', false],
    [
      'an unknown text: itself, hashed',
      hashed('$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA'),
      '$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA',
      false
    ],
    ['bcrypt cut short', password('pass'), made.pass.slice(0, -1), false],
    ['bcrypt with a line end behind it', password('pass'), `${made.pass}\n`, false],
    ['bcrypt of a cost that bcrypt does not know', password('pass'), made.pass.replace('$05$', '$03$'), false],
    ['bcrypt_4d without its bcrypt', hashed(digestOfPass), `bcrypt_4d$${digestOfPass}`, false]
  ])('A6.3.8: %s', async (_case, secret, passwordHash, expected) => {
    const workBefore = pool.statistics.work

    const matches = await pool.verify(secret, passwordHash)

    expect(matches).toBe(expected)
    expect(pool.statistics.work - workBefore).toBe(2 ** 6)
  })

  it('takes a plain string as the password', async () => {
    const [right, wrong] = await Promise.all([pool.verify(umlaut, made.umlaut2b), pool.verify('pass', made.umlaut2b)])

    expect([right, wrong]).toEqual([true, false])
  })

  it.each([16, 31, 99])('A6.3.8: is refused, not run, at cost %i, after the same work', async (cost) => {
    const workBefore = pool.statistics.work
    const costly = made.pass.replace('$05$', `$${cost}$`)

    const outcomes = await Promise.all([pool.verify('pass', costly), pool.verify(hashed(digestOfPass), `bcrypt_4d$${costly}`)])

    expect(outcomes).toEqual([false, false])
    expect(pool.statistics.work - workBefore).toBe(2 * 2 ** 6)
    expect(pool.statistics.targetCost).toBe(6)
  })
})

describe('two passwords', () => {
  it.each([
    ['in case', 'Secret', 'secret'],
    ['in a trailing blank', 'secret', 'secret '],
    ['in the 73rd byte', 'x'.repeat(72) + 'a', 'x'.repeat(72) + 'b'],
    ['in having a 73rd byte', 'x'.repeat(72), 'x'.repeat(73)],
    ['behind a NUL', 'secret\u0000a', 'secret\u0000b'],
    ['in a NUL at the end', 'secret', 'secret\u0000'],
    ['in a repetition behind a NUL', 'secret', 'secret\u0000secret'],
    ['in composition', '\u00e9', 'e\u0301'],
    ['in half a surrogate pair', '\ud83d', '\ud83c']
  ])('A6.2.8: that differ %s do not match each other', async (_difference, one, other) => {
    const hashOfOne = await quickPool.hash(one)
    const hashOfOther = await quickPool.hash(other)

    const matches = await Promise.all([
      quickPool.verify(one, hashOfOne),
      quickPool.verify(other, hashOfOther),
      quickPool.verify(other, hashOfOne),
      quickPool.verify(one, hashOfOther)
    ])

    expect(matches).toEqual([true, true, false, false])
  })

  it('A6.2.8: match only when they are the same, whatever they are', async () => {
    const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 100 }), fc.string({ maxLength: 3 }))

    await fc.assert(
      fc.asyncProperty(anyText, anyText, async (one, other) => {
        const hash = await quickPool.hash(one)
        expect(await quickPool.verify(one, hash)).toBe(true)
        expect(await quickPool.verify(hashed(digest4D(one)), hash)).toBe(true)
        expect(await quickPool.verify(other, hash)).toBe(one === other)
      }),
      { numRuns: 40 }
    )
  })
})

describe('equalInConstantTime', () => {
  it.each([
    ['', '', true],
    ['abc', 'abc', true],
    ['abc', 'abd', false],
    ['abc', 'abcd', false],
    ['abc', '', false],
    ['\u00e9', 'e\u0301', false],
    ['a\u0141', 'aA', false]
  ])('A11.2.4: compares %j with %j without throwing: %s', (one, other, expected) => {
    const equal = equalInConstantTime(one, other)

    expect(equal).toBe(expected)
  })
})
