import { createHash, randomBytes } from 'node:crypto'

import { sign } from 'cookie-signature'
import type { Express } from 'express'
import { Cookie, MemoryStore, type SessionData } from 'express-session'

import { type DirectoryProvider, LruSessionStore, type SessionStore } from '../../lib/index.js'
import { unlimited } from '../../lib/testing/store-spec.js'
import { directoryApp } from './directory-app.js'
import { expressSessionApp, expressSessionSecret } from './express-session-app.js'

/** Sessions that fill a store: from 1,000 addresses and as many user agents, and ten to a user where somebody is logged in. */
export interface Population {
  readonly store: 'lru' | 'memory-store'
  readonly kind: 'guests' | 'signed-in'
  readonly count: number
}

/** Looks nobody up: the first request of each user in a minute would ask it, and of many users far more requests are the first. */
const provider: DirectoryProvider = { findUser: () => Promise.resolve(null), belongsTo: () => Promise.resolve(false) }

/** An app over a full store, and what each session takes of the heap: its id, its record and its place in every index. */
export async function buildPopulation(population: Population): Promise<{ readonly app: Express; readonly bytesPerSession: number }> {
  const { store, count } = population
  if (store === 'lru') {
    const sessions = new LruSessionStore({ maxGuests: count, maxSignedIn: count })
    const bytes = await bytesTakenBy(() => fillLruStore(sessions, population))
    return { app: directoryApp({ cost: 4 }, sessions, undefined, provider).app, bytesPerSession: bytes / count }
  }
  const sessions = new MemoryStore()
  const bytes = await bytesTakenBy(() => fillMemoryStore(sessions, population))
  return { app: expressSessionApp({ cost: 4 }, sessions).app, bytesPerSession: bytes / count }
}

/** What a client of the n-th session sends. */
export function cookieOfSession({ store }: Population, index: number): string {
  const id = idOf(index)
  return store === 'lru' ? `WASID4D=${id}` : `connect.sid=${encodeURIComponent(`s:${sign(id, expressSessionSecret)}`)}`
}

// The same in every process, so that clients need not be told a million of them.
function idOf(index: number): string {
  return createHash('sha256').update(`session ${index}`).digest('hex').slice(0, 32).toUpperCase()
}

async function fillLruStore(store: SessionStore, { kind, count }: Population): Promise<void> {
  const now = Date.now()
  for (let index = 0; index < count; index++) {
    const id = idOf(index)
    await store.create(
      id,
      {
        handle: randomBytes(8).toString('hex'),
        user: kind === 'guests' ? null : userOf(index),
        createdAt: now,
        authenticatedAt: kind === 'guests' ? null : now,
        idleMilliseconds: 3_600_000,
        absoluteEndAt: now + 30 * 24 * 3_600_000,
        rememberMe: null,
        ip: `192.0.${index % 4}.${index % 250}`,
        userAgent: `Mozilla/5.0 (X11; Linux x86_64; rv:${index % 1000}.0) Gecko/20100101 Firefox/${index % 1000}.0`,
        storage: '{}'
      },
      { replaces: null, quotas: unlimited, now }
    )
    // Their cookies have come back: a lookup is not a confirmation as well.
    await store.resume([id], now)
  }
}

async function fillMemoryStore(store: MemoryStore, { kind, count }: Population): Promise<void> {
  for (let index = 0; index < count; index++) {
    const cookie = Object.assign(new Cookie(), { maxAge: 3_600_000, sameSite: 'lax' as const })
    // What other apps of this repository have said about SessionData is not ours to fill.
    const session = { cookie, ...(kind === 'signed-in' && { user: userOf(index) }) } as SessionData
    await new Promise<void>((resolve) => {
      store.set(idOf(index), session, () => resolve())
    })
  }
}

function userOf(index: number): { readonly ID: string; readonly userName: string; readonly fullName: string } {
  const number = Math.floor(index / 10)
  return { ID: String(number).padStart(32, '0'), userName: `user${number}`, fullName: `User ${number}` }
}

async function bytesTakenBy(fill: () => Promise<void>): Promise<number> {
  const before = bytesInUse()
  await fill()
  return bytesInUse() - before
}

function bytesInUse(): number {
  if (globalThis.gc === undefined) throw new Error('the heap is measured under --expose-gc')
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
