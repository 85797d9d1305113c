import { randomBytes } from 'node:crypto'

import { Pool } from 'pg'
import { createClient } from 'redis'

import { LruSessionStore, type NewSessionRecord, type SessionStore } from '../../lib/index.js'
import { PostgresSessionStore } from '../../lib/postgres.js'
import { RedisSessionStore } from '../../lib/redis.js'
import type { BenchAppOptions } from './bench-app.js'
import { people } from './people.js'

export type Engine = 'memory' | 'redis' | 'postgres'

export interface StoreRatesPlan extends BenchAppOptions {
  readonly engine: Engine
  readonly guests: number
  readonly atOnce: number
  /** Guests under way at once beside sign-ins. */
  readonly floodAtOnce: number
  readonly milliseconds: number
}

/** Calls a second of each kind, straight through the port. */
export interface StoreRates {
  readonly resume: number
  readonly slidingResume: number
  readonly signIn: number
  /** Sign-ins beside a flood of guests over a full budget, of those without it. */
  readonly signInShare: number
  readonly guest: number
  readonly guestOverBudget: number
}

const quotas = {
  sessions: Infinity,
  guestSessions: Infinity,
  signedInSessions: Infinity,
  sessionsPerUser: Infinity,
  whenUserIsFull: 'end-oldest'
} as const

/** What one engine can do, with as many calls under way at once as the plan says. */
export async function measureStore(plan: StoreRatesPlan): Promise<StoreRates> {
  const { atOnce, floodAtOnce, guests, milliseconds } = plan
  const { store, sliding, close } = await openStores(plan)
  const ids = await Promise.all(Array.from({ length: 100 }, (_, index) => open(store, index)))
  await store.resume(ids.slice(0, 32), Date.now())
  for (const id of ids) await store.resume([id], Date.now())
  const idAt = (index: number) => ids[index % ids.length] ?? ''
  const rate = (call: (index: number) => unknown) => callsPerSecond(call, atOnce, milliseconds)

  const resume = await rate((index) => store.resume([idAt(index)], Date.now()))
  const slidingResume = await rate((index) => sliding.resume([idAt(index)], Date.now()))
  const signIn = await rate((index) => open(store, index))
  const guest = await rate(() => open(store, null))
  await inTurns(guests, atOnce, () => open(store, null))
  const guestOverBudget = await rate(() => open(store, null))
  const [inFlood] = await Promise.all([
    rate((index) => open(store, index)),
    callsPerSecond(() => open(store, null).catch(() => null), floodAtOnce, milliseconds)
  ])
  await close()
  return { resume, slidingResume, signIn, signInShare: inFlood / signIn, guest, guestOverBudget }
}

/** A store as hosts have it, and one over the same sessions that slides with each request. */
async function openStores({ engine, guests, redisUrl, postgresUrl }: StoreRatesPlan) {
  const options = { maxGuests: guests }
  if (engine === 'redis' && redisUrl !== undefined) {
    const client = createClient({ url: redisUrl })
    client.on('error', (error) => console.error(error))
    await client.connect()
    const store = new RedisSessionStore({ client, ...options, prefix: 'bench-of-the-store:' })
    const sliding = new RedisSessionStore({ client, ...options, prefix: 'bench-of-the-store:', slideAfterSeconds: 0 })
    return { store, sliding, close: () => client.close() }
  }
  if (engine === 'postgres' && postgresUrl !== undefined) {
    const pool = new Pool({ connectionString: postgresUrl })
    const store = new PostgresSessionStore({ pool, ...options })
    return { store, sliding: new PostgresSessionStore({ pool, ...options, slideAfterSeconds: 0 }), close: () => pool.end() }
  }
  const store: SessionStore = new LruSessionStore(options)
  return { store, sliding: store, close: () => Promise.resolve() }
}

/** The n-th person's session, or a guest's. */
async function open(store: SessionStore, index: number | null): Promise<string> {
  const now = Date.now()
  const record: NewSessionRecord = {
    handle: randomBytes(8).toString('hex'),
    user: index === null ? null : (people[index % people.length] ?? null),
    createdAt: now,
    authenticatedAt: index === null ? null : now,
    idleMilliseconds: 3_600_000,
    absoluteEndAt: now + 30 * 24 * 3_600_000,
    rememberMe: null,
    ip: '192.0.2.1',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    storage: '{}'
  }
  const id = randomBytes(16).toString('hex').toUpperCase()
  const outcome = await store.create(id, record, { replaces: null, quotas, now })
  if (outcome !== 'created') throw new Error(`a session was not opened: ${outcome}`)
  return id
}

async function callsPerSecond(call: (index: number) => unknown, atOnce: number, milliseconds: number): Promise<number> {
  const startedAt = performance.now()
  let calls = 0
  const isOver = () => performance.now() - startedAt >= milliseconds
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (!isOver()) await call(calls++)
    })
  )
  return (calls * 1000) / (performance.now() - startedAt)
}

async function inTurns(count: number, atOnce: number, call: () => Promise<unknown>): Promise<void> {
  let left = count
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) await call()
    })
  )
}
