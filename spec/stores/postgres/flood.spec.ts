import type { Pool } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { PostgresSessionStore } from 'express-4d-directory/postgres'
import { listed, living, newGuest, newSignIn, open, openConfirmed, start, tally, tryToOpen } from '../../../lib/testing/store-spec.js'
import { patience } from '../../support/patience.js'
import { describeWithPostgres } from '../../support/postgres-server.js'
import { PostgresSessions } from '../../support/postgres-sessions.js'

describeWithPostgres('PostgresSessionStore in a flood of visitors', (server) => {
  let sessions: PostgresSessions
  let schema: string
  let pool: Pool

  beforeAll(() => {
    sessions = new PostgresSessions(server())
  })

  beforeEach(async () => {
    schema = await sessions.newSchema()
    pool = sessions.newPool({ max: 10 })
  })

  afterEach(async () => {
    await sessions.endPools()
  })

  afterAll(async () => {
    await sessions.close()
  })

  function newStore(maxGuests = 10_000): PostgresSessionStore {
    return new PostgresSessionStore({ pool, schema, timeoutMilliseconds: patience, maxGuests })
  }

  describe('that the server does not get done', () => {
    // With a quota the guests wait for a lock of their own.
    const quotas = { guestSessions: 2000 }
    const holdGuests = () =>
      sessions.holdLocks(`SELECT pg_advisory_xact_lock(hashtextextended('express-4d-directory places "${schema}"', 0))`)

    it('holds two of ten connections, and serves live sessions and logins meanwhile', async () => {
      const store = newStore()
      const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'))
      const letGo = await holdGuests()

      const guests = Array.from({ length: 200 }, () => tryToOpen(store, newGuest(start), { quotas }))
      await sessions.statementsWaiting(2)
      const held = pool.totalCount - pool.idleCount
      const resumed = await store.resume([signIn.id], start)
      const login = await tryToOpen(store, newSignIn(start, 'mmiller'), { replaces: signIn })
      await letGo()

      expect(held).toBe(2)
      expect(resumed).toMatchObject([{ handle: signIn.record.handle }])
      expect(login).toBe('created')
      expect(tally(await Promise.all(guests))).toEqual({ created: 200 })
    })

    it('refuses at once whoever comes when too many wait, to come again in a second', async () => {
      const store = newStore()
      const letGo = await holdGuests()
      const waiting = Array.from({ length: 514 }, () => tryToOpen(store, newGuest(start), { quotas }))

      const refused = tryToOpen(store, newGuest(start), { quotas })

      await expect(refused).rejects.toMatchObject({
        name: 'DirectoryError',
        code: 'ERR_STORE_UNAVAILABLE',
        status: 503,
        retryAfterSeconds: 1
      })
      await letGo()
      expect(tally(await Promise.all(waiting))).toEqual({ created: 514 })
    })
  })

  it('opens many guests with one statement', async () => {
    pool = sessions.newPool({ application_name: 'flood', options: '-c log_statement=all' })
    const store = newStore()

    await Promise.all(Array.from({ length: 320 }, () => open(store, newGuest(start))))

    const statements = server()
      .log.split('\n')
      .filter((line) => line.startsWith('flood ') && line.includes('.create_sessions_2('))
    expect(statements.length).toBeLessThanOrEqual(16)
  })

  it('gives places to exactly as many guests as there are, however many one statement opens', async () => {
    const store = newStore()
    const quotas = { sessions: 47, guestSessions: 45 }
    for (const name of ['ann', 'bob', 'eve']) await openConfirmed(store, newSignIn(start, name), { quotas })

    const answers = await Promise.all(Array.from({ length: 200 }, () => tryToOpen(store, newGuest(start), { quotas })))

    expect(tally(answers)).toEqual({ created: 44, full: 156 })
    expect(await store.count(start)).toMatchObject({ signedIn: 3, guests: 44 })
  })

  it('leaves everybody who came back where they are, and stays within a twentieth of the budget', async () => {
    const store = newStore(400)
    const faithful = await Promise.all(
      Array.from({ length: 400 }, (_, i) => openConfirmed(store, newGuest(start + i, { storage: '{"cart":1}' })))
    )

    await Promise.all(Array.from({ length: 500 }, (_, i) => open(store, newGuest(start + 1000 + i))))

    expect(tally((await living(store, faithful, start + 2000)).map(String))).toEqual({ true: 400 })
    expect((await store.count(start + 2000)).guests).toBeLessThanOrEqual(420)
  })

  it('lets newcomers who come back have the places of those idle longest, within a twentieth of the budget', async () => {
    const store = newStore(400)
    const former = await Promise.all(Array.from({ length: 400 }, (_, i) => openConfirmed(store, newGuest(start + i))))
    for (let i = 0; i < 40; i++) await openConfirmed(store, newGuest(start + 1000 + i))

    const alive = await living(store, former, start + 2000)

    const left = alive.filter((isAlive) => !isAlive).length
    expect(left).toBeGreaterThanOrEqual(20)
    expect(alive.slice(0, left)).toEqual(Array(left).fill(false))
    expect((await store.count(start + 2000)).guests).toBeLessThanOrEqual(420)
  })

  it('evicts first what stored nothing, though it is younger', async () => {
    const store = newStore(3)
    const withCart = await open(store, newGuest(start, { storage: '{"cart":1}' }))
    const empty = await Promise.all([1, 2].map((age) => open(store, newGuest(start + age))))
    await store.update(empty[0]?.id ?? '', 0, '{"cart":2}', start + 3)

    await open(store, newGuest(start + 10))

    expect(await living(store, [withCart, ...empty], start + 10)).toEqual([true, true, false])
  })

  it('bounds the logins that drop their cookie, and counts what two processes add', async () => {
    const stores = [1, 2].map(() => new PostgresSessionStore({ pool, schema, timeoutMilliseconds: patience, maxUnconfirmed: 20 }))
    const signIn = await openConfirmed(newStore(), newSignIn(start, 'jsmith'))

    await Promise.all(stores.flatMap((store) => Array.from({ length: 40 }, (_, i) => open(store, newSignIn(start + i, `user ${i}`)))))

    expect(await newStore().count(start + 50)).toMatchObject({ signedIn: 21, unconfirmed: { signedIn: 20 } })
    expect((await listed(newStore(), start + 50)).map(({ handle }) => handle)).toContain(signIn.record.handle)
  })
})
