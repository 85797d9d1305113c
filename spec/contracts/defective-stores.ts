import { LruSessionStore } from '../../lib/stores/memory/session-store.js'
import { unlimited } from '../../lib/testing/store-spec.js'
import type { CreateOptions, NewSessionRecord, SessionRecord, SessionStore } from '../../lib/sessions/session-store.js'

interface DefectiveStore {
  /** What it does wrong, after "a store that". */
  readonly defect: string
  /** The spec of the kit that has to fail. */
  readonly foundBy: string
  readonly create: () => SessionStore
}

/** What becomes of a visit to a store on a server: other calls come in between. */
const aMoment = () => new Promise<void>((resolve) => setImmediate(resolve))

class Resurrecting extends LruSessionStore {
  readonly #given = new Map<string, NewSessionRecord>()

  override create(id: string, record: NewSessionRecord, options: CreateOptions) {
    this.#given.set(id, record)
    return super.create(id, record, options)
  }

  // As stores do whose only verb is "set".
  override async update(id: string, version: number, storage: string, now: number) {
    const answer = await super.update(id, version, storage, now)
    const given = this.#given.get(id)
    if (answer !== 'ended' || !given || now >= given.createdAt + given.idleMilliseconds) return answer
    await super.create(id, { ...given, storage }, { replaces: null, quotas: unlimited, now })
    return 'updated' as const
  }
}

class LosingUpdates extends LruSessionStore {
  override async update(id: string, version: number, storage: string, now: number) {
    const read = await this.read(id, now)
    if (read && read.version !== version) return 'conflict' as const
    await aMoment()
    return super.update(id, (await this.read(id, now))?.version ?? 0, storage, now)
  }
}

class CountingBeforehand extends LruSessionStore {
  override async create(id: string, record: NewSessionRecord, options: CreateOptions) {
    const { signedIn, guests } = await this.count(options.now)
    if (signedIn + guests >= options.quotas.sessions) return 'full' as const
    await aMoment()
    return super.create(id, record, { ...options, quotas: { ...options.quotas, sessions: Infinity } })
  }
}

class CountingUsersBeforehand extends LruSessionStore {
  override async create(id: string, record: NewSessionRecord, options: CreateOptions) {
    let sessions = 0
    if (record.user) for await (const { handle } of this.list({ userID: record.user.ID }, options.now)) sessions += handle ? 1 : 0
    await aMoment()
    if (sessions >= options.quotas.sessionsPerUser && options.quotas.whenUserIsFull === 'refuse') return 'user-full' as const
    return super.create(id, record, { ...options, quotas: { ...options.quotas, sessionsPerUser: Infinity } })
  }
}

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

class EndingTheReplacedFirst extends LruSessionStore {
  override async create(id: string, record: NewSessionRecord, options: CreateOptions) {
    if (options.replaces) await this.end([options.replaces.id], options.now)
    return super.create(id, record, { ...options, replaces: null })
  }
}

class ReadingSlides extends LruSessionStore {
  override async read(id: string, now: number) {
    return (await super.resume([id], now))[0] ?? null
  }
}

class GivingReferences extends LruSessionStore {
  readonly #records = new Map<string, SessionRecord>()

  override async read(id: string, now: number) {
    const record = await super.read(id, now)
    if (!record) return null
    const shared = Object.assign(this.#records.get(id) ?? {}, record, { storage: this.#records.get(id)?.storage ?? record.storage })
    this.#records.set(id, shared)
    return shared
  }
}

class ThrowingAtMalformedIds extends LruSessionStore {
  override resume(ids: readonly string[], now: number) {
    if (ids.some((id) => !/^[0-9A-F]{32}$/.test(id))) throw new Error('the id is malformed')
    return super.resume(ids, now)
  }
}

class FoldingUserIDs extends LruSessionStore {
  override list({ userID }: { readonly userID?: string }, now: number) {
    return userID === undefined ? super.list({}, now) : this.#listFolded(userID, now)
  }

  async *#listFolded(userID: string, now: number) {
    for await (const record of super.list({}, now)) if (record.user?.ID.toLowerCase() === userID.toLowerCase()) yield record
  }
}

class ForgettingVersionOfReplaced extends LruSessionStore {
  override async create(id: string, record: NewSessionRecord, options: CreateOptions) {
    const replaced = options.replaces && (await this.read(options.replaces.id, options.now))
    const replaces = options.replaces && replaced ? { id: options.replaces.id, version: replaced.version } : null
    return super.create(id, record, { ...options, replaces })
  }
}

export const defectiveStores: readonly DefectiveStore[] = [
  {
    defect: 'brings an ended session back by an update',
    foundBy: 'answers "ended" to an update that knows the version of an ended session',
    create: () => new Resurrecting()
  },
  {
    defect: 'compares the version in one step and writes in another',
    foundBy: 'loses none of 200 concurrent increments',
    create: () => new LosingUpdates()
  },
  {
    defect: 'counts the sessions in one step and opens in another',
    foundBy: 'opens exactly 7 sessions when 50 logins race for 7 places, again and again',
    create: () => new CountingBeforehand()
  },
  {
    defect: 'counts the sessions of a user in one step and opens in another',
    foundBy: 'refuses exactly those sessions of a user that are too many',
    create: () => new CountingUsersBeforehand()
  },
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
  {
    defect: 'ends what a login replaces before it knows that there is a place',
    foundBy: 'lets the replaced session live on when there is no place',
    create: () => new EndingTheReplacedFirst()
  },
  { defect: 'slides what it reads', foundBy: 'reads without sliding and without confirming', create: () => new ReadingSlides() },
  {
    defect: 'gives its own objects away',
    foundBy: 'gives copies away, which nobody can use to change what is kept',
    create: () => new GivingReferences()
  },
  {
    defect: 'throws at malformed ids',
    foundBy: 'knows no session by an unknown or malformed id',
    create: () => new ThrowingAtMalformedIds()
  },
  { defect: 'folds the IDs of users', foundBy: "lists one user's sessions by the ID as it came", create: () => new FoldingUserIDs() },
  {
    defect: 'replaces a session whose storage has changed',
    foundBy: 'replaces no session whose storage has changed since the login read it',
    create: () => new ForgettingVersionOfReplaced()
  }
]
