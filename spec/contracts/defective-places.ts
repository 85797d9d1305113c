import type { CreateOptions, NewSessionRecord } from '../../lib/sessions/session-store.js'
import { LruSessionStore } from '../../lib/stores/memory/session-store.js'
import { aMoment, type DefectiveStore } from './defective-store.js'

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

class EndingTheReplacedFirst extends LruSessionStore {
  override async create(id: string, record: NewSessionRecord, options: CreateOptions) {
    if (options.replaces) await this.end([options.replaces.id], options.now)
    return super.create(id, record, { ...options, replaces: null })
  }
}

class ForgettingVersionOfReplaced extends LruSessionStore {
  override async create(id: string, record: NewSessionRecord, options: CreateOptions) {
    const replaced = options.replaces && (await this.read(options.replaces.id, options.now))
    const replaces = options.replaces && replaced ? { id: options.replaces.id, version: replaced.version } : null
    return super.create(id, record, { ...options, replaces })
  }
}

class RenewingInTwoSteps extends LruSessionStore {
  override async create(id: string, record: NewSessionRecord, options: CreateOptions) {
    const { replaces, now } = options
    if (replaces?.mustLive && (await this.read(replaces.id, now)) === null) return 'ended' as const
    await aMoment()
    return super.create(id, record, { ...options, replaces: replaces && { ...replaces, mustLive: false } })
  }
}

class RenewingWhatHasEnded extends LruSessionStore {
  override create(id: string, record: NewSessionRecord, options: CreateOptions) {
    const { replaces } = options
    return super.create(id, record, { ...options, replaces: replaces && { ...replaces, mustLive: false } })
  }
}

class IgnoringSignedInQuota extends LruSessionStore {
  override create(id: string, record: NewSessionRecord, options: CreateOptions) {
    return super.create(id, record, { ...options, quotas: { ...options.quotas, signedInSessions: Infinity } })
  }
}

class CountingGuestsAsUsers extends LruSessionStore {
  override create(id: string, record: NewSessionRecord, options: CreateOptions) {
    const { sessions, signedInSessions } = options.quotas
    return super.create(id, record, { ...options, quotas: { ...options.quotas, sessions: Math.min(sessions, signedInSessions) } })
  }
}

class CountingReplacedSignIns extends LruSessionStore {
  override async create(id: string, record: NewSessionRecord, options: CreateOptions) {
    const { signedIn } = await this.count(options.now)
    if (record.user && signedIn >= options.quotas.signedInSessions && options.replaces) return 'full' as const
    return super.create(id, record, options)
  }
}

class CountingNoneUnconfirmed extends LruSessionStore {
  override async count(now: number) {
    return { ...(await super.count(now)), unconfirmed: { signedIn: 0, guests: 0 } }
  }
}

class BoundingNoUser extends LruSessionStore {
  #logins = 0

  override create(id: string, record: NewSessionRecord, options: CreateOptions) {
    const user = record.user && { ...record.user, ID: `${record.user.ID} ${this.#logins++}` }
    return super.create(id, { ...record, user }, options)
  }
}

class BoundingConfirmed extends LruSessionStore {
  override create(id: string, record: NewSessionRecord, options: CreateOptions) {
    const sessionsPerUser = Math.min(options.quotas.sessionsPerUser, 100)
    return super.create(id, record, { ...options, quotas: { ...options.quotas, sessionsPerUser } })
  }
}

class EndingUnconfirmedEarly extends LruSessionStore {
  override async resume(ids: readonly string[], now: number) {
    const records = await Promise.all(ids.map((id) => this.read(id, now)))
    const forgotten = records.map((record) => record !== null && !record.confirmed && now - record.createdAt > 60_000)
    await this.end(
      ids.filter((_, index) => forgotten[index]),
      now
    )
    return super.resume(ids, now)
  }
}

export const defectivePlaces: readonly DefectiveStore[] = [
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
    defect: 'ends what a login replaces before it knows that there is a place',
    foundBy: 'lets the replaced session live on when there is no place',
    create: () => new EndingTheReplacedFirst()
  },
  {
    defect: 'replaces a session whose storage has changed',
    foundBy: 'replaces no session whose storage has changed since the login read it',
    create: () => new ForgettingVersionOfReplaced()
  },
  {
    defect: 'opens a session in the place of one that had to live and has ended',
    foundBy: 'answers "ended", and opens nothing, where what it replaces has to live and does not',
    create: () => new RenewingWhatHasEnded()
  },
  {
    defect: 'looks in one step whether what it replaces lives, and replaces it in another',
    foundBy: 'lets either the end or the renewal win, when they race',
    create: () => new RenewingInTwoSteps()
  },
  {
    defect: 'does not look at the quota of signed-in sessions',
    foundBy: 'opens exactly 7 signed-in sessions when 50 logins race for 7 licences, among guests that take none',
    create: () => new IgnoringSignedInQuota()
  },
  {
    defect: 'takes licences of users for guests',
    foundBy: 'lets guests in when every licence of users is taken',
    create: () => new CountingGuestsAsUsers()
  },
  {
    defect: 'counts the sign-in that a login replaces',
    foundBy: 'needs no further licence for a login that replaces its own sign-in, and one for a login that replaces a guest',
    create: () => new CountingReplacedSignIns()
  },
  {
    defect: 'does not count who is unconfirmed',
    foundBy: 'counts apart those whose cookie has not come back',
    create: () => new CountingNoneUnconfirmed()
  },
  {
    defect: 'lets one user take any number of unconfirmed sessions',
    foundBy: 'keeps about 100 sign-ins of a user whose cookie has not come back, the youngest',
    create: () => new BoundingNoUser()
  },
  {
    defect: 'ends the sessions of others for one user who has too many unconfirmed ones',
    foundBy: 'keeps about 100 sign-ins of a user whose cookie has not come back, the youngest',
    create: () => new LruSessionStore({ maxUnconfirmed: 100 })
  },
  {
    defect: 'bounds the confirmed sessions of a user as well',
    foundBy: 'ends no sign-in of a user whose cookie has come back, however many there are',
    create: () => new BoundingConfirmed()
  },
  {
    defect: 'ends whoever does not come back within a minute',
    foundBy: 'ends no unconfirmed sign-in early otherwise: programs log in and come back later',
    create: () => new EndingUnconfirmedEarly()
  }
]
