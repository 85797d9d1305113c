import { describe, expect, it } from 'vitest'

import { type DirectoryEvent, type DirectoryProvider, type UserRecord } from '../../lib/index.js'
import { EventRaiser } from '../../lib/event-raiser.js'
import { CheckedProvider } from '../../lib/providers/checked-provider.js'
import { UserRevalidation } from '../../lib/auth/revalidate-users.js'
import { Gate } from '../support/gate.js'
import { SettableClock } from '../support/settable-clock.js'

/** As a session has the user. */
const john = { ID: '1', userName: 'jsmith', fullName: 'John Smith' }
const jsmith: UserRecord = { ...john, passwordHash: null }

function revalidate({ revalidateSeconds = 60, timeoutMilliseconds = 1000 } = {}) {
  const clock = new SettableClock()
  const events = new EventRaiser(clock.now)
  const heard: DirectoryEvent[] = []
  events.events.on('event', (event) => heard.push(event))
  const asked: string[] = []
  let answer: (ID: string) => Promise<UserRecord | null> = () => Promise.resolve(jsmith)
  const provider: DirectoryProvider = {
    findUser: () => Promise.resolve(null),
    belongsTo: () => Promise.resolve(false),
    findUserByID: (ID) => {
      asked.push(ID)
      return answer(ID)
    }
  }
  const revalidation = new UserRevalidation({
    provider: new CheckedProvider(provider, timeoutMilliseconds, events),
    revalidateSeconds,
    events,
    now: clock.now
  })
  const loggedInAt = clock.now()
  return {
    clock,
    heard,
    asked,
    revalidation,
    loggedInAt,
    providerSays: (next: typeof answer) => (answer = next),
    providerIsDown: () => (answer = () => Promise.reject(new Error('connect ECONNREFUSED'))),
    check: (authenticatedAt = loggedInAt) => Promise.resolve().then(() => revalidation.check(john, authenticatedAt))
  }
}

function hasChanged(at: number): UserRecord {
  return { ...jsmith, credentialsChangedAt: new Date(at) }
}

describe('the look-up of a live session', () => {
  it('is made at most once in revalidateSeconds, to the millisecond', async () => {
    const { check, clock, asked } = revalidate()

    await check()
    await check()
    clock.passMilliseconds(59_999)
    await check()
    expect(asked).toHaveLength(1)
    clock.passMilliseconds(1)
    await check()

    expect(asked).toEqual(['1', '1'])
  })

  it('is made once for requests that come together', async () => {
    const { check, asked, providerSays } = revalidate()
    const gate = new Gate()
    providerSays(async () => {
      await gate.pass()
      return null
    })

    const verdicts = Promise.all(Array.from({ length: 10 }, () => check()))
    await gate.reached
    gate.open()

    expect(await verdicts).toEqual(Array.from({ length: 10 }, () => null))
    expect(asked).toHaveLength(1)
  })

  it('takes no time where nothing has to be asked', async () => {
    const { revalidation, check, loggedInAt } = revalidate()
    await check()

    expect(revalidation.check(john, loggedInAt)).toEqual(john)
  })

  it('is made of each user', async () => {
    const { revalidation, asked, loggedInAt } = revalidate()

    await revalidation.check(john, loggedInAt)
    await revalidation.check({ ...john, ID: '2' }, loggedInAt)

    expect(asked).toEqual(['1', '2'])
  })

  it('is made of nobody where the provider has no findUserByID', () => {
    const events = new EventRaiser(Date.now)
    const provider = new CheckedProvider({ findUser: () => Promise.resolve(null), belongsTo: () => Promise.resolve(false) }, 1000, events)
    const revalidation = new UserRevalidation({ provider, revalidateSeconds: 60, events, now: Date.now })

    expect(revalidation.check(john, 0)).toEqual(john)
  })

  it('is made at every request with revalidateSeconds 0, and its answer counts', async () => {
    const { check, clock, asked } = revalidate({ revalidateSeconds: 0 })

    const verdicts = [await check(), await check()]
    clock.passMilliseconds(1)
    verdicts.push(await check())

    expect(verdicts).toEqual([john, john, john])
    expect(asked).toHaveLength(3)
  })
})

describe('a clock that is put back', () => {
  it.each([
    ['an hour', 60],
    ['two days', 2880],
    ['a year', 525_600]
  ])('by %s keeps nobody in: the user is looked up at the next request, and once an interval from then on', async (_what, minutes) => {
    const { check, clock, asked, providerSays } = revalidate()
    expect(await check(0)).toMatchObject({ ID: jsmith.ID })
    providerSays(() => Promise.resolve(null))

    clock.passMinutes(-minutes)
    const verdicts = [await check(0), await check(0)]
    clock.passSeconds(59)
    verdicts.push(await check(0))

    expect(verdicts).toEqual([null, null, null])
    expect(asked).toHaveLength(2)
  })

  it('does not make a provider that is down good for longer', async () => {
    const { check, clock, providerIsDown } = revalidate()
    await check()
    providerIsDown()
    clock.passMinutes(-1440)

    for (let minute = 0; minute <= 10; minute++) {
      expect(await check()).toMatchObject({ ID: jsmith.ID })
      clock.passSeconds(60)
    }

    await expect(check()).rejects.toMatchObject({ code: 'ERR_PROVIDER_UNAVAILABLE' })
  })

  it('lets no login that it noted outlive a change of credentials', async () => {
    const { check, clock, providerSays } = revalidate()
    const loggedInAt = clock.now() + 48 * 3_600_000
    providerSays(() => Promise.resolve(hasChanged(clock.now() - 1000)))

    expect(await check(loggedInAt)).toBeNull()
    expect(await check(clock.now() + 59_000)).toMatchObject({ ID: jsmith.ID })
  })
})

