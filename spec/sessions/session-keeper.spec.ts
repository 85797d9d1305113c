import { describe, expect, it } from 'vitest'

import { DirectoryError, type DirectoryEvent, LruSessionStore, type SessionQuotas } from '../../lib/index.js'
import { EventRaiser } from '../../lib/event-raiser.js'
import { SessionKeeper } from '../../lib/sessions/session-keeper.js'
import type { OpenSession, SessionLogin } from '../../lib/sessions/open-session.js'
import { unlimited } from '../../lib/testing/store-spec.js'
import { collect } from '../support/collect.js'
import { Gate } from '../support/gate.js'
import { SettableClock } from '../support/settable-clock.js'
import '../support/spec-storage.js'
import { isDown, StoreWithFaults } from '../support/store-with-faults.js'
import { personNamed } from '../support/trusting-provider.js'

const minute = 60_000
const origin = { ip: '192.0.2.1', userAgent: 'spec' }

function keep(store = new StoreWithFaults(), quotas: Partial<SessionQuotas> = {}) {
  const clock = new SettableClock()
  const events = new EventRaiser(clock.now)
  const heard: DirectoryEvent[] = []
  events.events.on('event', (event) => heard.push(event))
  const newKeeper = () =>
    new SessionKeeper({
      store,
      quotas: { ...unlimited, ...quotas },
      idleMilliseconds: 60 * minute,
      absoluteMilliseconds: 24 * 60 * minute,
      maxStorageBytes: 65_536,
      events,
      now: clock.now
    })
  return { store, clock, heard, keeper: newKeeper(), newKeeper }
}

function loginOf(userName: string): SessionLogin {
  return {
    user: personNamed(userName),
    authenticatedAt: null,
    idleMilliseconds: 60 * minute,
    rememberMe: null,
    storage: (carried) => carried
  }
}

/** The same session in the hands of another request. */
async function again(keeper: SessionKeeper, { id }: OpenSession): Promise<OpenSession> {
  const [kept] = await keeper.resume([id])
  if (kept === undefined) throw new Error('the session is gone')
  return kept
}

function increment(storage: { count?: number }): void {
  storage.count = (storage.count ?? 0) + 1
}

function countIn(kept: OpenSession): unknown {
  return (JSON.parse(kept.record.storage) as { count?: number }).count
}

describe('an update', () => {
  it('is not lost to another of the same process, and asks the store once for each', async () => {
    const { keeper, store } = keep()
    const guest = await keeper.open(origin, null, null)
    const requests = await Promise.all(Array.from({ length: 200 }, () => again(keeper, guest)))

    await Promise.all(requests.map((kept) => keeper.update(kept, increment)))

    expect(countIn(await again(keeper, guest))).toBe(200)
    expect(store.asked.filter((verb) => verb === 'update')).toHaveLength(200)
    expect(store.asked).not.toContain('read')
  })

  it('is not lost to another process', async () => {
    const { keeper, newKeeper } = keep()
    const other = newKeeper()
    const guest = await keeper.open(origin, null, null)
    const pairs = await Promise.all(
      Array.from({ length: 50 }, async () => [await again(keeper, guest), await again(other, guest)] as const)
    )

    const outcomes = await Promise.all(pairs.flatMap(([a, b]) => [keeper.update(a, increment), other.update(b, increment)]))

    expect(outcomes).not.toContain(false)
    expect(countIn(await again(keeper, guest))).toBe(100)
  })

  it('A7.4.1: that is under way while the session ends in another process writes nothing', async () => {
    const { keeper, newKeeper, store } = keep()
    const guest = await keeper.open(origin, null, null)
    const slow = await again(keeper, guest)
    const gate = new Gate()
    store.fault('update', async (proceed) => {
      await gate.pass()
      return proceed()
    })

    const update = keeper.update(slow, increment)
    await gate.reached
    await newKeeper().end([guest], 'logout')
    gate.open()

    expect(await update).toBe(false)
    expect(await keeper.resume([guest.id])).toEqual([])
  })

  it('A7.4.1: that conflicts while the session ends does not bring it back', async () => {
    const { keeper, newKeeper, store } = keep()
    const guest = await keeper.open(origin, null, null)
    const slow = await again(keeper, guest)
    const other = newKeeper()
    await other.update(await again(other, guest), increment)
    store.fault('read', async (proceed) => {
      await other.end([guest], 'logout')
      return proceed()
    })

    const isUpdated = await keeper.update(slow, increment)

    expect(isUpdated).toBe(false)
    expect(await keeper.count()).toMatchObject({ signedIn: 0, guests: 0 })
  })

  it('of a session that this process knows to have ended does not ask the store', async () => {
    const { keeper, store } = keep()
    const guest = await keeper.open(origin, null, null)
    const slow = await again(keeper, guest)
    await keeper.end([guest], 'logout')

    const isUpdated = await keeper.update(slow, increment)

    expect(isUpdated).toBe(false)
    expect(store.asked).not.toContain('update')
  })

  it('that throws harms no other that waits behind it', async () => {
    const { keeper } = keep()
    const guest = await keeper.open(origin, null, null)

    const outcomes = await Promise.allSettled([
      keeper.update(guest, increment),
      keeper.update(guest, () => {
        throw new Error('out of apples')
      }),
      keeper.update(await again(keeper, guest), increment)
    ])

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(countIn(await again(keeper, guest))).toBe(2)
  })

  it('that the store does not answer fails together with those that wait behind it, not one deadline after the other', async () => {
    const { keeper, store } = keep()
    const guest = await keeper.open(origin, null, null)
    store.fault('update', isDown)

    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => keeper.update(guest, increment)))
    store.fault('update', null)
    await keeper.update(guest, increment)

    expect(outcomes.map((outcome) => outcome.status === 'rejected' && (outcome.reason as DirectoryError).code)).toEqual(
      Array.from({ length: 20 }, () => 'ERR_STORE_UNAVAILABLE')
    )
    expect(store.asked.filter((verb) => verb === 'update')).toHaveLength(2)
    expect(countIn(guest)).toBe(1)
  })

  it('that always comes too late gives up at the deadline of the store', async () => {
    const { keeper, store } = keep()
    store.timeoutMilliseconds = 20
    const guest = await keeper.open(origin, null, null)
    store.fault('update', () => Promise.resolve('conflict' as never))

    await expect(keeper.update(guest, increment)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', status: 503 })
  })
})

