import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'

import { type PostgresPool, PostgresSessionStore, postgresSchema } from 'express-4d-directory/postgres'
import { listed, newGuest, newSignIn, open, openConfirmed, start, tally, tryToOpen } from '../../../lib/testing/store-spec.js'
import { patience } from '../../support/patience.js'
import { describeWithPostgres } from '../../support/postgres-server.js'
import { PostgresSessions } from '../../support/postgres-sessions.js'

/** As a next version of this package would print it: functions of its own, and one more column that has a default. */
function nextSchema(schema: string): string {
  const functions = postgresSchema(schema).replaceAll(/_2\(/g, '_3(')
  return `${functions}\nALTER TABLE "${schema}".session ADD COLUMN IF NOT EXISTS device text NOT NULL DEFAULT '';`
}

describeWithPostgres('Two versions of PostgresSessionStore', (server) => {
  let sessions: PostgresSessions
  let schema: string

  beforeAll(() => {
    sessions = new PostgresSessions(server())
  })

  beforeEach(async () => {
    schema = await sessions.newSchema()
  })

  afterEach(async () => {
    await sessions.endPools()
  })

  afterAll(async () => {
    await sessions.close()
  })

  /** A store of the next version: it calls that version's functions. */
  function nextStore(): PostgresSessionStore {
    const pool = sessions.newPool()
    const next: PostgresPool & { readonly totalCount: number } = {
      totalCount: 0,
      listenerCount: () => 1,
      on: () => undefined,
      connect: async () => {
        const client = await pool.connect()
        return {
          query: ({ text, values }) => client.query<Record<string, unknown>>({ text: text.replaceAll(/_2\(/g, '_3('), values }),
          on: client.on.bind(client),
          removeListener: client.removeListener.bind(client),
          release: client.release.bind(client)
        }
      }
    }
    return new PostgresSessionStore({ pool: next, schema, timeoutMilliseconds: patience })
  }

  /** Somebody who logs in as another and another, works and logs out, until told to stop. What they have done, or the error. */
  function crowd(store: PostgresSessionStore, name: string): () => Promise<number> {
    let isOver = false
    const visits = Promise.all(
      [1, 2, 3, 4].map(async (number) => {
        let done = 0
        while (!isOver) {
          const guest = await openConfirmed(store, newGuest(start))
          const signIn = await openConfirmed(store, newSignIn(start, `${name} ${number}`), {
            replaces: guest,
            quotas: { sessionsPerUser: 2 }
          })
          expect(await store.update(signIn.id, 0, '{"a":1}', start)).toBe('updated')
          expect(await store.resume([signIn.id], start + 20_000)).toMatchObject([{ storage: '{"a":1}' }])
          if (done % 3 > 0) expect(await store.end([signIn.id], start)).toMatchObject([{ version: 1 }])
          done++
        }
        return done
      })
    )
    return async function stop() {
      isOver = true
      return (await visits).reduce((sum, done) => sum + done, 0)
    }
  }

  it('work side by side while one is rolled out over the other, and count what either does', async () => {
    const [before, after] = [sessions.newStore(schema), nextStore()]
    const stopFormer = crowd(before, 'former')

    await sessions.sql(nextSchema(schema))
    const stopLatter = crowd(after, 'latter')
    // An operator who is not sure runs both again.
    await sessions.sql(nextSchema(schema))
    await sessions.sql(postgresSchema(schema))
    const done = [await stopFormer(), await stopLatter()]

    const [row] = await sessions.sql(`SELECT count(*)::integer AS rows FROM "${schema}".session`)
    expect(Math.min(...done)).toBeGreaterThan(0)
    expect(await before.count(start)).toMatchObject({ signedIn: row?.['rows'], guests: 0, unconfirmed: { signedIn: 0, guests: 0 } })
    expect(await after.count(start)).toEqual(await before.count(start))
    expect((await listed(after, start)).length).toBe(row?.['rows'])
  })

  it('share their sessions and hold one quota', async () => {
    await sessions.sql(nextSchema(schema))
    const [former, latter] = [sessions.newStore(schema), nextStore()]
    const quotas = { sessions: 7 }
    const session = await open(former, newSignIn(start, 'jsmith', { storage: '{"by":"former"}' }), { quotas })

    const read = await latter.resume([session.id], start)
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => tryToOpen(i % 2 ? former : latter, newSignIn(start, `user ${i}`), { quotas }))
    )
    const ended = await latter.end([session.id], start)

    expect(read).toMatchObject([{ storage: '{"by":"former"}' }])
    expect(tally(answers)).toEqual({ created: 6, full: 44 })
    expect(ended).toMatchObject([{ handle: session.record.handle }])
    expect(await former.resume([session.id], start)).toEqual([null])
  })

  it('are told from the first, whose functions had none: that is refused with the line that removes it', async () => {
    await sessions.sql(`CREATE FUNCTION "${schema}".schema_version() RETURNS integer LANGUAGE sql AS 'SELECT 1'`)

    const refusal: unknown = await sessions.sql(postgresSchema(schema)).catch((error: unknown) => error)

    const line = /DROP SCHEMA .* CASCADE;$/.exec(String(refusal))?.[0]
    expect(line).toBe(`DROP SCHEMA "${schema}" CASCADE;`)
    await sessions.sql(line ?? '')
    await sessions.sql(postgresSchema(schema))
    await open(sessions.newStore(schema), newGuest(start))
  })
})