describe('A7.4.2: a session whose user', () => {
  it.each<[string, UserRecord | null]>([
    ['is gone', null],
    ['is disabled', { ...jsmith, disabled: true }]
  ])('%s is over at the next look-up', async (_what, record) => {
    const { check, clock, providerSays } = revalidate()
    expect(await check()).toEqual(john)
    providerSays(() => Promise.resolve(record))

    clock.passSeconds(60)

    expect(await check()).toBeNull()
  })

  it('has other credentials is over when it logged in before they changed, and goes on when it did so afterwards', async () => {
    const { check, loggedInAt, providerSays } = revalidate()
    providerSays(() => Promise.resolve(hasChanged(loggedInAt)))

    const verdicts = [await check(loggedInAt - 1), await check(loggedInAt), await check(loggedInAt + 1)]

    expect(verdicts.map((verdict) => verdict !== null)).toEqual([false, true, true])
  })

  it('has another name by now goes on under it', async () => {
    const { check, providerSays } = revalidate()
    providerSays(() => Promise.resolve({ ...jsmith, userName: 'jmiller', fullName: 'John Miller' }))

    expect(await check()).toEqual({ ID: '1', userName: 'jmiller', fullName: 'John Miller' })
  })
})

describe('a provider that fails', () => {
  it('lets sessions go on for ten intervals, asked once in each, with an event each time, and no longer', async () => {
    const { check, clock, asked, heard, providerIsDown } = revalidate()
    await check()
    providerIsDown()

    for (let interval = 1; interval <= 10; interval++) {
      clock.passSeconds(60)
      expect(await check()).toEqual(john)
      expect(await check()).toEqual(john)
    }
    expect(asked).toHaveLength(11)
    clock.passMilliseconds(1)

    await expect(check()).rejects.toMatchObject({ code: 'ERR_PROVIDER_UNAVAILABLE', status: 503, retryAfterSeconds: 1 })
    expect(heard.filter(({ reason }) => reason === 'revalidation failed')).toHaveLength(11)
    expect(heard.at(-1)).toMatchObject({ event: 'sys_degraded', userName: 'jsmith', userID: '1' })
  })

  it('from the first look-up on is tolerated for as long', async () => {
    const { check, clock, providerIsDown } = revalidate()
    providerIsDown()
    expect(await check()).toEqual(john)

    clock.passSeconds(600)
    expect(await check()).toEqual(john)
    clock.passMilliseconds(1)

    await expect(check()).rejects.toMatchObject({ code: 'ERR_PROVIDER_UNAVAILABLE' })
  })

  it('is asked again once a second when it has failed for too long, and its recovery counts at once', async () => {
    const { check, clock, asked, providerIsDown, providerSays } = revalidate()
    await check()
    providerIsDown()
    clock.passSeconds(601)
    await expect(check()).rejects.toMatchObject({ code: 'ERR_PROVIDER_UNAVAILABLE' })
    const before = asked.length

    clock.passMilliseconds(999)
    await expect(check()).rejects.toMatchObject({ code: 'ERR_PROVIDER_UNAVAILABLE' })
    expect(asked).toHaveLength(before)
    providerSays(() => Promise.resolve(jsmith))
    clock.passMilliseconds(1)

    expect(await check()).toEqual(john)
    expect(asked).toHaveLength(before + 1)
  })

  it('and recovers between two look-ups is not taken for down when the ten intervals are over', async () => {
    const { check, clock, providerIsDown, providerSays } = revalidate()
    await check()
    providerIsDown()
    clock.passSeconds(600)
    expect(await check()).toEqual(john)
    providerSays(() => Promise.resolve(jsmith))

    clock.passMilliseconds(1)

    expect(await check()).toEqual(john)
  })

  it('does not bring back whom it had reported gone', async () => {
    const { check, clock, providerIsDown, providerSays } = revalidate()
    providerSays(() => Promise.resolve(null))
    expect(await check()).toBeNull()
    providerIsDown()

    clock.passSeconds(60)

    expect(await check()).toBeNull()
  })

  it.each<[string, () => Promise<UserRecord | null>]>([
    ['does not answer', () => new Promise<never>(() => undefined)],
    ['answers nonsense', () => Promise.resolve('jsmith' as never)],
    [
      'throws',
      () => {
        throw new Error('not connected')
      }
    ]
  ])('%s is treated alike', async (_what, answer) => {
    const { check, clock, heard, providerSays } = revalidate({ timeoutMilliseconds: 5 })
    await check()
    providerSays(answer)

    clock.passSeconds(60)

    expect(await check()).toEqual(john)
    expect(heard.map(({ event }) => event)).toEqual(['sys_degraded', 'sys_degraded'])
  })
})

describe('a login', () => {
  it('has its user looked up anew', async () => {
    const { check, asked, revalidation } = revalidate()
    await check()

    revalidation.forget('1')
    await check()

    expect(asked).toHaveLength(2)
  })

  it('is not undone by a look-up that was under way before it', async () => {
    const { check, revalidation, providerSays } = revalidate()
    const gate = new Gate()
    providerSays(async () => {
      await gate.pass()
      return { ...jsmith, disabled: true }
    })
    const old = check()
    await gate.reached

    providerSays(() => Promise.resolve(jsmith))
    revalidation.forget('1')
    gate.open()

    expect(await old).toBeNull()
    expect(await check()).toEqual(john)
  })

  it('does not let an older session pass whose look-up it overtakes', async () => {
    const { check, revalidation, providerSays, loggedInAt } = revalidate()
    const gate = new Gate()
    providerSays(async () => {
      await gate.pass()
      return hasChanged(loggedInAt + 1)
    })
    const old = check()
    await gate.reached

    revalidation.forget('1')
    gate.open()

    expect(await old).toBeNull()
  })
})
