import { type CreateOptions, type NewSessionRecord, storedUser } from '../../sessions/session-store.js'
import { wholeMilliseconds } from '../stored-times.js'
import { hashOfID, hashOfName, type RecordDetails } from './stored-record.js'

/** Budgets below this are counted exactly, one create after the other: they are few, and a twentieth of them is next to nothing. */
export const exactBudgetBelow = 320

/** How many guests one statement opens at most, so that several processes at once stay within a twentieth of the budget. */
export function guestsPerStatement(maxGuests: number): number {
  return maxGuests < exactBudgetBelow ? 1 : Math.min(32, Math.floor(maxGuests / 160))
}

/** A session that is to be opened. */
export interface NewSession {
  readonly id: string
  readonly record: NewSessionRecord
  readonly options: CreateOptions
}

/** Whether one statement can open both guests. */
export function goTogether({ options }: NewSession, { options: other }: NewSession): boolean {
  const hasSameQuotas = options.quotas.sessions === other.quotas.sessions && options.quotas.guestSessions === other.quotas.guestSessions
  return hasSameQuotas && options.replaces === null && other.replaces === null && Math.abs(options.now - other.now) < 1000
}

/** The arguments of `create_sessions` for one user's session, or for guests that go together: the quotas and `replaces` are those of the first. */
export function createArguments(
  sessions: readonly [NewSession, ...NewSession[]],
  budgets: { readonly maxGuests: number; readonly maxUnconfirmed: number }
): readonly unknown[] {
  const records = sessions.map(({ record }) => record)
  const { user, authenticatedAt } = sessions[0].record
  const { quotas, replaces } = sessions[0].options
  return [
    sessions.map(({ id }) => hashOfID(id)),
    records.map(({ handle }) => hashOfName(handle)),
    user && hashOfName(user.ID),
    records.map(({ createdAt }) => wholeMilliseconds(createdAt)),
    authenticatedAt === null ? null : wholeMilliseconds(authenticatedAt),
    records.map(({ idleMilliseconds }) => wholeMilliseconds(idleMilliseconds)),
    records.map(({ absoluteEndAt }) => wholeMilliseconds(absoluteEndAt)),
    records.map(detailsOf),
    records.map(({ storage }) => storage),
    replaces && hashOfID(replaces.id),
    replaces?.version ?? null,
    replaces?.mustLive ?? false,
    limit(quotas.sessions),
    limit(user ? quotas.signedInSessions : quotas.guestSessions),
    limit(user ? quotas.sessionsPerUser : Number.POSITIVE_INFINITY),
    quotas.whenUserIsFull === 'end-oldest',
    user ? budgets.maxUnconfirmed : budgets.maxGuests
  ]
}

function detailsOf({ handle, user, rememberMe, ip, userAgent }: NewSessionRecord): string {
  return JSON.stringify({ handle, user: user && storedUser(user), rememberMe, ip, userAgent } satisfies RecordDetails)
}

function limit(quota: number): number | null {
  return quota === Number.POSITIVE_INFINITY ? null : quota
}
