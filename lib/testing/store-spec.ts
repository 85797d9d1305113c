import { strict as assert } from 'node:assert'
import { randomBytes } from 'node:crypto'

import {
  type NewSessionRecord,
  type RemovedSession,
  type SessionQuotas,
  type SessionRecord,
  type SessionStore,
  slideIntervalMilliseconds
} from '../sessions/session-store.js'
import type { DirectoryUser } from '../providers/directory-provider.js'

/** The two words that vitest, jest, mocha and `node:test` have in common. */
export interface SpecRunner {
  /** Groups specs under a title. */
  readonly describe: (title: string, define: () => void) => unknown
  /** Adds one spec, which fails when its promise rejects. */
  readonly it: (title: string, run: () => Promise<void>) => unknown
}

/** A promise of the port, and how to find out whether a store keeps it. The store is empty, and closed afterwards. */
export type StoreSpec = (title: string, run: (store: SessionStore) => Promise<void>) => void

/** A session that has not been opened yet. */
export interface NewSession {
  readonly id: string
  readonly record: NewSessionRecord
}

/** Any point in time does: a store knows no clock but the caller's, and this one has long passed on the server's. */
export const start = Date.UTC(2026, 0, 1)
export const minute = 60_000
export const hour = 60 * minute

export const unlimited: SessionQuotas = {
  sessions: Infinity,
  guestSessions: Infinity,
  signedInSessions: Infinity,
  sessionsPerUser: Infinity,
  whenUserIsFull: 'end-oldest'
}

export function userNamed(userName: string): DirectoryUser {
  return { ID: `ID of ${userName}`, userName, fullName: `${userName} in full` }
}

/** A guest who lives for an hour without a request and for a day altogether. */
export function newGuest(createdAt: number, changes: Partial<NewSessionRecord> = {}): NewSession {
  const record = {
    handle: randomBytes(12).toString('base64url'),
    user: null,
    createdAt,
    authenticatedAt: null,
    idleMilliseconds: hour,
    absoluteEndAt: createdAt + 24 * hour,
    rememberMe: null,
    ip: '192.0.2.1',
    userAgent: 'kit',
    storage: '{}'
  } satisfies NewSessionRecord
  return { id: newId(), record: { ...record, ...changes } }
}

/** The same for somebody who has logged in. */
export function newSignIn(createdAt: number, user: DirectoryUser | string, changes: Partial<NewSessionRecord> = {}): NewSession {
  return newGuest(createdAt, { user: typeof user === 'string' ? userNamed(user) : user, authenticatedAt: createdAt, ...changes })
}

export function newId(): string {
  return randomBytes(16).toString('hex').toUpperCase()
}

/** How long after its last slide a visit slides a session of these specs. */
export function slideInterval(store: SessionStore): number {
  return slideIntervalMilliseconds(hour, store.slideMilliseconds ?? 0)
}

interface Circumstances {
  readonly replaces?: NewSession | undefined
  /** Which version of it the login has read. 0, unless given. */
  readonly replacesVersion?: number
  /** Whether it opens nothing where that one has ended. */
  readonly mustLive?: boolean
  readonly quotas?: Partial<SessionQuotas>
  /** `createdAt`, unless given. */
  readonly now?: number
}

export function tryToOpen(
  store: SessionStore,
  session: NewSession,
  { replaces, replacesVersion, mustLive, quotas, now }: Circumstances = {}
) {
  return store.create(session.id, session.record, {
    replaces: replaces ? { id: replaces.id, version: replacesVersion ?? 0, ...(mustLive !== undefined && { mustLive }) } : null,
    quotas: { ...unlimited, ...quotas },
    now: now ?? session.record.createdAt
  })
}

export async function open(store: SessionStore, session: NewSession, circumstances: Circumstances = {}): Promise<NewSession> {
  assert.equal(await tryToOpen(store, session, circumstances), 'created')
  return session
}

/** Opens so many at once: users and guests by turns. */
export function openMany(store: SessionStore, count: number): Promise<readonly NewSession[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => open(store, n % 2 ? newGuest(start) : newSignIn(start, `user ${n}`))))
}

/** Opens a session whose cookie comes back at once. */
export async function openConfirmed(store: SessionStore, session: NewSession, circumstances: Circumstances = {}): Promise<NewSession> {
  await open(store, session, circumstances)
  await store.resume([session.id], circumstances.now ?? session.record.createdAt)
  return session
}

/** How many live sessions there are, confirmed or not. */
export async function counted(store: SessionStore, now: number): Promise<{ readonly signedIn: number; readonly guests: number }> {
  const { signedIn, guests } = await store.count(now)
  return { signedIn, guests }
}

/** Which of these sessions live, without touching them. */
export async function living(store: SessionStore, sessions: readonly NewSession[], now: number): Promise<readonly boolean[]> {
  const records = await Promise.all(sessions.map(({ id }) => store.read(id, now)))
  return records.map((record) => record !== null)
}

export async function listed(store: SessionStore, now: number, filter: { readonly userID?: string } = {}): Promise<SessionRecord[]> {
  const records: SessionRecord[] = []
  for await (const record of store.list(filter, now)) records.push(record)
  return records
}

export function handlesOf(records: readonly { readonly handle: string }[]): readonly string[] {
  return records.map(({ handle }) => handle).sort()
}

/** What a store shows of a session right after it was opened. */
export function opened({ record }: NewSession): SessionRecord {
  return { ...record, lastSeenAt: record.createdAt, confirmed: false, version: 0 }
}

/** Compares what is told, not how the store's objects are made. */
export function assertRecord(actual: SessionRecord | null | undefined, expected: SessionRecord): void {
  assert.ok(actual, 'the session is gone')
  assert.deepEqual(JSON.parse(JSON.stringify(actual)), JSON.parse(JSON.stringify(expected)))
}

/** Nothing shows such a session, nothing changes it and nothing ends it. */
export async function assertGone(store: SessionStore, id: string, handle: string, now = start): Promise<void> {
  assert.equal(await store.read(id, now), null)
  for (const version of [0, 1]) assert.equal(await store.update(id, version, '{"back":true}', now), 'ended')
  assert.equal(await store.endByHandle(handle, now), null)
  assert.deepEqual(await store.end([id], now), [null])
  assert.deepEqual(await store.resume([id], now), [null])
  assert.ok((await listed(store, now)).every((record) => record.handle !== handle))
}

/** The record, of a session that has to live. */
export function present(record: SessionRecord | null | undefined): SessionRecord {
  assert.ok(record, 'the session is gone')
  return record
}

/** What the store removes of its own accord from now on; `null` where it does not tell. */
export function watch(store: SessionStore): RemovedSession[] | null {
  if (!store.watchRemovals) return null
  const removals: RemovedSession[] = []
  store.watchRemovals((removed) => removals.push(removed))
  return removals
}

export function tally<T extends string>(answers: readonly T[]): Partial<Record<T, number>> {
  const counts: Partial<Record<T, number>> = {}
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1
  return counts
}
