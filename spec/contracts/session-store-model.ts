import {
  type CreateOptions,
  expiresAt,
  type NewSessionRecord,
  type SessionCounts,
  type SessionRecord,
  unconfirmedGraceMilliseconds
} from '../../lib/sessions/session-store.js'

/** The budgets of the store that is held to the model; `Infinity` where it has none. */
export interface ModelBudgets {
  readonly maxSignedIn: number
  readonly maxGuests: number
}

interface ModelSession {
  readonly id: string
  readonly record: SessionRecord
}

/** What the port says, as plainly as it can be said: one array, searched and sorted anew for every question. */
export class SessionStoreModel {
  readonly #budgets: ModelBudgets
  #sessions: readonly ModelSession[] = []

  constructor(budgets: ModelBudgets) {
    this.#budgets = budgets
  }

  create(id: string, record: NewSessionRecord, { replaces, quotas, now }: CreateOptions): 'created' | 'conflict' | 'full' | 'user-full' {
    let remaining = this.#live(now)
    const leave = (session: ModelSession | undefined): boolean => {
      remaining = remaining.filter((other) => other !== session)
      return session !== undefined
    }

    const own = remaining.find((session) => session.id === replaces?.id)
    if (own && own.record.version !== replaces?.version) return 'conflict'
    leave(own)

    const { user } = record
    if (user) {
      const others = remaining.filter((session) => session.record.user?.ID === user.ID)
      if (others.length >= quotas.sessionsPerUser) {
        if (quotas.whenUserIsFull === 'refuse') return 'user-full'
        const byLogin = others.toSorted((a, b) => (a.record.authenticatedAt ?? 0) - (b.record.authenticatedAt ?? 0))
        byLogin.slice(0, others.length - quotas.sessionsPerUser + 1).forEach(leave)
      }
    }

    const isForgotten = ({ record: { confirmed, createdAt } }: ModelSession) => !confirmed && now - createdAt > unconfirmedGraceMilliseconds
    const created = ({ createdAt }: SessionRecord) => createdAt
    const seen = ({ lastSeenAt }: SessionRecord) => lastSeenAt

    if (!user && remaining.filter(isGuest).length >= quotas.guestSessions) {
      if (!leave(earliest(remaining.filter(isGuest).filter(isForgotten), created))) return 'full'
    }
    if (remaining.length >= quotas.sessions) {
      const forgotten = remaining.filter(isForgotten)
      const forGuest = earliest(forgotten.filter(isGuest), created) ?? earliest(forgotten, created)
      const forLogin = earliest(forgotten, created) ?? earliest(remaining.filter(isGuest), seen)
      if (!leave(user ? forLogin : forGuest)) return 'full'
    }
    if (!user && remaining.filter(isGuest).length >= this.#budgets.maxGuests) leave(earliest(remaining.filter(isGuest), seen))
    if (user && remaining.filter(isSignIn).length >= this.#budgets.maxSignedIn) {
      const unconfirmed = remaining.filter(isSignIn).filter((session) => !session.record.confirmed)
      if (!leave(earliest(unconfirmed, created))) return 'full'
    }

    this.#sessions = [...remaining, { id, record: { ...record, lastSeenAt: record.createdAt, confirmed: false, version: 0 } }]
    return 'created'
  }

  resume(ids: readonly string[], now: number): readonly (SessionRecord | null)[] {
    for (const id of ids) {
      this.#change(id, now, (record) => ({ ...record, confirmed: true, lastSeenAt: Math.max(record.lastSeenAt, now) }))
    }
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
    const unconfirmed = live.filter(({ record }) => !record.confirmed)
    return { ...countKinds(live), unconfirmed: countKinds(unconfirmed) }
  }

  #live(now: number): readonly ModelSession[] {
    return this.#sessions.filter(({ record }) => now < expiresAt(record))
  }

  #change(id: string, now: number, change: (record: SessionRecord) => SessionRecord): void {
    this.#sessions = this.#live(now).map((session) => (session.id === id ? { id, record: change(session.record) } : session))
  }
}

function countKinds(sessions: readonly ModelSession[]): { readonly signedIn: number; readonly guests: number } {
  return { signedIn: sessions.filter(isSignIn).length, guests: sessions.filter(isGuest).length }
}

function isGuest({ record }: ModelSession): boolean {
  return record.user === null
}

function isSignIn({ record }: ModelSession): boolean {
  return record.user !== null
}

function earliest(sessions: readonly ModelSession[], timeOf: (record: SessionRecord) => number): ModelSession | undefined {
  return sessions.toSorted((a, b) => timeOf(a.record) - timeOf(b.record))[0]
}
