import {
  type CreateOptions,
  type CreateOutcome,
  expiresAt,
  type NewSessionRecord,
  type SessionCounts,
  type SessionRecord,
  slideIntervalMilliseconds,
  toleratedClockLeadMilliseconds,
  unconfirmedGraceMilliseconds
} from '../../lib/sessions/session-store.js'

/** The budgets of the store that is held to the model; `Infinity` where it has none. */
export interface ModelBudgets {
  readonly maxSignedIn: number
  readonly maxGuests: number
  readonly maxUnconfirmed: number
}

interface ModelSession {
  readonly id: string
  readonly record: SessionRecord
}

/** What the port says, as plainly as it can be said: one array, searched and sorted anew for every question. */
export class SessionStoreModel {
  readonly #budgets: ModelBudgets
  readonly #slideMilliseconds: number
  #sessions: readonly ModelSession[] = []
  #hasExpired = false

  constructor(budgets: ModelBudgets, slideMilliseconds: number) {
    this.#budgets = budgets
    this.#slideMilliseconds = slideMilliseconds
  }

  /** Whether the clock may go back: of a session that has expired, nobody promises what a clock before its end finds. */
  get mayGoBack(): boolean {
    return !this.#hasExpired
  }

  /** `kept` are the handles that the store keeps afterwards: of several that may make room, those do that it has removed. */
  create(id: string, record: NewSessionRecord, options: CreateOptions, kept: ReadonlySet<string>): CreateOutcome {
    const live = this.#live(options.now)
    const gone = live.filter((session) => !kept.has(session.record.handle))
    // Where several had to make room, each may have done so for another reason.
    const decisions = [gone, gone.toReversed()].map((preferred) => this.#makeRoom(live, preferred, record, options))
    const decision = decisions.find((one) => typeof one !== 'string' && one.every((session) => !gone.includes(session))) ?? decisions[0]
    if (typeof decision === 'string') return decision
    this.#sessions = [...(decision ?? []), { id, record: { ...record, lastSeenAt: record.createdAt, confirmed: false, version: 0 } }]
    return 'created'
  }

  /** Who stays; of several that may go, the first of the preferred ones does. */
  #makeRoom(
    live: readonly ModelSession[],
    preferred: readonly ModelSession[],
    { user }: NewSessionRecord,
    { replaces, quotas, now }: CreateOptions
  ): readonly ModelSession[] | Exclude<CreateOutcome, 'created'> {
    let remaining = live
    const leave = (candidates: readonly ModelSession[]): boolean => {
      const leaving = preferred.find((session) => candidates.includes(session)) ?? candidates[0]
      remaining = remaining.filter((other) => other !== leaving)
      return leaving !== undefined
    }
    const guests = () => remaining.filter(isGuest)
    const signIns = () => remaining.filter(isSignIn)
    const forgotten = (sessions: readonly ModelSession[]) =>
      sessions.filter(isUnconfirmed).filter((session) => now - session.record.createdAt > unconfirmedGraceMilliseconds)

    const own = remaining.filter((session) => session.id === replaces?.id)
    if (replaces?.mustLive && !own[0]) return 'ended'
    if (own[0] && own[0].record.version !== replaces?.version) return 'conflict'
    leave(own)

    if (user) {
      const others = signIns().filter((session) => session.record.user?.ID === user.ID)
      if (others.length >= quotas.sessionsPerUser) {
        if (quotas.whenUserIsFull === 'refuse') return 'user-full'
        const byLogin = others.toSorted((a, b) => (a.record.authenticatedAt ?? 0) - (b.record.authenticatedAt ?? 0))
        for (const session of byLogin.slice(0, others.length - quotas.sessionsPerUser + 1)) leave([session])
      }
    }

    if (!user && guests().length >= quotas.guestSessions && !leave(forgotten(guests()))) return 'full'
    if (user && signIns().length >= quotas.signedInSessions && !leave(oldest(forgotten(signIns())))) return 'full'
    if (remaining.length >= quotas.sessions) {
      const forLogin = [oldest(forgotten(remaining)), idleLongest(guests())]
      const forGuest = [forgotten(guests()), forgotten(signIns())]
      if (!leave(firstOfAny(user ? forLogin : forGuest))) return 'full'
    }

    if (!user && guests().length >= this.#budgets.maxGuests) {
      const unconfirmed = guests().filter(isUnconfirmed)
      leave(firstOfAny([oldest(unconfirmed.filter(isEmpty)), oldest(unconfirmed), idleLongest(guests())]))
    }
    if (user && signIns().filter(isUnconfirmed).length >= this.#budgets.maxUnconfirmed) leave(oldest(signIns().filter(isUnconfirmed)))
    if (user && signIns().length >= this.#budgets.maxSignedIn && !leave(oldest(signIns().filter(isUnconfirmed)))) return 'full'

    return remaining
  }

  /** `answered` is what the store has answered: it may, or may not, slide a session that it confirms before its slide is due. */
  resume(ids: readonly string[], now: number, answered: readonly (SessionRecord | null)[]): readonly (SessionRecord | null)[] {
    ids.forEach((id, index) => {
      this.#change(id, now, (record) => {
        const isDue = now - record.lastSeenAt >= slideIntervalMilliseconds(record.idleMilliseconds, this.#slideMilliseconds)
        const slides = isDue || (!record.confirmed && answered[index]?.lastSeenAt === now)
        return { ...record, confirmed: true, lastSeenAt: slides ? Math.max(record.lastSeenAt, now) : record.lastSeenAt }
      })
    })
    return ids.map((id) => this.read(id, now))
  }

  update(id: string, version: number, storage: string, now: number): 'updated' | 'conflict' | 'ended' {
    const record = this.read(id, now)
    if (!record) return 'ended'
    if (record.version !== version) return 'conflict'
    this.#change(id, now, () => ({ ...record, storage, version: version + 1 }))
    return 'updated'
  }

  read(id: string, now: number): SessionRecord | null {
    return this.#live(now).find((session) => session.id === id)?.record ?? null
  }

  end(ids: readonly string[], now: number): readonly (SessionRecord | null)[] {
    return ids.map((id) => {
      const record = this.read(id, now)
      this.#sessions = this.#live(now).filter((session) => session.id !== id)
      return record
    })
  }

  endByHandle(handle: string, now: number): SessionRecord | null {
    const session = this.#live(now).find(({ record }) => record.handle === handle)
    return session ? (this.end([session.id], now)[0] ?? null) : null
  }

  list({ userID }: { readonly userID?: string }, now: number): readonly SessionRecord[] {
    const records = this.#live(now).map(({ record }) => record)
    return userID === undefined ? records : records.filter(({ user }) => user?.ID === userID)
  }

  count(now: number): SessionCounts {
    const live = this.#live(now)
    return { ...countKinds(live), unconfirmed: countKinds(live.filter(isUnconfirmed)) }
  }

  #live(now: number): readonly ModelSession[] {
    const corrected = this.#sessions.map(({ id, record }) => ({ id, record: putTimesBack(record, now) }))
    this.#sessions = corrected.filter(({ record }) => now < expiresAt(record))
    this.#hasExpired ||= this.#sessions.length < corrected.length
    return this.#sessions
  }