describe('a login', () => {
  it('carries over what was stored in its guest while the login was under way', async () => {
    const { keeper, newKeeper, store } = keep()
    const guest = await keeper.open(origin, null, null)
    const other = newKeeper()
    let isFirst = true
    store.fault('create', async (proceed) => {
      if (isFirst) {
        isFirst = false
        await other.update(await again(other, guest), (storage) => void (storage.note = 'at the last moment'))
      }
      return proceed()
    })

    const kept = await keeper.open(origin, loginOf('jsmith'), guest)

    expect(kept.record.storage).toBe('{"note":"at the last moment"}')
    expect(store.asked.filter((verb) => verb === 'create')).toHaveLength(3)
    expect(await keeper.resume([guest.id])).toEqual([])
  })

  it.each(Array.from({ length: 12 }, (_, turns) => turns))(
    'either carries an update over or has it told of the end: %i turns later',
    async (turns) => {
      const { keeper } = keep()
      const guest = await keeper.open(origin, null, null)
      const requests = await Promise.all(Array.from({ length: 5 }, () => again(keeper, guest)))
      const slow = await again(keeper, guest)
      const logIn = async () => {
        for (let turn = 0; turn < turns; turn++) await Promise.resolve()
        return keeper.open(origin, loginOf('jsmith'), slow)
      }

      const [login, ...outcomes] = await Promise.all([logIn(), ...requests.map((kept) => keeper.update(kept, increment))])

      expect(countIn(login) ?? 0).toBe(outcomes.filter((isUpdated) => isUpdated).length)
    }
  )

  it('opens a session of its own when its guest ends while the login is under way', async () => {
    const { keeper, newKeeper, store, heard } = keep()
    const guest = await keeper.open(origin, null, null)
    const other = newKeeper()
    await other.update(await again(other, guest), increment)
    store.fault('read', async (proceed) => {
      await other.end([guest], 'logout')
      return proceed()
    })

    const kept = await keeper.open(origin, loginOf('jsmith'), guest)

    expect(kept.record.storage).toBe('{}')
    expect(heard.map(({ event }) => event)).toEqual(['session_created', 'authn_token_revoked', 'session_created'])
    expect(await keeper.count()).toMatchObject({ signedIn: 1, guests: 0 })
  })

  it('gives up when its guest is changed too often to be replaced', async () => {
    const { keeper, store } = keep()
    store.timeoutMilliseconds = 20
    const guest = await keeper.open(origin, null, null)
    store.fault('create', () => Promise.resolve('conflict' as never))

    await expect(keeper.open(origin, loginOf('jsmith'), guest)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })

    expect(keeper.hasEnded(guest)).toBe(false)
  })

  it('that finds no place leaves its guest as it was', async () => {
    const { keeper, heard } = keep(undefined, { sessions: 1, sessionsPerUser: 1, whenUserIsFull: 'refuse' })
    const first = await keeper.open(origin, loginOf('jsmith'), null)
    await again(keeper, first)

    await expect(keeper.open(origin, loginOf('john'), null)).rejects.toMatchObject({ code: 'ERR_SESSIONS_FULL', status: 402 })

    expect(heard.at(-1)).toMatchObject({ event: 'session_refused', limit: 'sessions', userName: 'john', handle: null })
    expect(await keeper.count()).toMatchObject({ signedIn: 1, guests: 0 })
  })

  it('of 50 at once, with places for 7, opens exactly 7', async () => {
    const { keeper } = keep(undefined, { sessions: 7 })

    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => keeper.open(origin, loginOf(`user ${n}`), null)))

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(7)
    expect(await keeper.count()).toMatchObject({ signedIn: 7, guests: 0 })
  })
})

