import { strict as assert } from 'node:assert'

import fc from 'fast-check'
import { describe, it } from 'vitest'

import type { CreateOptions, SessionQuotas, SessionRecord, SessionStore } from '../../lib/sessions/session-store.js'
import { listed, newGuest, newSignIn, type NewSession, start } from '../../lib/testing/store-spec.js'
import { type ModelBudgets, SessionStoreModel } from './session-store-model.js'

type Step =
  | {
      readonly verb: 'create'
      readonly user: string | null
      readonly replaces: number | null
      readonly idle: number
      readonly life: number
    }
  | { readonly verb: 'resume'; readonly which: readonly number[] }
  | { readonly verb: 'update'; readonly which: number; readonly behind: number }
  | { readonly verb: 'end'; readonly which: readonly number[] }
  | { readonly verb: 'endByHandle' | 'read'; readonly which: number }
  | { readonly verb: 'list'; readonly user: string | null }
  | { readonly verb: 'count' }

/** Every step takes some time, or goes back in it, so that hardly any two sessions are of the same age. */
type TimedStep = Step & { readonly after: number }

const users = ['ann', 'bob', 'Bob']
const which = fc.nat(30)
const quota = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(Infinity))
const quotas: fc.Arbitrary<SessionQuotas> = fc.record({
  sessions: quota,
  guestSessions: quota,
  signedInSessions: quota,
  sessionsPerUser: quota,
  whenUserIsFull: fc.constantFrom('end-oldest', 'refuse')
})
// Round times meet the limits, a minute's grace among them, to the millisecond. A clock that is put back, a little or by far, is seldom.
const after = fc.oneof(
  { weight: 15, arbitrary: fc.constantFrom(1, 5000, 10_000, 20_000, 60_000) },
  { weight: 1, arbitrary: fc.constantFrom(-20_000, -60_000, -3_600_000, -200_000_000) }
)
const create = fc.record({
  verb: fc.constant('create'),
  user: fc.option(fc.constantFrom(...users)),
  replaces: fc.option(which, { freq: 1 }),
  idle: fc.constantFrom(50_000, 200_000, 1_000_000, 1_000_000),
  life: fc.constantFrom(100_000, 2_000_000, 2_000_000)
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: create },
  { weight: 4, arbitrary: fc.record({ verb: fc.constant('resume'), which: fc.array(which, { maxLength: 2 }) }) },
  { weight: 3, arbitrary: fc.record({ verb: fc.constant('update'), which, behind: fc.constantFrom(0, 0, 0, 1) }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('end'), which: fc.array(which, { maxLength: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constantFrom('endByHandle', 'read'), which }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('list'), user: fc.option(fc.constantFrom(...users)) }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('count') }) }
)
const timedStep: fc.Arbitrary<TimedStep> = fc.tuple(step, after).map(([taken, time]) => ({ ...taken, after: time }))

const noBudgets: ModelBudgets = { maxSignedIn: Infinity, maxGuests: Infinity, maxUnconfirmed: Infinity }

export interface ModelOptions {
  readonly budgets?: Partial<ModelBudgets>
  /** How many stories are told; fewer for a store on a server. Default 200. */
  readonly runs?: number
}

/**
 * Tells a store and the model the same random stories, and compares every answer and, after every step, everything that is kept.
 * `createStore` gives an empty store for each story.
 */
export function followsTheModel(createStore: () => SessionStore | Promise<SessionStore>, { budgets, runs = 200 }: ModelOptions = {}): void {
  describe('a session store beside its model', () => {
    it('answers any story as the model does', async () => {
      await fc.assert(
        fc.asyncProperty(quotas, fc.array(timedStep, { minLength: 20, maxLength: 60 }), async (limits, steps) => {
          const store = await createStore()
          const model = new SessionStoreModel({ ...noBudgets, ...budgets }, store.slideMilliseconds ?? 0)
          try {
            await tell(store, model, limits, steps)
          } finally {
            await store.close?.()
          }
        }),
        { numRuns: runs }
      )
    })
  })
}

async function tell(store: SessionStore, model: SessionStoreModel, limits: SessionQuotas, steps: readonly TimedStep[]): Promise<void> {
  const known: NewSession[] = [newGuest(start)]
  let now = start

  const pick = (index: number): NewSession => known.at(-1 - (index % known.length)) ?? newGuest(start)

  for (const taken of steps) {
    now += model.mayGoBack ? taken.after : Math.abs(taken.after % 3_600_000)
    const [answer, expected] = await take(taken)
    assert.deepEqual(plain(answer), plain(expected))
    assert.deepEqual(sorted(await listed(store, now)), sorted(model.list({}, now)))
  }

  async function take(taken: TimedStep): Promise<readonly [unknown, unknown]> {
    switch (taken.verb) {
      case 'create': {
        const changes = { idleMilliseconds: taken.idle, absoluteEndAt: now + taken.life }
        const session = taken.user === null ? newGuest(now, changes) : newSignIn(now, taken.user, changes)
        const options = { replaces: replacing(taken.replaces), quotas: limits, now }
        known.push(session)
        const answer = await store.create(session.id, session.record, options)
        const kept = new Set((await listed(store, now)).map(({ handle }) => handle))
        return [answer, model.create(session.id, session.record, options, kept)]
      }
      case 'resume': {
        const ids = taken.which.map((index) => pick(index).id)
        const records = await store.resume(ids, now)
        return [records, model.resume(ids, now, records)]
      }
      case 'update': {
        const { id } = pick(taken.which)
        const version = Math.max(0, (model.read(id, now)?.version ?? 0) - taken.behind)
        const storage = JSON.stringify({ now })
        return [await store.update(id, version, storage, now), model.update(id, version, storage, now)]
      }
      case 'read': {
        const { id } = pick(taken.which)
        return [await store.read(id, now), model.read(id, now)]
      }
      case 'end': {
        const ids = [...new Set(taken.which.map((index) => pick(index).id))]
        return [await store.end(ids, now), model.end(ids, now)]
      }
      case 'endByHandle': {
        const { handle } = pick(taken.which).record
        return [await store.endByHandle(handle, now), model.endByHandle(handle, now)]
      }
      case 'list': {
        const filter = taken.user === null ? {} : { userID: `ID of ${taken.user}` }
        return [sorted(await listed(store, now, filter)), sorted(model.list(filter, now))]
      }
      case 'count':
        return [await store.count(now), model.count(now)]
    }
  }

  function replacing(index: number | null): CreateOptions['replaces'] {
    if (index === null) return null
    const { id } = pick(index)
    return { id, version: index % 7 === 6 ? 99 : (model.read(id, now)?.version ?? 0), mustLive: index % 2 === 1 }
  }
}

function sorted(records: readonly SessionRecord[]): unknown {
  return plain(records.toSorted((a, b) => (a.handle < b.handle ? -1 : 1)))
}

/** Compares what is told, not how the store's objects are made. */
function plain(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer)) as unknown
}
