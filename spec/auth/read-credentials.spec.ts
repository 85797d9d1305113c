import { describe, expect, it } from 'vitest'

import { readCredentials } from '../../lib/auth/read-credentials.js'
import { digest4D } from '../../lib/index.js'

const policy = { digestLogin: true, allowEmptyPasswords: false }
const digest = digest4D('')
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const withOtherBits = (bits: number) => `${digest.slice(0, 21)}${alphabet[alphabet.indexOf(digest.charAt(21)) + bits] ?? ''}==`

describe('E empty spellings: the digest of an empty password', () => {
  it.each([
    ['as an encoder writes it', digest],
    ['without padding', digest.slice(0, 22)],
    ['with one sign of padding', digest.slice(0, 23)],
    ['with more padding', `${digest}==`],
    ['in the alphabet of URLs', digest.replaceAll('+', '-').replaceAll('/', '_')],
    ['with a blank inside', `${digest.slice(0, 4)} ${digest.slice(4)}`],
    ['with blanks around it', ` \t${digest}\r\n`],
    ['with another blank', `\u00a0${digest}\u3000`],
    ['with padding in front', `=${digest}`],
    ['with signs that decoders leave out', `*${digest.slice(0, 9)}\u0000.${digest.slice(9)}`],
    ['with other bits at its end', withOtherBits(1)],
    ['with all other bits at its end', withOtherBits(15)],
    ['with something behind it', `${digest.slice(0, 22)}AAAA`]
  ])('is an empty password %s', (_how, hashedPassword) => {
    const read = readCredentials({ userName: 'jsmith', hashedPassword }, policy)

    expect(read).toEqual({ kind: 'refused', userName: 'jsmith', reason: 'empty password' })
  })

  it('is not what any other digest is taken for', () => {
    const read = readCredentials({ userName: 'jsmith', hashedPassword: digest4D(' ') }, policy)

    expect(read.kind).toBe('credentials')
  })
})

describe('A16.5.1: what is no pair of texts', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'jsmith'],
    ['a number', 7],
    ['an array', ['jsmith', 'smith']],
    ['an empty object', {}],
    ['a name that is an operator', { userName: { $ne: null }, password: 'smith' }],
    ['a password that is an object', { userName: 'jsmith', password: { toString: null, valueOf: null } }],
    ['a password that is an array', { userName: 'jsmith', password: ['smith'] }],
    ['a password that is a number', { userName: 'jsmith', password: 0 }],
    ['a digest that is an object', { userName: 'jsmith', hashedPassword: {} }],
    ['a password that is no text beside a digest', { userName: 'jsmith', password: 7, hashedPassword: digest4D('smith') }],
    ['an ID with a password that is no text', { ID: '1', userName: 'jsmith', password: 7 }],
    ['an object without a prototype', Object.create(null) as object]
  ])('is refused credentials, and no error: %s', (_what, sent) => {
    expect(readCredentials(sent, policy)).toMatchObject({ kind: 'refused', reason: 'no pair of texts' })
  })

  it('is a TypeError that names signIn where it is a user, and no answer of 500 where a client sent it', () => {
    const read = () => readCredentials({ ID: '1', userName: 'jsmith', fullName: 'John' }, policy)

    expect(read).toThrow(TypeError)
    expect(read).toThrow(expect.objectContaining({ status: 400, message: expect.stringContaining('signIn(user)') as string }) as Error)
  })
})

describe('A2.4.1 names: texts from clients', () => {
  it.each<[string, number, (length: number) => object]>([
    ['a name', 255, (length) => ({ userName: 'x'.repeat(length), password: 'smith' })],
    ['a name of characters that take two units', 254, (length) => ({ userName: '\u{1f600}'.repeat(length / 2), password: 'smith' })],
    ['a password', 4096, (length) => ({ userName: 'jsmith', password: 'x'.repeat(length) })],
    ['a digest', 64, (length) => ({ userName: 'jsmith', hashedPassword: 'x'.repeat(length) })]
  ])("are nobody's beyond their bound: %s of %i", (_what, bound, make) => {
    const [within, beyond] = [readCredentials(make(bound), policy), readCredentials(make(bound + 2), policy)]

    expect(within).toMatchObject({ kind: 'credentials', isNobodys: false })
    expect(beyond).toMatchObject({ kind: 'credentials', isNobodys: true })
  })

  // PostgreSQL answers it with an error, and a library in C takes `jsmith` and what follows the NUL for `jsmith`.
  it("are nobody's with a NUL in the name", () => {
    expect(readCredentials({ userName: 'jsmith\0x', password: 'smith' }, policy)).toMatchObject({ kind: 'credentials', isNobodys: true })
  })
})

describe('credentials', () => {
  it.each([
    ['the digest where both secrets are filled', { password: 'p', hashedPassword: 'd' }, { userName: 'jsmith', hashedPassword: 'd' }],
    ['the password where the digest is empty', { password: 'p', hashedPassword: '' }, { userName: 'jsmith', password: 'p' }],
    ['the password where the digest is null', { password: 'p', hashedPassword: null }, { userName: 'jsmith', password: 'p' }]
  ])('have one secret: %s', (_which, secrets, credentials) => {
    expect(readCredentials({ userName: 'jsmith', ...secrets }, policy)).toMatchObject({ kind: 'credentials', credentials })
  })
})
