import { strict as assert } from 'node:assert'

import fc from 'fast-check'
import { describe, it } from 'vitest'

import { type SessionStore } from '../../lib/index.js'
import { EventRaiser } from '../../lib/event-raiser.js'
import { SessionKeeper } from '../../lib/sessions/session-keeper.js'
import type { OpenSession } from '../../lib/sessions/open-session.js'
import { unlimited } from '../../lib/testing/store-spec.js'
import { collect } from '../support/collect.js'
import { SettableClock } from '../support/settable-clock.js'
import '../support/spec-storage.js'
import { personNamed } from '../support/trusting-provider.js'
import { absoluteMilliseconds, countIn, idleMilliseconds, KeeperModel, nothing, type Outcome } from './keeper-model.js'

const minute = 60_000
const quota = 4
const origin = { ip: '192.0.2.1', userAgent: 'model' }
const browsers = 4
const processes = 2

/** One request of a browser, served by one of two processes; those of one step are under way together. */
interface Visit {
  readonly browser: number
  readonly process: number
  readonly does: 'visit' | 'login' | 'logout' | 'update'
  readonly as: 'ann' | 'bob'
  /** Sends the first cookie that the browser was ever given, as a thief would who has kept it. */
  readonly isStale: boolean
}

interface Step {
  readonly passMilliseconds: number
  readonly visits: readonly Visit[]
}

const visit: fc.Arbitrary<Visit> = fc.record({
  browser: fc.nat(browsers - 1),
  process: fc.nat(processes - 1),
  does: fc.constantFrom('visit', 'login', 'logout', 'update', 'update'),
  as: fc.constantFrom('ann', 'bob'),
  isStale: fc.integer({ min: 0, max: 9 }).map((n) => n === 0)
})
const step: fc.Arbitrary<Step> = fc.record({
  passMilliseconds: fc.constantFrom(0, 1, minute, 6 * minute, idleMilliseconds - 1, idleMilliseconds),
  visits: fc.array(visit, { minLength: 1, maxLength: 6 })
})

export interface KeeperModelOptions {
  /** How many stories are told; fewer for a store on a server. Default 150. */
  readonly runs?: number
}

/**
 * Drives two keepers over one store, as two processes would, with random logins, logouts, updates, steps of time and parallel requests, beside a model of
 * what each browser's session has to be. Stores from one call of `createStores` share what they keep; a store in memory is one and the same.
 */
export function keepsSessionsAsTheModel(
  createStores: () => Promise<readonly [SessionStore, SessionStore]> | readonly [SessionStore, SessionStore],
  { runs = 150 }: KeeperModelOptions = {}
): void {
  describe('the keeper beside its model', () => {
    it('ends what is ended, loses no update and keeps to the quota, one request at a time', async () => {
      const steps = fc.array(
        step.map(({ visits, ...rest }) => ({ ...rest, visits: visits.slice(0, 1) })),
        { maxLength: 40, size: 'max' }
      )
      await fc.assert(
        fc.asyncProperty(steps, (story) => tell(story, createStores)),
        { numRuns: runs }
      )
    })

    it('ends what is ended, loses no update and keeps to the quota, with requests in parallel', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 15, size: 'max' }), (story) => tell(story, createStores)),
        { numRuns: runs }
      )
    })
  })
}

async function tell(story: readonly Step[], createStores: Parameters<typeof keepsSessionsAsTheModel>[0]): Promise<void> {
  const clock = new SettableClock()
  const stores = await createStores()
  const parts = { quotas: { ...unlimited, sessions: quota }, idleMilliseconds, absoluteMilliseconds, maxStorageBytes: 1000, now: clock.now }
  const keepers = stores.map((store) => new SessionKeeper({ ...parts, store, events: new EventRaiser(clock.now) })) as [
    SessionKeeper,
    SessionKeeper
  ]
  const cookies = Array.from({ length: browsers }, (): string[] => [])
  const model = new KeeperModel(quota, stores[0].slideMilliseconds ?? 0)
  try {
    for (const { passMilliseconds, visits } of story) {
      clock.passMilliseconds(passMilliseconds)
      model.forgetExpired(clock.now())
      const outcomes = await Promise.all(
        visits.map((taken) => {
          const own = cookies[taken.browser] ?? []
          return serve(keepers[taken.process % 2 === 0 ? 0 : 1], (taken.isStale ? own[0] : own.at(-1)) ?? null, taken)
        })
      )
      model.take(outcomes, clock.now())
      outcomes.forEach(({ opened }, index) => {
        if (opened) cookies[visits[index]?.browser ?? 0]?.push(opened.id)
      })
      model.agreesWith(await collect(keepers[0].list({})), outcomes)
    }
  } finally {
    for (const store of new Set(stores)) await store.close?.()
  }
}

/** Serves one request as the HTTP room would: takes up the session of its cookie, or opens a guest's. */
async function serve(keeper: SessionKeeper, cookie: string | null, { does, as }: Visit): Promise<Outcome> {
  const [kept = null] = cookie === null ? [] : await keeper.resume([cookie])
  const outcome = { ...nothing, resumed: kept?.id ?? null, user: kept?.record.user?.userName ?? null }
  switch (does) {
    case 'login':
      return { ...outcome, ...(await open(keeper, as, kept)), replaced: kept?.id ?? null }
    case 'logout':
      if (kept) await keeper.end([kept], 'logout')
      return { ...outcome, ended: kept?.id ?? null }
    case 'update': {
      if (kept === null) return { ...outcome, ...(await open(keeper, null, null)) }
      const isUpdated = await keeper.update(kept, (storage) => void (storage.count = (storage.count ?? 0) + 1))
      return { ...outcome, updated: isUpdated ? kept.id : null }
    }
    case 'visit':
      return kept === null ? { ...outcome, ...(await open(keeper, null, null)) } : outcome
  }
}

async function open(
  keeper: SessionKeeper,
  userName: string | null,
  replaces: OpenSession | null
): Promise<Pick<Outcome, 'opened' | 'refused'>> {
  const login =
    userName === null
      ? null
      : { user: personNamed(userName), authenticatedAt: null, idleMilliseconds, rememberMe: null, storage: (carried: string) => carried }
  try {
    const { id, record } = await keeper.open(origin, login, replaces)
    return { opened: { id, handle: record.handle, user: userName, count: countIn(record.storage) }, refused: null }
  } catch (error) {
    assert.equal((error as { code?: unknown }).code, 'ERR_SESSIONS_FULL')
    return { opened: null, refused: login ? 'login' : 'guest' }
  }
}
