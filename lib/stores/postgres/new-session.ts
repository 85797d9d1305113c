import type { CreateOptions, NewSessionRecord } from '../../sessions/session-store.js'
import { wholeMilliseconds } from '../stored-times.js'
import { detailsOf, hashOfID, hashOfName } from './stored-record.js'

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

/** The arguments of `create_guests`: the quotas and `replaces` are those of the first. */
export function guestArguments(guests: readonly [NewSession, ...NewSession[]], maxGuests: number): readonly unknown[] {
  const records = guests.map(({ record }) => record)
  const { quotas, replaces } = guests[0].options
  return [
    guests.map(({ id }) => hashOfID(id)),
    records.map(({ handle }) => hashOfName(handle)),
    records.map(({ createdAt }) => wholeMilliseconds(createdAt)),
    records.map(({ idleMilliseconds }) => wholeMilliseconds(idleMilliseconds)),
    records.map(({ absoluteEndAt }) => wholeMilliseconds(absoluteEndAt)),
    records.map(detailsOf),
    records.map(({ storage }) => storage),
    ...replacedArguments(replaces),
    limit(quotas.sessions),
    limit(quotas.guestSessions),
    maxGuests,
    wholeMilliseconds(Math.max(...guests.map(({ options }) => options.now)))
  ]
}

/** The arguments of `create_sign_in`. */
export function signInArguments({ id, record, options }: NewSession, userID: string, maxUnconfirmed: number): readonly unknown[] {
  const { quotas, replaces, now } = options
  return [
    hashOfID(id),
    hashOfName(record.handle),
    hashOfName(userID),
    wholeMilliseconds(record.createdAt),
    record.authenticatedAt === null ? null : wholeMilliseconds(record.authenticatedAt),
    wholeMilliseconds(record.idleMilliseconds),
    wholeMilliseconds(record.absoluteEndAt),
    detailsOf(record),
    record.storage,
    ...replacedArguments(replaces),
    limit(quotas.sessions),
    limit(quotas.signedInSessions),
    limit(quotas.sessionsPerUser),
    quotas.whenUserIsFull === 'end-oldest',
    maxUnconfirmed,
    wholeMilliseconds(now)
  ]
}

function replacedArguments(replaces: CreateOptions['replaces']): readonly unknown[] {
  return replaces ? [hashOfID(replaces.id), replaces.version, replaces.mustLive ?? false] : [null, null, false]
}

function limit(quota: number): number | null {
  return quota === Number.POSITIVE_INFINITY ? null : quota
}
