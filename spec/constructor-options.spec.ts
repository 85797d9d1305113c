import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { createClient } from 'redis'
import { describe, expect, it } from 'vitest'

import { sessionConsole } from '../lib/console.js'
import {
  BcryptPool,
  directoryRouter,
  hashDigest4D,
  hashPassword,
  LruSessionStore,
  MemoryLoginThrottle,
  StaticProvider
} from '../lib/index.js'
import { PostgresSessionStore } from '../lib/postgres.js'
import { RedisLoginThrottle, RedisSessionStore } from '../lib/redis.js'

const client = { eval: () => Promise.resolve(), evalSha: () => Promise.resolve() }
const pool = new Pool()

/** Everything that takes options, called as plain JavaScript calls it, and what it cannot do without. */
const callees: readonly (readonly [name: string, call: (options: unknown) => unknown, needed: object])[] = [
  ['directoryRouter', (options) => directoryRouter(options as never), { provider: new StaticProvider({ users: [] }) }],
  ['new LruSessionStore', (options) => new LruSessionStore(options as never), {}],
  ['new BcryptPool', (options) => new BcryptPool(options as never), {}],
  ['new MemoryLoginThrottle', (options) => new MemoryLoginThrottle(options as never), {}],
  ['new RedisSessionStore', (options) => new RedisSessionStore(options as never), { client }],
  ['new RedisLoginThrottle', (options) => new RedisLoginThrottle(options as never), { client }],
  ['new PostgresSessionStore', (options) => new PostgresSessionStore(options as never), { pool }],
  ['hashPassword', (options) => hashPassword('smith', options as never), {}],
  ['hashDigest4D', (options) => hashDigest4D('rL0Y20zC+Fzt72VPzMSk2A==', options as never), {}],
  [
    'sessionConsole',
    (options) => sessionConsole(directoryRouter({ provider: new StaticProvider({ users: [] }) }), options as never),
    { group: 'Staff' }
  ]
]

async function mistakeOf(call: () => unknown): Promise<unknown> {
  try {
    return await call()
  } catch (error) {
    return error
  }
}

describe.each(callees)('%s', (name, call, needed) => {
  it('refuses an unknown option, and shows those that it knows', async () => {
    const mistake = await mistakeOf(() => call({ ...needed, bogus: 7 }))

    expect(mistake).toBeInstanceOf(TypeError)
    expect(String(mistake)).toMatch(/Unknown option bogus\. .*Known options: \w+/)
  })

  it.each([null, 7, 'options', []])('refuses what is no object of options: %j', async (options) => {
    const mistake = await mistakeOf(() => call(options))

    expect(mistake).toBeInstanceOf(TypeError)
    expect(String(mistake)).toContain(`takes an object of options, as in ${name === 'hashDigest4D' ? 'hashPassword' : name}(`)
  })

  it('takes undefined for absent', async () => {
    const known =
      String(await mistakeOf(() => call({ ...needed, bogus: 7 })))
        .split('Known options: ')[1]
        ?.split(', ') ?? []
    const absent = Object.fromEntries(known.map((option) => [option, undefined]))

    expect(await mistakeOf(() => call({ ...absent, ...needed }))).not.toBeInstanceOf(Error)
  })
})

describe('A mistake in what is handed in', () => {
  it.each([
    [['Unknown option cots. Did you mean cost? Known options: cost, threads, maxWaiting'], () => new BcryptPool({ cots: 14 } as never)],
    [['Unknown option maxGuest. Did you mean maxGuests?'], () => new LruSessionStore({ maxGuest: 5 } as never)],
    [['Did you mean maxGuests?'], () => new LruSessionStore({ MAXGUESTS: 5 } as never)],
    [['Did you mean failuresPerAccount?'], () => new MemoryLoginThrottle({ failuresPerAcount: 5 } as never)],
    [['maxGuests', 'whole number', "'5'"], () => new LruSessionStore({ maxGuests: '5' } as never)],
    [['cost', 'a promise', 'await'], () => new BcryptPool({ cost: Promise.resolve(12) } as never)],
    [['new RedisSessionStore({ client })', 'undefined'], () => new RedisSessionStore(undefined as never)],
    [['client must be', 'createClient', 'ioredis', 'undefined'], () => new RedisSessionStore({} as never)],
    [['client must be', 'a function'], () => new RedisSessionStore({ client: createClient } as never)],
    [['client must be', 'a promise', 'await'], () => new RedisSessionStore({ client: Promise.resolve(client) } as never)],
    [
      ['client must be', 'redis://default:***@localhost'],
      () => new RedisSessionStore({ client: 'redis://default:hunter2@localhost' } as never)
    ],
    [['new RedisSessionStore({ client })', 'an instance of'], () => new RedisSessionStore(createClient() as never)],
    [['new RedisLoginThrottle({ client })', 'undefined'], () => new RedisLoginThrottle(undefined as never)],
    [['prefix', '7'], () => new RedisLoginThrottle({ client, prefix: 7 } as never)],
    [['new RedisLoginThrottle({ client })', 'an instance of'], () => new RedisLoginThrottle(new Redis({ lazyConnect: true }) as never)],
    [['new PostgresSessionStore({ pool', 'undefined'], () => new PostgresSessionStore(undefined as never)],
    [['new PostgresSessionStore({ pool', 'an instance of'], () => new PostgresSessionStore(pool as never)],
    [['pool must be a Pool of the package pg', 'undefined'], () => new PostgresSessionStore({} as never)],
    [
      ["{ group: 'Administrators' }", 'undefined'],
      () => sessionConsole(directoryRouter({ provider: new StaticProvider({ users: [] }) }), undefined as never)
    ]
  ])('names what is wrong, shows it, and says what to write: %j', (words, call) => {
    expect(call).toThrow(TypeError)
    for (const word of words) expect(call).toThrow(word)
    expect(call).not.toThrow('hunter2')
  })
})
