import type { SessionStore } from '../sessions/session-store.js'
import { specifyPutBackClocks } from './clock-spec.js'
import { specifyEnding } from './ending-spec.js'
import { specifyExpiry, specifySliding } from './expiry-spec.js'
import { specifyKeeping, specifyUpdating } from './keeping-spec.js'
import { specifyListing, specifyRemovals } from './listing-spec.js'
import { specifyQuotas, specifySignedInQuota } from './quotas-spec.js'
import { specifyReclaiming, specifyUnconfirmed } from './reclaiming-spec.js'
import type { SpecRunner, StoreSpec } from './store-spec.js'

/**
 * Holds a store to every promise of the `SessionStore` port: `behavesLikeASessionStore({ describe, it }, () => new MyStore(client))`.
 *
 * `describe` and `it` are those of vitest, jest, mocha or `node:test`. `createStore` is called for each spec and has to give an empty store: on a
 * server, one with a prefix or schema of its own. Its `close`, where it has one, is called after the spec. The clock of the specs is not the real one.
 */
export function behavesLikeASessionStore(runner: SpecRunner, createStore: () => SessionStore | Promise<SessionStore>): void {
  const { describe, it } = runner

  const storeSpec: StoreSpec = (title, run) => {
    it(title, async () => {
      const store = await createStore()
      try {
        await run(store)
      } finally {
        await store.close?.()
      }
    })
  }

  describe('a session store', () => {
    describe('keeping sessions', () => specifyKeeping(storeSpec))
    describe('sliding', () => specifySliding(storeSpec))
    describe('expiry', () => specifyExpiry(storeSpec))
    describe('updating', () => specifyUpdating(storeSpec))
    describe('ending', () => specifyEnding(storeSpec))
    describe('quotas', () => specifyQuotas(storeSpec))
    describe('the quota of signed-in sessions', () => specifySignedInQuota(storeSpec))
    describe('reclaiming', () => specifyReclaiming(storeSpec))
    describe('sessions whose cookie has not come back', () => specifyUnconfirmed(storeSpec))
    describe('a clock that is put back', () => specifyPutBackClocks(storeSpec))
    describe('listing and counting', () => specifyListing(storeSpec))
    describe('telling what it removes', () => specifyRemovals(storeSpec))
  })
}
