import type * as nodeCrypto from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { hashSync } from 'bcryptjs'
import { afterAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'

import { BcryptPool, digest4D, DirectoryFileProvider, directoryRouter, MemoryLoginThrottle, StaticProvider } from '../../lib/index.js'
import { serve } from '../support/serve.js'
import { Visitor } from '../support/visitor.js'

// The one module of Node's that digests go through, with a counter in front of it, and a switch for a host in FIPS mode.
const md5 = vi.hoisted(() => ({ digests: 0, isThere: true }))
vi.mock('node:crypto', async (importOriginal) => {
  const crypto = await importOriginal<typeof nodeCrypto>()
  function createHash(algorithm: string): nodeCrypto.Hash {
    if (algorithm === 'md5' && !md5.isThere) throw new Error('error:0308010C:digital envelope routines::unsupported')
    if (algorithm === 'md5') md5.digests++
    return crypto.createHash(algorithm)
  }
  return { ...crypto, default: { ...crypto, createHash }, createHash }
})

const digestOfSmith = 'MXvDSbcei5DDJ2R1mXJnIw=='
const passwords = new BcryptPool({ cost: 5, threads: 1 })
afterAll(() => passwords.close())

async function serveUser(passwordHash: string | null, digestLogin = true) {
  const row = { ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash }
  const provider = {
    findUser: (userName: string) => Promise.resolve(userName === 'jsmith' ? { ...row } : null),
    belongsTo: () => Promise.resolve(false),
    updatePasswordHash: (_user: object, upgraded: string) => {
      row.passwordHash = upgraded
      return Promise.resolve()
    }
  }
  const throttle = new MemoryLoginThrottle()
  const { url } = await serve({ provider, passwords, throttle, rest: { digestLogin } })
  return { row, visitor: new Visitor(url) }
}

beforeEach(() => {
  Object.assign(md5, { digests: 0, isThere: true })
})

describe('a password', () => {
  it.each([
    ['nobody', null],
    ['bcrypt', hashSync('smith', 5)],
    ['bcrypt_4d', `bcrypt_4d$${hashSync(digestOfSmith, 5)}`],
    ['a digest, which is upgraded', digestOfSmith],
    ['bcrypt_4d of a lower cost, which is upgraded', `bcrypt_4d$${hashSync(digestOfSmith, 4)}`]
  ])('is digested once in a login that is compared with %s', async (_stored, passwordHash) => {
    const { visitor } = await serveUser(passwordHash)
    md5.digests = 0

    await visitor.logsInAs('jsmith', 'smith')

    expect(md5.digests).toBe(1)
  })
})

describe('a host without MD5', () => {
  it('loads the package, which asks for no MD5', async () => {
    md5.isThere = false
    vi.resetModules()

    const loaded = await import('../../lib/index.js')

    expect(loaded.directoryRouter).toBeTypeOf('function')
    expect(md5.digests).toBe(0)
  })

  it('logs users in by plain bcrypt hashes, throttled as elsewhere', async () => {
    const { visitor } = await serveUser(hashSync('smith', 4), false)
    md5.isThere = false

    const answers = [await visitor.logsInAs('jsmith', 'Smith'), await visitor.logsInAs('jsmith', 'smith')]

    expect(answers.map(({ status }) => status)).toEqual([401, 200])
  })

  it.each([
    ['bcrypt_4d', `bcrypt_4d$${hashSync(digestOfSmith, 4)}`],
    ['a digest', digestOfSmith]
  ])('answers 503, not "wrong", where the stored hash is %s', async (_format, passwordHash) => {
    const { visitor } = await serveUser(passwordHash, false)
    md5.isThere = false

    const answer = await visitor.logsInAs('jsmith', 'smith')

    expect(answer.status).toBe(503)
    expect(answer.text).toContain('no MD5')
  })

  it('names FIPS mode and the cure where a digest has to be made', async () => {
    md5.isThere = false

    expect(() => digest4D('smith')).toThrow(/no MD5 \(FIPS mode\).*digestLogin: false/)
    await expect(passwords.hash('smith')).rejects.toThrow(/no MD5/)
  })

  it.each([undefined, true])('refuses digestLogin: %j at start-up', (digestLogin) => {
    md5.isThere = false
    const provider = { findUser: () => Promise.resolve(null), belongsTo: () => Promise.resolve(false) }

    const create = () => directoryRouter({ provider, rest: { digestLogin } })

    expect(create).toThrow(/digestLogin must be false on this host/)
  })

  it.each([
    ['bcrypt_4d', `bcrypt_4d$${hashSync(digestOfSmith, 4)}`],
    ['a digest', digestOfSmith]
  ])('is told at start-up of users whose hash is %s, by name and without the hash', (_format, passwordHash) => {
    md5.isThere = false
    const users = [{ ID: '1', userName: 'jsmith', fullName: 'John Smith', passwordHash }]

    const create = () => new StaticProvider({ users })

    expect(create).toThrow(/no MD5 \(FIPS mode\); that of 'jsmith' is made of a 4D digest$/)
  })

  it('is told of the digests in a directory.json', async () => {
    md5.isThere = false
    const folder = await mkdtemp(join(tmpdir(), 'no-md5-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const path = join(folder, 'directory.json')
    await writeFile(path, JSON.stringify({ users: { jsmith: { password: digestOfSmith } }, groups: {} }))

    const opening = DirectoryFileProvider.open(path)

    await expect(opening).rejects.toThrow(/no MD5 \(FIPS mode\); that of 'jsmith' is made of a 4D digest$/)
  })

  it('takes users with plain bcrypt hashes, and without one', () => {
    md5.isThere = false
    const users = [hashSync('smith', 4), null].map((passwordHash, index) => {
      return { ID: String(index), userName: `user ${index}`, fullName: '', passwordHash }
    })

    expect(new StaticProvider({ users })).toBeInstanceOf(StaticProvider)
  })
})
