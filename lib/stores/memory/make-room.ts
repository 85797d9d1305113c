import {
  type CreateOptions,
  type NewSessionRecord,
  type RemovedSession,
  unconfirmedGraceMilliseconds
} from '../../sessions/session-store.js'
import type { MemoryTable, MemoryEntry } from './memory-table.js'

/** How many sessions a store keeps in memory, whatever the quotas say. */
export interface Budgets {
  readonly maxSignedIn: number
  readonly maxGuests: number
}

/** Who has to go for a new session, by id, and why. */
export type Leaving = ReadonlyMap<string, RemovedSession['reason']>

/**
 * Decides who goes for a new session, in the order that `SessionStore.create` promises, or that it has no place. Changes nothing: a refusal has to
 * leave everything as it was.
 */
export function makeRoom(
  shelves: MemoryTable,
  budgets: Budgets,
  { user }: Pick<NewSessionRecord, 'user'>,
  { replaces, quotas, now }: CreateOptions
): Leaving | 'conflict' | 'full' | 'user-full' {
  const leaving = new Map<string, RemovedSession['reason']>()
  let { signedIn, guests } = shelves

  const own = replaces && shelves.find(replaces.id)
  if (own) {
    if (own.version !== replaces.version) return 'conflict'
    leave([replaces.id, own], 'replaced')
  }

  if (user) {
    const ids = shelves.idsOfUser(user.ID)
    // Counted, and looked at only where they are too many: an account that everybody shares may have any number of sessions.
    const excess = ids.size - (own?.user?.ID === user.ID ? 1 : 0) + 1 - quotas.sessionsPerUser
    if (excess > 0) {
      if (quotas.whenUserIsFull === 'refuse') return 'user-full'
      for (const session of firstToLogIn(ids, excess)) leave(session, 'user-full')
    }
  } else if (guests >= quotas.guestSessions) {
    if (!leave(forgotten(shelves.unconfirmedGuests()), 'reclaimed')) return 'full'
  }

  if (signedIn + guests >= quotas.sessions) {
    if (!leave(user ? reclaimableForLogin() : reclaimableForGuest(), 'reclaimed')) return 'full'
  }

  if (user && signedIn >= budgets.maxSignedIn) {
    if (!leave(first(shelves.unconfirmedSignIns()), 'evicted')) return 'full'
  }
  if (!user && guests >= budgets.maxGuests) {
    if (!leave(idleLongest(), 'evicted')) return 'full'
  }
  return leaving

  function leave(shelved: MemoryEntry | undefined, reason: RemovedSession['reason']): boolean {
    if (!shelved) return false
    const [id, session] = shelved
    leaving.set(id, reason)
    if (session.user) signedIn--
    else guests--
    return true
  }

  function reclaimableForLogin(): MemoryEntry | undefined {
    const guest = forgotten(shelves.unconfirmedGuests())
    const signIn = forgotten(shelves.unconfirmedSignIns())
    return earlier(guest, signIn) ?? idleLongest()
  }

  function reclaimableForGuest(): MemoryEntry | undefined {
    return forgotten(shelves.unconfirmedGuests()) ?? forgotten(shelves.unconfirmedSignIns())
  }

  /** An unconfirmed guest has not been seen since it was created, so the two orders are one. */
  function idleLongest(): MemoryEntry | undefined {
    return earlier(first(shelves.unconfirmedGuests()), first(shelves.confirmedGuests()))
  }

  /** The oldest of these whose cookie has had its minute to come back. */
  function forgotten(unconfirmed: Iterable<MemoryEntry>): MemoryEntry | undefined {
    const oldest = first(unconfirmed)
    return oldest && oldest[1].createdAt < now - unconfirmedGraceMilliseconds ? oldest : undefined
  }

  function first(oldestFirst: Iterable<MemoryEntry>): MemoryEntry | undefined {
    for (const shelved of oldestFirst) if (!leaving.has(shelved[0])) return shelved
    return undefined
  }

  function firstToLogIn(ids: ReadonlySet<string>, count: number): readonly MemoryEntry[] {
    const sessions = [...ids].flatMap((id): MemoryEntry[] => {
      const session = shelves.find(id)
      return session && !leaving.has(id) ? [[id, session]] : []
    })
    return sessions.sort(([, a], [, b]) => loginOf(a) - loginOf(b)).slice(0, count)
  }
}

function loginOf({ authenticatedAt, createdAt }: MemoryEntry[1]): number {
  return authenticatedAt ?? createdAt
}

function earlier(a: MemoryEntry | undefined, b: MemoryEntry | undefined): MemoryEntry | undefined {
  if (!a || !b) return a ?? b
  return b[1].lastSeenAt < a[1].lastSeenAt ? b : a
}
