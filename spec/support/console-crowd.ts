import type { SessionStore } from '../../lib/index.js'
import { newSignIn, open } from '../../lib/testing/store-spec.js'

/** Fills a store with sessions of as many people. */
export async function crowd(store: SessionStore, count: number, now: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    const user = { ID: `ID ${turn}`, userName: `person ${turn}`, fullName: `Person ${turn}` }
    await open(store, newSignIn(now, user, { ip: `10.0.${turn >> 8}.${turn & 255}`, userAgent: 'curl/8' }))
  }
}
