import type { Pool } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { PostgresSessionStore, postgresSchema } from 'express-4d-directory/postgres'
import { newGuest, newSignIn, open, start, unlimited, type NewSession } from '../../../lib/testing/store-spec.js'
import { describeWithPostgres } from '../../support/postgres-server.js'
import { PostgresSessions } from '../../support/postgres-sessions.js'

const timeoutMilliseconds = 300
const unavailable = { name: 'DirectoryError', code: 'ERR_STORE_UNAVAILABLE', status: 503 }

describeWithPostgres('PostgresSessionStore in an outage', (server) => {
  let sessions: PostgresSessions
  let schema: string
  let pool: Pool
  let store: PostgresSessionStore
  /** One who was there before the outage, and has to be there after it. */
  let signIn: NewSession

  beforeAll(() => {
    sessions = new PostgresSessions(server())
  })

  beforeEach(async () => {
    schema = await sessions.newSchema()
    pool = sessions.newPool({ max: 4 })
    store = new PostgresSessionStore({ pool, schema, timeoutMilliseconds })
    signIn = await open(store, newSignIn(start, 'jsmith', { storage: '{"kept":true}' }))
  })

  afterEach(async () => {
    await sessions.endPools()
  })

  afterAll(async () => {
    await sessions.close()
  })

  /** Everything that could be done to the store, by name. */
  function everyVerb(): Record<string, () => Promise<unknown>> {
    const login = newSignIn(start, 'mmiller')
    const replaces = { id: signIn.id, version: 0 }
    return {
      create: () => store.create(newGuest(start).id, newGuest(start).record, { replaces: null, quotas: unlimited, now: start }),
      'create that replaces': () => store.create(login.id, login.record, { replaces, quotas: { ...unlimited, sessions: 5 }, now: start }),
      resume: () => store.resume([signIn.id], start + 1),
      update: () => store.update(signIn.id, 0, '{"kept":false}', start),
      read: () => store.read(signIn.id, start),
      end: () => store.end([signIn.id], start),
      endByHandle: () => store.endByHandle(signIn.record.handle, start),
      count: () => store.count(start),
      list: async () => {
        for await (const record of store.list({}, start)) return record
        return null
      }
    }
  }

  async function everyVerbRejects(): Promise<void> {
    const outcomes = await Promise.allSettled(Object.values(everyVerb()).map((run) => run()))
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { ...unavailable, cause: { code: expect.any(String) as string, message: expect.any(String) as string } }
      })
    }
  }

  async function nothingHasHappened(): Promise<void> {
    await sessions.statementsDone()
    const after = sessions.newStore(schema)
    expect(await after.count(start)).toMatchObject({ signedIn: 1, guests: 0 })
    expect(await after.read(signIn.id, start)).toMatchObject({ storage: '{"kept":true}', version: 0, lastSeenAt: start, confirmed: false })
  }

  async function itWorksAgain(): Promise<void> {
    expect(await store.resume([signIn.id], start + 1)).toMatchObject([{ handle: signIn.record.handle, storage: '{"kept":true}' }])
    expect(await store.update(signIn.id, 0, '{"kept":"too"}', start)).toBe('updated')
  }

  describe('of a frozen server', () => {
    it('A13.2.6 late: rejects every verb within its deadline, and none of them happens after the thaw', async () => {
      server().freeze()
      await everyVerbRejects()
      server().thaw()

      await nothingHasHappened()
      await itWorksAgain()
    })

    it('A13.2.6: asks the pool for no more connections than are waited for, however long it lasts', async () => {
      server().freeze()
      for (let round = 0; round < 3; round++) {
        await Promise.allSettled(Array.from({ length: 20 }, () => store.resume([signIn.id], start)))
      }
      const asked = pool.waitingCount + pool.totalCount
      server().thaw()

      expect(asked).toBeLessThanOrEqual(20 + 4)
      await sessions.statementsDone()
      await itWorksAgain()
    })

    it('undoes what was frozen half-way', async () => {
      const letGo = await sessions.holdLocks(`SELECT 1 FROM "${schema}".session FOR UPDATE`)
      const outcomes = Promise.allSettled([everyVerb()['update']?.(), everyVerb()['end']?.(), everyVerb()['create that replaces']?.()])
      await sessions.statementsWaiting(3)

      server().freeze()
      expect(await outcomes).toMatchObject(Array.from({ length: 3 }, () => ({ status: 'rejected', reason: unavailable })))
      server().thaw()
      await letGo()

      await nothingHasHappened()
      await itWorksAgain()
    })
  })

  it('undoes what the server took too long for', async () => {
    await sessions.sql(`CREATE FUNCTION "${schema}".dawdle() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_sleep(${timeoutMilliseconds / 1000}); RETURN NULL; END'`)
    await sessions.sql(
      `CREATE TRIGGER slow_disk AFTER INSERT OR UPDATE OR DELETE ON "${schema}".session FOR EACH STATEMENT EXECUTE FUNCTION "${schema}".dawdle()`
    )
    const writing = Object.entries(everyVerb()).filter(([verb]) => !['read', 'list', 'count'].includes(verb))

    const outcomes = await Promise.allSettled(writing.map(([, run]) => run()))
    await sessions.statementsDone()
    await sessions.sql(`DROP TRIGGER slow_disk ON "${schema}".session`)

    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: unavailable })
    await nothingHasHappened()
    await itWorksAgain()
  })

  describe('of a connection', () => {
    it('rejects in time when the pool has no connection free, and nothing happens when it has', async () => {
      const taken = await Promise.all(Array.from({ length: 4 }, () => pool.connect()))

      await everyVerbRejects()
      for (const client of taken) client.release()

      await nothingHasHappened()
      await itWorksAgain()
    })

    it('does nothing with a statement that waited in the connection of the pool', async () => {
      const client = await pool.connect()
      const sent: Promise<unknown>[] = []
      const busy = {
        totalCount: 1,
        listenerCount: () => 1,
        on: () => undefined,
        // As behind a proxy that holds statements back until it has a server for them.
        connect: async () =>
          Promise.resolve({
            on: () => undefined,
            removeListener: () => undefined,
            release: () => undefined,
            query: (statement: { text: string; values: unknown[] }) => {
              const answer = client.query<Record<string, unknown>>(statement)
              sent.push(answer)
              return answer
            }
          })
      }
      const proxied = new PostgresSessionStore({ pool: busy, schema, timeoutMilliseconds })
      await proxied.count(start)
      const asleep = client.query('SELECT pg_sleep($1)', [(timeoutMilliseconds * 2) / 1000])

      const outcome = await Promise.allSettled([proxied.update(signIn.id, 0, '{"kept":false}', start)])
      await Promise.all([asleep, ...sent])
      client.release()

      expect(outcome).toMatchObject([{ status: 'rejected', reason: unavailable }])
      await nothingHasHappened()
    })

    it('gives up a connection that never answers, and makes another', async () => {
      const single = sessions.newPool({ max: 1 })
      store = new PostgresSessionStore({ pool: single, schema, timeoutMilliseconds })
      await store.count(start)
      const { rows } = await single.query<{ id: number }>('SELECT pg_backend_pid() AS id')
      const processId = rows[0]?.id ?? 0

      process.kill(processId, 'SIGSTOP')
      const outcome = await Promise.allSettled([store.update(signIn.id, 0, '{"kept":false}', start)])
      const meanwhile = await store.read(signIn.id, start)
      process.kill(processId, 'SIGCONT')

      expect(outcome).toMatchObject([{ status: 'rejected', reason: unavailable }])
      expect(meanwhile).toMatchObject({ handle: signIn.record.handle })
      await nothingHasHappened()
    })

    it('lives on when its connections are closed by the server', async () => {
      await sessions.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sessions'`)
      await store.read(signIn.id, start).catch(() => null)

      await itWorksAgain()
    })

    it('rejects what was under way when its connection was closed by the server', async () => {
      const letGo = await sessions.holdLocks(`SELECT 1 FROM "${schema}".session FOR UPDATE`)
      const outcome = Promise.allSettled([store.update(signIn.id, 0, '{"kept":false}', start)])
      await sessions.statementsWaiting(1)

      await sessions.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sessions'`)
      await letGo()

      expect(await outcome).toMatchObject([{ status: 'rejected', reason: unavailable }])
      await nothingHasHappened()
      await itWorksAgain()
    })
  })

  describe('of a lock', () => {
    it.each(['update', 'end', 'endByHandle', 'resume', 'create that replaces'])(
      'gives up %s in time behind somebody who holds the row, for good',
      async (verb) => {
        const letGo = await sessions.holdLocks(`SELECT 1 FROM "${schema}".session FOR UPDATE`)

        const outcome = await Promise.allSettled([everyVerb()[verb]?.()])
        // By itself, or connections would pile up behind the lock.
        await sessions.statementsDone()
        await letGo()

        expect(outcome).toMatchObject([{ status: 'rejected', reason: unavailable }])
        await nothingHasHappened()
        await itWorksAgain()
      }
    )

    it('gives up a login in time behind somebody who holds the places, and resumes meanwhile', async () => {
      const letGo = await sessions.holdLocks(`SELECT pg_advisory_xact_lock(hashtextextended('express-4d-directory places "${schema}"', 0))`)

      const outcome = Promise.allSettled([everyVerb()['create that replaces']?.()])
      await sessions.statementsWaiting(1)
      const resumed = await store.read(signIn.id, start)
      const settled = await outcome
      await letGo()

      expect(resumed).not.toBeNull()
      expect(settled).toMatchObject([{ status: 'rejected', reason: unavailable }])
      await nothingHasHappened()
    })
  })

  describe('of the whole server', () => {
    it('rejects while the server is down, and finds the sessions when it is up again', async () => {
      await server().kill()
      await everyVerbRejects()
      await server().restart()

      await nothingHasHappened()
      await itWorksAgain()
    })

    it('starts before its server does', async () => {
      await server().kill()
      store = new PostgresSessionStore({ pool: sessions.newPool(), schema, timeoutMilliseconds })
      await everyVerbRejects()
      await server().restart()

      await itWorksAgain()
    })

    it('goes on at once after a restart in mid-traffic, with the clock learnt anew', async () => {
      const visits = Promise.allSettled(Array.from({ length: 200 }, () => store.read(signIn.id, start)))
      await server().restart()
      const outcomes = await visits

      for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(unavailable)
      await itWorksAgain()
    })
  })

  describe('that an operator can mend', () => {
    it('says that it is on a read-only server, and writes when it is not any more', async () => {
      await sessions.sql('ALTER DATABASE postgres SET default_transaction_read_only = on')
      await sessions.endPools()
      store = new PostgresSessionStore({ pool: sessions.newPool(), schema, timeoutMilliseconds })

      const refused = store.resume([signIn.id], start)

      await expect(refused).rejects.toMatchObject({ ...unavailable, message: expect.stringContaining('replica') as string })
      await sessions.sql('SET default_transaction_read_only = off; ALTER DATABASE postgres RESET default_transaction_read_only')
      await sessions.endPools()
      store = new PostgresSessionStore({ pool: sessions.newPool(), schema, timeoutMilliseconds })
      await nothingHasHappened()
      await itWorksAgain()
    })

    it('says that the disk is full, and goes on when it is not', async () => {
      await sessions.sql(`CREATE FUNCTION "${schema}".fill() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN RAISE EXCEPTION ''could not extend file'' USING ERRCODE = ''disk_full''; END'`)
      await sessions.sql(`CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON "${schema}".session EXECUTE FUNCTION "${schema}".fill()`)

      const refused = store.resume([signIn.id], start)

      await expect(refused).rejects.toMatchObject({
        ...unavailable,
        message: 'The disk of PostgreSQL is full',
        cause: { code: '53100', message: 'could not extend file' }
      })
      await sessions.sql(`DROP TRIGGER full_disk ON "${schema}".session`)
      await nothingHasHappened()
      await itWorksAgain()
    })

    it('names the command that prints the schema where there is none, and works once it is there', async () => {
      const missing = `${schema}_later`
      store = new PostgresSessionStore({ pool, schema: missing, timeoutMilliseconds })

      const refused = store.count(start)

      await expect(refused).rejects.toMatchObject({
        ...unavailable,
        message: expect.stringContaining('npx express-4d-directory postgres-schema') as string
      })
      await sessions.sql(postgresSchema(missing))
      expect(await store.count(start)).toMatchObject({ signedIn: 0, guests: 0 })
    })

    it('refuses an isolation level under which quotas would not be exact', async () => {
      store = sessions.newStore(schema, { options: '-c default_transaction_isolation=serializable' })

      const refused = store.count(start)

      await expect(refused).rejects.toMatchObject({ ...unavailable, message: expect.stringContaining("'read committed'") as string })
    })
  })

  it('shows no id, password or storage in an error', async () => {
    const secret = 'hunter2'
    store = sessions.newStore(schema, { connectionString: server().url.replace('postgres@', `nobody:${secret}@`) })

    const error = await store.update(signIn.id, 0, '{"secret":"storage"}', start).catch((reason: unknown) => reason)

    const shown = [JSON.stringify(error), String(error), String(error instanceof Error ? error.cause : '')].join()
    expect(error).toMatchObject(unavailable)
    for (const each of [signIn.id, secret, 'storage":']) expect(shown).not.toContain(each)
  })
})
