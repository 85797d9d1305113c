import {
  type CreateOptions,
  type NewSessionRecord,
  type SessionRecord,
  slideIntervalMilliseconds
} from '../../lib/sessions/session-store.js'
import { LruSessionStore } from '../../lib/stores/memory/session-store.js'
import type { DefectiveStore } from './defective-store.js'

class MillisecondLate extends LruSessionStore {
  override resume(ids: readonly string[], now: number) {
    return super.resume(ids, now - 1)
  }
}

class MillisecondEarly extends LruSessionStore {
  override resume(ids: readonly string[], now: number) {
    return super.resume(ids, now + 1)
  }
}

class SlidingPastTheEnd extends LruSessionStore {
  override create(id: string, record: NewSessionRecord, options: CreateOptions) {
    return super.create(id, { ...record, absoluteEndAt: record.absoluteEndAt + 365 * 86_400_000 }, options)
  }
}

class ReadingSlides extends LruSessionStore {
  override async read(id: string, now: number) {
    return (await super.resume([id], now))[0] ?? null
  }
}

/** Nothing is wrong with this one: its slides are ten seconds late at most. */
export class SlidingLate extends LruSessionStore {
  readonly slideMilliseconds = 10_000

  override async resume(ids: readonly string[], now: number) {
    const records: (SessionRecord | null)[] = []
    for (const id of ids) {
      const record = await this.read(id, now)
      records.push(record && this.slides(record, now) ? ((await super.resume([id], now))[0] ?? null) : record)
    }
    return records
  }

  protected slides(record: SessionRecord, now: number): boolean {
    return !record.confirmed || now - record.lastSeenAt >= slideIntervalMilliseconds(record.idleMilliseconds, this.slideMilliseconds)
  }
}

class SlidingLongSessionsOnly extends SlidingLate {
  protected override slides({ confirmed, lastSeenAt }: SessionRecord, now: number): boolean {
    return !confirmed || now - lastSeenAt >= this.slideMilliseconds
  }
}

class NeverSliding extends SlidingLate {
  protected override slides({ confirmed }: SessionRecord): boolean {
    return !confirmed
  }
}

class ConfirmingLate extends SlidingLate {
  protected override slides(record: SessionRecord, now: number): boolean {
    return super.slides({ ...record, confirmed: true }, now)
  }
}

class ShowingSlidesThatAreNotWritten extends SlidingLate {
  override async resume(ids: readonly string[], now: number) {
    return (await super.resume(ids, now)).map((record) => record && { ...record, lastSeenAt: now })
  }
}

class MovingBack extends LruSessionStore {
  readonly #lastVisits = new Map<string, number>()

  override async read(id: string, now: number) {
    const record = await super.read(id, now)
    return record && { ...record, lastSeenAt: Math.min(record.lastSeenAt, this.#lastVisits.get(id) ?? Infinity) }
  }

  override resume(ids: readonly string[], now: number) {
    for (const id of ids) this.#lastVisits.set(id, now)
    return super.resume(ids, now)
  }
}

/** Its times only ever rise, as those of a store that compares with the latest one. */
class NoticingNoClockPutBack extends LruSessionStore {
  #latest = 0

  override create(id: string, record: NewSessionRecord, options: CreateOptions) {
    return super.create(id, record, { ...options, now: this.latest(options.now) })
  }

  override resume(ids: readonly string[], now: number) {
    return super.resume(ids, this.latest(now))
  }

  override read(id: string, now: number) {
    return super.read(id, this.latest(now))
  }

  override count(now: number) {
    return super.count(this.latest(now))
  }

  override list(filter: { readonly userID?: string }, now: number) {
    return super.list(filter, this.latest(now))
  }

  protected latest(now: number): number {
    this.#latest = Math.max(this.#latest, now)
    return this.#latest
  }
}

class SettingTimesBackInAnswersOnly extends NoticingNoClockPutBack {
  override async read(id: string, now: number) {
    const record = await super.read(id, now)
    return record && record.createdAt > now + 60_000 ? { ...record, createdAt: now, lastSeenAt: now } : record
  }
}

class LosingWhatAClockAheadHasOpened extends NoticingNoClockPutBack {
  override async resume(ids: readonly string[], now: number) {
    const ahead = this.latest(now) > now + 60_000
    return ahead ? ids.map(() => null) : super.resume(ids, now)
  }
}

class LeavingTheAbsoluteEnd extends LruSessionStore {
  readonly #ends = new Map<string, number>()

  override create(id: string, record: NewSessionRecord, options: CreateOptions) {
    this.#ends.set(id, record.absoluteEndAt)
    return super.create(id, record, options)
  }

  override async read(id: string, now: number) {
    const record = await super.read(id, now)
    return record && { ...record, absoluteEndAt: this.#ends.get(id) ?? 0 }
  }
}

class ToleratingNoLead extends LruSessionStore {
  override async read(id: string, now: number) {
    const record = await super.read(id, now)
    return record && { ...record, createdAt: Math.min(record.createdAt, now), lastSeenAt: Math.min(record.lastSeenAt, now) }
  }
}

export const defectiveTimes: readonly DefectiveStore[] = [
  {
    defect: 'keeps a session for a millisecond too long',
    foundBy: 'ends a session at the millisecond at which its idle time is over',
    create: () => new MillisecondLate()
  },
  {
    defect: 'ends a session a millisecond too early',
    foundBy: 'keeps a session until the last millisecond of its idle time',
    create: () => new MillisecondEarly()
  },
  {
    defect: 'slides past the absolute limit',
    foundBy: 'ends a session at its absolute limit, however active',
    create: () => new SlidingPastTheEnd()
  },
  { defect: 'slides what it reads', foundBy: 'reads without sliding and without confirming', create: () => new ReadingSlides() },
  {
    defect: 'slides a session of a few minutes as late as one of hours',
    foundBy: 'keeps whoever comes back before nine tenths of the idle time are over, for as long as it takes',
    create: () => new SlidingLongSessionsOnly()
  },
  {
    defect: 'never slides',
    foundBy: 'slides a session at each visit whose slide is due',
    create: () => new NeverSliding()
  },
  {
    defect: 'confirms a session when its slide is due',
    foundBy: 'confirms a session at its first use, whether or not its slide is due',
    create: () => new ConfirmingLate()
  },
  {
    defect: 'answers with a slide that it has not written',
    foundBy: 'answers a visit with what is stored, and ends the session its idle time after that',
    create: () => new ShowingSlidesThatAreNotWritten()
  },
  {
    defect: 'moves the last visit back for a late request',
    foundBy: 'does not let a late resume move the last visit back',
    create: () => new MovingBack()
  },
  {
    defect: 'notices no clock that is put back',
    foundBy: 'lets no session live for longer because a clock was a year ahead',
    create: () => new NoticingNoClockPutBack()
  },
  {
    defect: 'sets times back in its answers alone',
    foundBy: 'sets times to now that are two days ahead when it meets them, once, and keeps the session',
    create: () => new SettingTimesBackInAnswersOnly()
  },
  {
    defect: 'loses what a clock ahead has opened',
    foundBy: 'sets times to now that are an hour ahead when it meets them, once, and keeps the session',
    create: () => new LosingWhatAClockAheadHasOpened()
  },
  {
    defect: 'leaves the absolute end where a clock ahead has put it',
    foundBy: 'sets times back that read meets',
    create: () => new LeavingTheAbsoluteEnd()
  },
  {
    defect: 'sets back what a host whose clock differs by seconds has written',
    foundBy: 'leaves times alone that are not further ahead than clocks of two hosts may be',
    create: () => new ToleratingNoLead()
  }
]