describe('what a process knows of endings', () => {
  it('includes those by handle and those that the store told of', async () => {
    const { keeper, clock } = keep()
    const ended = await keeper.open(origin, loginOf('jsmith'), null)
    const expired = await keeper.open(origin, loginOf('john'), null)
    const lives = await keeper.open(origin, { ...loginOf('kind user'), idleMilliseconds: 600 * minute }, null)

    await keeper.endByHandle(ended.record.handle, null)
    clock.passMinutes(60)
    await keeper.count()

    expect([ended, expired, lives].map((kept) => keeper.hasEnded(kept))).toEqual([true, true, false])
  })

  it('is not crowded out by a flood of guests who drop their cookies', async () => {
    const { keeper } = keep(new StoreWithFaults(new LruSessionStore({ maxGuests: 1 })))
    const kept = await keeper.open(origin, loginOf('jsmith'), null)
    const slow = await again(keeper, kept)
    await keeper.endByHandle(kept.record.handle, null)

    for (let n = 0; n < 11_000; n++) await keeper.open(origin, null, null)

    expect(keeper.hasEnded(slow)).toBe(true)
  })
})

describe('A2.4.1 names: of what operators and pages of the host name', () => {
  it.each(['', 'x'.repeat(65), 'a\0b', '../etc'])('%j is no handle, and no store is asked', async (handle) => {
    const { keeper, store } = keep()

    expect(await keeper.endByHandle(handle, null)).toBe(false)
    expect(store.asked).toEqual([])
  })

  it.each(['x'.repeat(256), 'a\0b'])("%j is nobody's ID, and no store is asked", async (userID) => {
    const { keeper, store } = keep()

    expect(await collect(keeper.list({ userID }))).toEqual([])
    expect(store.asked).toEqual([])
  })
})

describe('a store that fails', () => {
  it.each([
    ['create', (keeper: SessionKeeper) => keeper.open(origin, null, null)],
    ['resume', (keeper: SessionKeeper) => keeper.resume(['0'.repeat(32)])],
    ['end', (keeper: SessionKeeper, kept: OpenSession) => keeper.end([kept], 'logout')],
    ['endByHandle', (keeper: SessionKeeper, kept: OpenSession) => keeper.endByHandle(kept.record.handle, null)],
    ['update', (keeper: SessionKeeper, kept: OpenSession) => keeper.update(kept, increment)],
    ['count', (keeper: SessionKeeper) => keeper.count()],
    ['list', (keeper: SessionKeeper) => collect(keeper.list({}))]
  ] as const)('at %s becomes a 503 that says so, with an event, and ends nothing', async (verb, call) => {
    const { keeper, store, heard } = keep()
    const kept = await keeper.open(origin, null, null)
    store.fault(verb, isDown)

    const failure: unknown = await Promise.resolve(call(keeper, kept)).then(null, (error: unknown) => error)

    expect(failure).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', status: 503, retryAfterSeconds: 1 })
    expect((failure as Error).message).toBe(`The session store could not answer (${verb})`)
    expect(heard.at(-1)).toMatchObject({ event: 'sys_degraded', component: 'store', reason: `session store: ${verb} failed` })
    expect(keeper.hasEnded(kept)).toBe(false)
  })
})
