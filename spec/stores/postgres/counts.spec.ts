import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'

import type { PostgresSessionStore } from 'express-4d-directory/postgres'
import { minute, newGuest, newSignIn, open, openConfirmed, start } from '../../../lib/testing/store-spec.js'
import { describeWithPostgres } from '../../support/postgres-server.js'
import { PostgresSessions } from '../../support/postgres-sessions.js'

describeWithPostgres('The counts of PostgresSessionStore', (server) => {
  let sessions: PostgresSessions
  let schema: string
  let store: PostgresSessionStore

  beforeAll(() => {
    sessions = new PostgresSessions(server())
  })

  beforeEach(async () => {
    schema = await sessions.newSchema()
    store = sessions.newStore(schema)
  })

  afterEach(async () => {
    await sessions.endPools()
  })

  afterAll(async () => {
    await sessions.close()
  })

  it('agree with the table after whatever a crowd over two pools has done', async () => {
    const stores = [store, sessions.newStore(schema)]
    const brief = { idleMilliseconds: minute }

    await Promise.all(
      Array.from({ length: 80 }, async (_, i) => {
        const by = stores[i % 2] ?? store
        const guest = await open(by, newGuest(start, i % 5 === 0 ? brief : {}))
        if (i % 2 === 0) await by.resume([guest.id], start + 1)
        const signIn = await open(by, newSignIn(start, `user ${i % 7}`, i % 3 === 0 ? brief : {}), i % 4 === 0 ? { replaces: guest } : {})
        await by.update(signIn.id, 0, '{"a":1}', start + 1)
        if (i % 3 === 1) await by.resume([signIn.id, guest.id], start + 2)
        if (i % 6 === 5) await by.end([signIn.id, guest.id], start + 2)
      })
    )

    for (const now of [start + 2, start + minute + 2]) {
      const [row] = await sessions.sql(
        `SELECT json_build_object(
          'signedIn', count(user_id), 'guests', count(*) - count(user_id), 'unconfirmed', json_build_object(
            'signedIn', count(user_id) FILTER (WHERE NOT confirmed), 'guests', count(*) FILTER (WHERE NOT confirmed AND user_id IS NULL))
        ) AS counts FROM "${schema}".session WHERE expires_at > $1`,
        [now]
      )
      expect(await store.count(now)).toEqual(row?.['counts'])
    }
  })

  it('hold for what an operator does by hand', async () => {
    for (let i = 0; i < 3; i++) await openConfirmed(store, newSignIn(start, `user ${i}`))
    for (let i = 0; i < 4; i++) await open(store, newGuest(start))

    await sessions.sql(`DELETE FROM "${schema}".session WHERE user_id IS NOT NULL`)
    const afterDelete = await store.count(start)
    await sessions.sql(`TRUNCATE "${schema}".session`)
    const afterTruncate = await store.count(start)

    expect(afterDelete).toEqual({ signedIn: 0, guests: 4, unconfirmed: { signedIn: 0, guests: 4 } })
    expect(afterTruncate).toEqual({ signedIn: 0, guests: 0, unconfirmed: { signedIn: 0, guests: 0 } })
  })

  it('are mended by an operator who has written without the triggers', async () => {
    await open(store, newGuest(start))
    await sessions.sql(`ALTER TABLE "${schema}".session DISABLE TRIGGER USER`)
    await open(store, newGuest(start))
    await sessions.sql(`ALTER TABLE "${schema}".session ENABLE TRIGGER USER`)

    await sessions.sql(`SELECT "${schema}".count_again()`)

    expect(await store.count(start)).toMatchObject({ guests: 2, unconfirmed: { guests: 2 } })
  })
})
