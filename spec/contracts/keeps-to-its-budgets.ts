import { describe, expect, it, onTestFinished } from 'vitest'

import type { SessionStore } from '../../lib/index.js'
import { living, newGuest, newSignIn, type NewSession, open, openConfirmed, start, watch } from '../../lib/testing/store-spec.js'

/** Small, and large enough for a twentieth to be a session. */
const budget = 40
/** By how much stores on a server may be over or under. */
const slack = budget / 20

interface Budgets {
  readonly maxGuests?: number
  readonly maxUnconfirmed?: number
}

/** Holds a store to the budgets that it is made with, and to the order in which they are made up for. `createStore` gives an empty store. */
export function keepsToItsBudgets(createStore: (budgets: Budgets) => SessionStore | Promise<SessionStore>): void {
  describe('the budgets of a session store', () => {
    it('A2.4.1 stores: end of the guests first those that never came back and stored nothing, then those that stored something, oldest first', async () => {
      const store = await newStore({ maxGuests: budget })
      const [empty, storing, faithful] = await newGuests(store)

      for (let more = 0; more < 2 * budget; more++) {
        const now = start + 1000 + more
        await openConfirmed(store, newGuest(now))

        const ended = await Promise.all([empty, storing, faithful].map((guests) => endedOldestFirst(store, guests, now)))
        expect(ended[1] === 0 || ended[0] === empty.length).toBe(true)
        expect(ended[2] === 0 || ended[1] === storing.length).toBe(true)
        expect((await store.count(now)).guests).toBeGreaterThanOrEqual(budget - slack)
        expect((await store.count(now)).guests).toBeLessThanOrEqual(budget + slack)
      }

      expect(await living(store, [...empty, ...storing, ...faithful], start + 2000)).not.toContain(true)
    })

    it('A2.4.1 stores: keep every guest who came back, and every login, in a flood of guests that do not', async () => {
      const store = await newStore({ maxGuests: budget })
      const faithful = await openAll(store, newGuest, 10, openConfirmed)
      const signIns = await openAll(store, (createdAt) => newSignIn(createdAt, 'jsmith'), 10)

      for (let wave = 0; wave < 10; wave++) {
        await Promise.all(Array.from({ length: 30 }, (_, n) => open(store, newGuest(start + 1000 + wave * 100 + n))))
      }

      const { guests } = await store.count(start + 2000)
      expect(guests).toBeGreaterThanOrEqual(budget - slack)
      expect(guests).toBeLessThanOrEqual(budget + slack)
      expect(await living(store, [...faithful, ...signIns], start + 2000)).not.toContain(false)
    })

    it('A2.4.1 stores: bound the sign-ins whose cookie has not come back, however many users there are, and end the oldest', async () => {
      const store = await newStore({ maxUnconfirmed: budget })
      const confirmed = await openAll(store, (createdAt) => newSignIn(createdAt, 'confirmed'), 10, openConfirmed)
      const guests = await openAll(store, newGuest, 10)

      const signIns: NewSession[] = []
      for (let n = 0; n < 2 * budget; n++) signIns.push(await open(store, newSignIn(start + 1000 + n, `user ${n}`)))

      const ended = await endedOldestFirst(store, signIns, start + 2000)
      expect(Math.abs(ended - budget)).toBeLessThanOrEqual(slack)
      expect((await store.count(start + 2000)).unconfirmed.signedIn).toBe(2 * budget - ended)
      expect(await living(store, [...confirmed, ...guests], start + 2000)).not.toContain(false)
    })

    it('bound the unconfirmed sign-ins of logins at the same time', async () => {
      const store = await newStore({ maxUnconfirmed: budget })

      for (let wave = 0; wave < 5; wave++) {
        await Promise.all(Array.from({ length: 30 }, (_, n) => open(store, newSignIn(start + wave, `user ${wave} ${n}`))))
      }

      const { unconfirmed } = await store.count(start + 10)
      expect(Math.abs(unconfirmed.signedIn - budget)).toBeLessThanOrEqual(slack)
    })

    it('tell what they end', async () => {
      const store = await newStore({ maxGuests: budget, maxUnconfirmed: budget })
      const removals = watch(store)
      const [guest] = await openAll(store, newGuest, budget + slack + 1)
      const [signIn] = await openAll(store, (createdAt) => newSignIn(createdAt, `user ${createdAt}`), budget + slack + 1)

      const told = removals?.map(({ record, reason }) => [record.handle, reason])

      expect(told).toContainEqual([guest?.record.handle, 'evicted'])
      expect(told).toContainEqual([signIn?.record.handle, 'evicted'])
    })
  })

  async function newStore(budgets: Budgets): Promise<SessionStore> {
    const store = await createStore(budgets)
    onTestFinished(() => store.close?.())
    return store
  }
}

/** A full budget: half are unconfirmed and empty, a quarter unconfirmed with something in their storage, a quarter have come back. */
async function newGuests(store: SessionStore): Promise<readonly [empty: NewSession[], storing: NewSession[], faithful: NewSession[]]> {
  const faithful = await openAll(store, newGuest, budget / 4, openConfirmed)
  const storing = await openAll(store, newGuest, budget / 4)
  for (const { id } of storing.toReversed()) await store.update(id, 0, '{"cart":1}', start + 100)
  return [await openAll(store, newGuest, budget / 2), storing, faithful]
}

async function openAll(
  store: SessionStore,
  make: (createdAt: number) => NewSession,
  count: number,
  openOne: typeof open = open
): Promise<NewSession[]> {
  const sessions: NewSession[] = []
  for (let n = 0; n < count; n++) sessions.push(await openOne(store, make(start + n)))
  return sessions
}

/** How many of these have ended; fails when a younger one went before an older one. */
async function endedOldestFirst(store: SessionStore, sessions: readonly NewSession[], now: number): Promise<number> {
  const lives = await living(store, sessions, now)
  const ended = lives.filter((alive) => !alive).length
  expect(lives.slice(0, ended)).not.toContain(true)
  return ended
}
