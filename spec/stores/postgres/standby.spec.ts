import { afterAll, afterEach, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest'

import { PostgresSessionStore, postgresSchema } from 'express-4d-directory/postgres'
import { newGuest, newSignIn, type NewSession, open, openConfirmed, start, tryToOpen } from '../../../lib/testing/store-spec.js'
import { describeWithPostgres, PostgresServer } from '../../support/postgres-server.js'
import { PostgresSessions } from '../../support/postgres-sessions.js'

const unavailable = {
  name: 'DirectoryError',
  code: 'ERR_STORE_UNAVAILABLE',
  status: 503,
  message: expect.stringContaining('replica') as string
}

const notReplicated = { name: 'DirectoryError', code: 'ERR_STORE_NOT_REPLICATED', status: 503, retryAfterSeconds: 1 }

describeWithPostgres('PostgresSessionStore on a standby', (server) => {
  it('A13.2.6 late: reads, refuses to write, and goes on where the first server was once the standby has taken over', async () => {
    const first = new PostgresSessions(server())
    onTestFinished(() => first.close())
    await first.sql(postgresSchema('directory'))
    const signIn = await open(first.newStore('directory'), newSignIn(start, 'jsmith', { storage: '{"kept":true}' }))
    const standby = await PostgresServer.startStandbyOf(server())
    onTestFinished(() => standby.stop())
    const second = new PostgresSessions(standby)
    onTestFinished(() => second.close())
    const store = second.newStore('directory')
    await expect.poll(() => store.read(signIn.id, start)).toMatchObject({ storage: '{"kept":true}', version: 0, lastSeenAt: start })

    const refusals = await Promise.allSettled([
      store.resume([signIn.id], start + 1),
      tryToOpen(store, newSignIn(start, 'mmiller'), { quotas: { sessions: 5 } }),
      store.update(signIn.id, 0, '{"kept":false}', start + 1),
      store.end([signIn.id], start + 1)
    ])
    await server().kill()
    await second.sql('SELECT pg_promote()')

    expect(refusals).toMatchObject(Array(4).fill({ status: 'rejected', reason: unavailable }))
    expect(await store.count(start + 2)).toMatchObject({ signedIn: 1, guests: 0 })
    expect(await store.resume([signIn.id], start + 2)).toMatchObject([{ storage: '{"kept":true}', version: 0, lastSeenAt: start + 2 }])
    expect(await store.update(signIn.id, 0, '{"kept":"too"}', start + 2)).toBe('updated')
  })
})

describeWithPostgres('PostgresSessionStore with a synchronous standby', (server) => {
  let sessions: PostgresSessions
  let schema: string
  let standby: PostgresServer
  let store: PostgresSessionStore
  let signIn: NewSession
  let guest: NewSession

  beforeAll(async () => {
    sessions = new PostgresSessions(server())
    schema = await sessions.newSchema()
    standby = await PostgresServer.startStandbyOf(server())
    // With no more rights than the guides say.
    await sessions.sql(
      `CREATE ROLE app LOGIN; GRANT USAGE ON SCHEMA "${schema}" TO app; GRANT SELECT, INSERT, UPDATE, DELETE ON "${schema}".session TO app`
    )
    await sessions.sql(`ALTER SYSTEM SET synchronous_standby_names = '*'`)
    await sessions.sql('SELECT pg_reload_conf()')
  })

  beforeEach(async () => {
    await sessions.sql(`TRUNCATE "${schema}".session`)
    const pool = sessions.newPool({ connectionString: server().url.replace('postgres@', 'app@') })
    store = new PostgresSessionStore({ pool, schema, timeoutMilliseconds: 500 })
    signIn = await openConfirmed(store, newSignIn(start, 'jsmith'))
    guest = await open(store, newGuest(start))
  })

  afterEach(async () => {
    await sessions.endPools()
  })

  afterAll(async () => {
    await sessions.close()
    await standby.stop()
  })

  it('says of what the standby does not acknowledge that it may have happened, ends again what was opened, and holds no connection', async () => {
    await standby.kill()

    const outcomes = await Promise.allSettled([
      tryToOpen(store, newSignIn(start, 'mmiller')),
      tryToOpen(store, newGuest(start)),
      tryToOpen(store, newGuest(start)),
      store.resume([guest.id], start),
      store.end([signIn.id], start)
    ])
    await sessions.statementsDone()
    await standby.restart()
    const counted = await sessions.sql(`SELECT user_id IS NULL AS guest, confirmed FROM "${schema}".session`)

    expect(outcomes).toMatchObject(Array(5).fill({ status: 'rejected', reason: notReplicated }))
    expect(counted).toEqual([{ guest: true, confirmed: true }])
  })

  it('goes on reading and sliding without the standby, and does the rest when it is back', async () => {
    await standby.kill()

    const slid = await store.resume([signIn.id], start + 60_000)
    await standby.restart()
    const updated = await store.update(signIn.id, 0, '{"a":1}', start + 60_000)

    expect(slid).toMatchObject([{ lastSeenAt: start + 60_000 }])
    expect(updated).toBe('updated')
    expect(await tryToOpen(store, newGuest(start + 60_000))).toBe('created')
  })

  // The last one, for the server dies of it.
  it('A7.4.1: keeps a logout through the death of the server, once it was answered', async () => {
    const second = new PostgresSessions(standby)
    onTestFinished(() => second.close())

    const ended = await store.end([signIn.id], start)
    await server().kill()
    await second.sql('SELECT pg_promote()')
    const [row] = await second.sql(`SELECT count(*)::integer AS sign_ins FROM "${schema}".session WHERE user_id IS NOT NULL`)

    expect(ended).toMatchObject([{ handle: signIn.record.handle }])
    expect(row).toEqual({ sign_ins: 0 })
  })
})