  #change(id: string, now: number, change: (record: SessionRecord) => SessionRecord): void {
    this.#sessions = this.#live(now).map((session) => (session.id === id ? { id, record: change(session.record) } : session))
  }
}

function putTimesBack(record: SessionRecord, now: number): SessionRecord {
  const latest = now + toleratedClockLeadMilliseconds
  const createdAt = record.createdAt > latest ? now : record.createdAt
  const lastSeenAt = record.lastSeenAt > latest ? now : record.lastSeenAt
  return { ...record, createdAt, lastSeenAt, absoluteEndAt: record.absoluteEndAt - (record.createdAt - createdAt) }
}

function isGuest({ record }: ModelSession): boolean {
  return record.user === null
}

function isSignIn({ record }: ModelSession): boolean {
  return record.user !== null
}

function isUnconfirmed({ record }: ModelSession): boolean {
  return !record.confirmed
}

function isEmpty({ record }: ModelSession): boolean {
  return record.storage === '{}'
}

function countKinds(sessions: readonly ModelSession[]): { readonly signedIn: number; readonly guests: number } {
  return { signedIn: sessions.filter(isSignIn).length, guests: sessions.filter(isGuest).length }
}

function oldest(sessions: readonly ModelSession[]): readonly ModelSession[] {
  return earliest(sessions, ({ createdAt }) => createdAt)
}

function idleLongest(sessions: readonly ModelSession[]): readonly ModelSession[] {
  return earliest(sessions, ({ lastSeenAt }) => lastSeenAt)
}

/** More than one only where a clock that was put back has made their times the same. */
function earliest(sessions: readonly ModelSession[], timeOf: (record: SessionRecord) => number): readonly ModelSession[] {
  const first = Math.min(...sessions.map(({ record }) => timeOf(record)))
  return sessions.filter(({ record }) => timeOf(record) === first)
}

function firstOfAny(kinds: readonly (readonly ModelSession[])[]): readonly ModelSession[] {
  return kinds.find((sessions) => sessions.length > 0) ?? []
}
