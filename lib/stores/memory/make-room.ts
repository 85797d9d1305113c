import {
  type CreateOptions,
  type CreateOutcome,
  mostUnconfirmedPerUser,
  type NewSessionRecord,
  type RemovedSession,
  unconfirmedGraceMilliseconds
} from '../../sessions/session-store.js'
import type { MemoryRecord } from './memory-record.js'
import type { MemoryTable } from './memory-table.js'

/** How many sessions a store keeps in memory, whatever the quotas say. */
export interface Budgets {
  readonly maxSignedIn: number
  readonly maxGuests: number
  readonly maxUnconfirmed: number
}

/** Who has to go for a new session, and why. */
export type Leaving = ReadonlyMap<MemoryRecord, RemovedSession['reason']>

/**
 * Decides who goes for a new session, in the order that `SessionStore.create` promises, or that it has no place. Changes nothing: a refusal has to
 * leave everything as it was.
 */
export function makeRoom(
  table: MemoryTable,
  budgets: Budgets,
  { user }: Pick<NewSessionRecord, 'user'>,
  { replaces, quotas, now }: CreateOptions
): Leaving | Exclude<CreateOutcome, 'created'> {
  const leaving = new Map<MemoryRecord, RemovedSession['reason']>()
  let { signedIn, guests } = table
  let unconfirmedSignIns = table.unconfirmedSignIns.size

  const own = replaces && table.find(replaces.id)
  if (replaces?.mustLive && !own) return 'ended'
  if (own) {
    if (own.version !== replaces.version) return 'conflict'
    leave(own, 'replaced')
  }

  if (user) {
    const sessions = table.ofUser(user.ID)
    // Counted, and looked at only where they are too many: an account that everybody shares may have any number of sessions.
    const excess = sessions.size - (own?.user?.ID === user.ID ? 1 : 0) + 1 - quotas.sessionsPerUser
    if (excess > 0) {
      if (quotas.whenUserIsFull === 'refuse') return 'user-full'
      const others = [...sessions].filter((session) => session !== own)
      for (const session of others.sort((a, b) => loginOf(a) - loginOf(b)).slice(0, excess)) leave(session, 'user-full')
    }
    if (signedIn >= quotas.signedInSessions && !leave(forgotten(table.unconfirmedSignIns), 'reclaimed')) return 'full'
  } else if (guests >= quotas.guestSessions && !leave(forgottenGuest(), 'reclaimed')) {
    return 'full'
  }

  if (signedIn + guests >= quotas.sessions && !leave(reclaimable(), 'reclaimed')) return 'full'

  if (user) {
    const unconfirmed = [...table.unconfirmedOfUser(user.ID)].filter((session) => !leaving.has(session))
    if (unconfirmed.length >= mostUnconfirmedPerUser) leave(earliest(unconfirmed), 'evicted')
    if (unconfirmedSignIns >= budgets.maxUnconfirmed) leave(first(table.unconfirmedSignIns), 'evicted')
    if (signedIn >= budgets.maxSignedIn && !leave(first(table.unconfirmedSignIns), 'evicted')) return 'full'
  } else if (guests >= budgets.maxGuests) {
    leave(first(table.emptyGuests) ?? first(table.storingGuests) ?? first(table.confirmedGuests), 'evicted')
  }
  return leaving

  function leave(session: MemoryRecord | undefined, reason: RemovedSession['reason']): boolean {
    if (!session) return false
    leaving.set(session, reason)
    if (!session.user) guests--
    else signedIn--
    if (session.user && !session.confirmed) unconfirmedSignIns--
    return true
  }

  function reclaimable(): MemoryRecord | undefined {
    const guest = forgottenGuest()
    const signIn = forgotten(table.unconfirmedSignIns)
    if (!user) return guest ?? signIn
    return earliest([guest, signIn]) ?? earliest([first(table.emptyGuests), first(table.storingGuests), first(table.confirmedGuests)])
  }

  function forgottenGuest(): MemoryRecord | undefined {
    return earliest([forgotten(table.emptyGuests), forgotten(table.storingGuests)])
  }

  /** The oldest of these whose cookie has had its minute to come back. */
  function forgotten(unconfirmed: Iterable<MemoryRecord>): MemoryRecord | undefined {
    const oldest = first(unconfirmed)
    return oldest && oldest.createdAt < now - unconfirmedGraceMilliseconds ? oldest : undefined
  }

  function first(sessions: Iterable<MemoryRecord>): MemoryRecord | undefined {
    for (const session of sessions) if (!leaving.has(session)) return session
    return undefined
  }
}

function loginOf({ authenticatedAt, createdAt }: MemoryRecord): number {
  return authenticatedAt ?? createdAt
}

/** The one that has been idle longest; of those whose cookie has not come back, the oldest. */
function earliest(sessions: readonly (MemoryRecord | undefined)[]): MemoryRecord | undefined {
  return sessions
    .filter((session) => session !== undefined)
    .reduce<MemoryRecord | undefined>((a, b) => (a && a.lastSeenAt <= b.lastSeenAt ? a : b), undefined)
}
