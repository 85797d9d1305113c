import type { CreateOptions, NewSessionRecord, SessionRecord } from '../../lib/sessions/session-store.js'
import { LruSessionStore } from '../../lib/stores/memory/session-store.js'
import { unlimited } from '../../lib/testing/store-spec.js'
import { aMoment, type DefectiveStore } from './defective-store.js'

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

class ForgettingRememberMe extends LruSessionStore {
  override create(id: string, record: NewSessionRecord, options: CreateOptions) {
    return super.create(id, { ...record, rememberMe: record.rememberMe === true ? true : null }, options)
  }
}

class SpreadingUsers extends LruSessionStore {
  override create(id: string, record: NewSessionRecord, options: CreateOptions) {
    return super.create(id, { ...record, user: record.user && { ...record.user } }, options)
  }
}

class SharingAttributes extends LruSessionStore {
  readonly #attributes = new Map<string, object>()

  override create(id: string, record: NewSessionRecord, options: CreateOptions) {
    if (record.user?.attributes) this.#attributes.set(record.user.ID, record.user.attributes)
    return super.create(id, record, options)
  }

  override async read(id: string, now: number) {
    const record = await super.read(id, now)
    const attributes = record?.user && this.#attributes.get(record.user.ID)
    return record?.user && attributes ? { ...record, user: { ...record.user, attributes } } : record
  }
}

class ResumingEight extends LruSessionStore {
  override async resume(ids: readonly string[], now: number) {
    const records = await super.resume(ids.slice(0, 8), now)
    return ids.map((_, index) => records[index] ?? null)
  }
}

class EndingOne extends LruSessionStore {
  override async end(ids: readonly string[], now: number) {
    const ended = await super.end(ids.slice(0, 1), now)
    return Promise.all(ids.map(async (id, index) => (index === 0 ? (ended[0] ?? null) : this.read(id, now))))
  }
}

class EndingInAnyOrder extends LruSessionStore {
  override async end(ids: readonly string[], now: number) {
    return (await super.end(ids.toSorted(), now)).filter((record) => record !== null)
  }
}

export const defectiveRecords: readonly DefectiveStore[] = [
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
    defect: 'makes no difference between a cookie that ends with the browser and none that was asked for',
    foundBy: 'keeps what the login said of a cookie that outlives the browser',
    create: () => new ForgettingRememberMe()
  },
  {
    defect: 'takes over of a user what a listing of members shows',
    foundBy: 'keeps attributes that no listing of members shows, as those of req.directory.user',
    create: () => new SpreadingUsers()
  },
  {
    defect: 'keeps one set of attributes for all sessions of a user',
    foundBy: "keeps a user's attributes, of each login as they were then, and none where there are none",
    create: () => new SharingAttributes()
  },
  {
    defect: 'keeps the attributes that it was given, not a copy',
    foundBy: 'keeps a copy of what it is given',
    create: () => new SharingAttributes()
  },
  { defect: 'resumes eight sessions at most', foundBy: 'resumes 32 sessions at once', create: () => new ResumingEight() },
  {
    defect: 'ends the first of several sessions',
    foundBy: 'ends several sessions at once, and gives the records that were live in the order of their ids',
    create: () => new EndingOne()
  },
  {
    defect: 'gives the records of ended sessions in an order of its own',
    foundBy: 'ends several sessions at once, and gives the records that were live in the order of their ids',
    create: () => new EndingInAnyOrder()
  }
]
