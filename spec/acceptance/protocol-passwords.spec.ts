import { hashSync } from 'bcryptjs'
import { afterAll, describe, expect, it } from 'vitest'

import { BcryptPool, digest4D, StaticProvider } from '../../lib/index.js'
import { serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

/** One for all hashes of the file, at the lowest cost. */
const pool = new BcryptPool({ cost: 4, threads: 1 })
afterAll(() => pool.close())

const formats = [
  { format: 'bcrypt_4d', byPassword: true, byDigest: true, hash: (password: string) => pool.hash(password) },
  {
    format: 'a digest lifted to bcrypt',
    byPassword: true,
    byDigest: true,
    hash: (password: string) => pool.hashDigest4D(digest4D(password))
  },
  { format: '$2a$', byPassword: true, byDigest: false, hash: (password: string) => Promise.resolve(bcrypt(password, '$2a$')) },
  { format: '$2b$', byPassword: true, byDigest: false, hash: (password: string) => Promise.resolve(bcrypt(password, '$2b$')) },
  { format: '$2y$', byPassword: true, byDigest: false, hash: (password: string) => Promise.resolve(bcrypt(password, '$2y$')) },
  { format: '4D digest', byPassword: true, byDigest: true, hash: (password: string) => Promise.resolve(digest4D(password)) },
  { format: 'null', byPassword: false, byDigest: false, hash: () => Promise.resolve(null) }
] as const

function bcrypt(password: string, prefix: string): string {
  return hashSync(password, 4).replace(/^\$2.\$/, () => prefix)
}

async function serveWith(passwordHash: string | null, rest: { allowEmptyPasswords?: boolean } = {}): Promise<Visitor> {
  const users = [{ ID: '1', userName: 'jsmith', fullName: '', passwordHash }]
  const { url } = await serve({ provider: new StaticProvider({ users }), throttle: false, rest })
  return new Visitor(url)
}

describe.each(formats)('a passwordHash in the format $format', ({ byPassword, byDigest, hash }) => {
  it(`${byPassword ? 'accepts' : 'refuses'} the password, and no other`, async () => {
    const visitor = await serveWith(await hash('smith'))

    const wrong = await visitor.logsInAs('jsmith', 'Smith')
    const right = await visitor.logsInAs('jsmith', 'smith')

    expect([wrong.status, right.status]).toEqual([401, byPassword ? 200 : 401])
  })

  it(`${byDigest ? 'accepts' : 'refuses'} the digest, and no other`, async () => {
    const visitor = await serveWith(await hash('smith'))

    const wrong = await visitor.logsInWithDigest('jsmith', 'Smith')
    const right = await visitor.logsInWithDigest('jsmith', 'smith')

    expect([wrong.status, right.status]).toEqual([401, byDigest ? 200 : 401])
  })

  it('refuses the hash itself, by either header', async () => {
    const passwordHash = await hash('smith')
    const visitor = await serveWith(passwordHash)

    const asPassword = await visitor.logsInAs('jsmith', passwordHash ?? 'null')
    const asDigest = await visitor.logsInAs('jsmith', '', { 'hashed-password-4D': passwordHash ?? 'null' })

    // A stored digest is a credential itself: the dialect is made so, and re-hashing is the cure.
    expect([asPassword.status, asDigest.status]).toEqual([401, passwordHash === digest4D('smith') ? 200 : 401])
  })

  it('E empty passwords: refuses the empty password and the digest of it', async () => {
    const visitor = await serveWith(await hash(''))

    const answers = [
      await visitor.logsInAs('jsmith', ''),
      await visitor.logsInWithDigest('jsmith', ''),
      await visitor.logsInByBody(['jsmith'])
    ]

    expect(answers.map(({ text }) => text)).toEqual(Array(3).fill('{"result":false}'))
  })
})

describe('the digest', () => {
  it.each([
    ['pass', 'q1TzCU0hvFUZnyOPqPJ8Iw=='],
    ['hello-4d', 's6eG1coY6YCkOKXBVpj+NA=='],
    ['\u00e9', 'ZqpZ+hmLn7e+qR35AwXaYQ==']
  ])('of "%s" as 4D makes it logs in against each format that takes digests', async (password, digest) => {
    const hashes = [await pool.hash(password), await pool.hashDigest4D(digest), digest]
    const statuses: number[] = []

    for (const passwordHash of hashes) {
      const visitor = await serveWith(passwordHash)
      statuses.push(
        (
          await visitor.asks('/rest/$directory/login', {
            method: 'POST',
            headers: { 'username-4D': 'jsmith', 'hashed-password-4D': digest }
          })
        ).status
      )
      statuses.push((await visitor.logsInByBody(['jsmith', password])).status)
    }

    expect(statuses).toEqual(Array(6).fill(200))
  })
})

describe('A6.2.8, V Okta 2024: two different passwords', () => {
  const pairs: readonly (readonly [what: string, password: string, other: string])[] = [
    ['in case', 'smith', 'SMITH'],
    ['in a trailing blank', 'smith', 'smith '],
    ['in the 73rd byte', 'x'.repeat(72) + 'a', 'x'.repeat(72) + 'b'],
    ['in whether there is a 73rd byte', 'x'.repeat(72), 'x'.repeat(72) + 'b'],
    ['behind a NUL', 'smith\u0000a', 'smith\u0000b'],
    ['in a NUL at the end', 'smith', 'smith\u0000'],
    ['in composition', '\u00e9', 'e\u0301']
  ]

  it.each(pairs)('that differ %s never match, in either direction and any format', async (_what, password, other) => {
    const accounts = await Promise.all(
      formats.flatMap(({ format, hash }) =>
        [
          { stored: password, sent: other },
          { stored: other, sent: password }
        ]
          // A hash that another program has made of 73 bytes is the hash of 72: what it left out cannot be known.
          .filter(({ stored }) => !format.startsWith('$') || stored.length <= 72)
          .map(async ({ stored, sent }) => ({ sent, passwordHash: await hash(stored) }))
      )
    )
    const users = accounts.map(({ passwordHash }, index) => ({ ID: String(index), userName: `user${index}`, fullName: '', passwordHash }))
    const { url } = await serve({ provider: new StaticProvider({ users }), throttle: false })

    const answers = await Promise.all(accounts.map(({ sent }, index) => new Visitor(url).logsInByBody([`user${index}`, sent])))

    expect(answers.map(({ status }) => status)).toEqual(accounts.map(() => 401))
  })

  it.each(pairs)('that differ %s each log in against the format that holds passwords of any length', async (_what, password, other) => {
    for (const own of [password, other]) {
      const visitor = await serveWith(await pool.hash(own))

      expect((await visitor.logsInByBody(['jsmith', own])).status).toBe(200)
    }
  })

  it.each(['x'.repeat(73), 'smith\u0000'])('of which bcrypt alone could not tell one apart: it is refused', async (password) => {
    const visitor = await serveWith(bcrypt(password, '$2b$'))

    expect((await visitor.logsInByBody(['jsmith', password])).status).toBe(401)
  })
})

describe('allowEmptyPasswords', () => {
  it('takes the empty password of a user who has it, and of nobody else', async () => {
    const hasEmpty = await serveWith(digest4D(''), { allowEmptyPasswords: true })
    const hasNone = await serveWith(null, { allowEmptyPasswords: true })
    const hasAnother = await serveWith(digest4D('smith'), { allowEmptyPasswords: true })

    const statuses = await Promise.all(
      [hasEmpty, hasNone, hasAnother].map(async (visitor) => (await visitor.logsInAs('jsmith', '')).status)
    )

    expect(statuses).toEqual([200, 401, 401])
  })
})

describe('A6.3.8: a refused login', () => {
  it('looks the same for an unknown user, a wrong password, a disabled user, one without a password and each format', async () => {
    const hashes = await Promise.all(formats.map(({ hash }) => hash('smith')))
    const people = hashes.map((passwordHash, index) => ({ ID: String(index), userName: `user${index}`, fullName: '', passwordHash }))
    const disabled = { ID: 'off', userName: 'off', fullName: '', passwordHash: digest4D('wrong'), disabled: true }
    const { url } = await serve({ provider: new StaticProvider({ users: [...people, disabled] }), throttle: false })

    const answers = await Promise.all(
      [...people, disabled, { userName: 'unknown' }].map(({ userName }) =>
        ask(`${url}/rest/$directory/login`, { method: 'POST', headers: { 'username-4D': userName, 'password-4D': 'wrong' } })
      )
    )

    const looks = answers.map(({ status, text, rawHeaders }) =>
      JSON.stringify([status, text, rawHeaders.filter((header) => !header.endsWith('GMT'))])
    )
    expect(new Set(looks).size).toBe(1)
    expect(answers[0]?.text).toBe('{"result":false}')
  })
})
