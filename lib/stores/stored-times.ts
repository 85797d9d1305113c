import { expiresAt, type SessionRecord, slideIntervalMilliseconds, toleratedClockLeadMilliseconds } from '../sessions/session-store.js'

/** Servers keep whole milliseconds; a host's clock may tell fractions of one. */
export function wholeMilliseconds(time: number): number {
  return Math.floor(time)
}

/** Whether a visit has to write: it is the first with this cookie, it slides, the time is over, or the times are to be put back. */
export function isVisitDue(
  record: Pick<SessionRecord, 'createdAt' | 'lastSeenAt' | 'idleMilliseconds' | 'absoluteEndAt' | 'confirmed'>,
  now: number,
  slideMilliseconds: number
): boolean {
  if (!record.confirmed || expiresAt(record) <= now || isAhead(record, now)) return true
  const sinceSlide = wholeMilliseconds(now) - record.lastSeenAt
  return sinceSlide > 0 && sinceSlide >= slideIntervalMilliseconds(record.idleMilliseconds, slideMilliseconds)
}

/** Whether a clock that ran ahead has written the record. */
export function isAhead({ createdAt, lastSeenAt }: Pick<SessionRecord, 'createdAt' | 'lastSeenAt'>, now: number): boolean {
  return Math.max(createdAt, lastSeenAt) > now + toleratedClockLeadMilliseconds
}
