import { randomBytes } from 'node:crypto'

import type { SessionStore } from '../../lib/index.js'

const unlimited = { sessions: Infinity, guestSessions: Infinity, sessionsPerUser: Infinity, whenUserIsFull: 'refuse' } as const

/** Fills a store with sessions of as many people. */
export async function crowd(store: SessionStore, count: number, now: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    const user = { ID: `ID ${turn}`, userName: `person ${turn}`, fullName: `Person ${turn}` }
    const times = { createdAt: now, authenticatedAt: now, idleMilliseconds: 3_600_000, absoluteEndAt: now + 86_400_000 }
    const origin = { ip: `10.0.${turn >> 8}.${turn & 255}`, userAgent: 'curl/8', storage: '{}' }
    const handle = randomBytes(8).toString('hex')
    await store.create(
      randomBytes(16).toString('hex').toUpperCase(),
      { handle, user, ...times, ...origin },
      { replaces: null, quotas: unlimited, now }
    )
  }
}
