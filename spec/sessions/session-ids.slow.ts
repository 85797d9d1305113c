import { randomBytes } from 'node:crypto'

import { describe, expect, it, vi } from 'vitest'

import { LruSessionStore } from '../../lib/index.js'
import { EventRaiser } from '../../lib/event-raiser.js'
import { SessionKeeper } from '../../lib/sessions/session-keeper.js'
import { unlimited } from '../../lib/testing/store-spec.js'

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>()
  return { ...crypto, randomBytes: vi.fn(crypto.randomBytes) }
})

describe('A7.2.3: 100,000 ids', () => {
  it('are 32 upper-case hex digits each, from 128 bits of node:crypto, without a duplicate', async () => {
    const seen = new Set<string>()
    const store = new LruSessionStore()
    const create = store.create.bind(store)
    let malformed = 0
    store.create = (id, record, options) => {
      seen.add(id)
      if (!/^[0-9A-F]{32}$/.test(id)) malformed += 1
      return create(id, record, options)
    }
    const events = new EventRaiser(Date.now)
    const keeper = new SessionKeeper({
      store,
      quotas: unlimited,
      idleMilliseconds: 1000,
      absoluteMilliseconds: 1000,
      maxStorageBytes: 2,
      events,
      now: () => 0
    })
    vi.mocked(randomBytes).mockClear()

    for (let n = 0; n < 100_000; n++) await keeper.open({ ip: '', userAgent: '' }, null, null)

    expect(seen.size).toBe(100_000)
    expect(malformed).toBe(0)
    const drawn = new Set(vi.mocked(randomBytes).mock.results.map(({ value }) => (value as Buffer).toString('hex').toUpperCase()))
    expect([...seen].filter((id) => !drawn.has(id))).toEqual([])
  })
})
