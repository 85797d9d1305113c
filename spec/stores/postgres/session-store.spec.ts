import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'

import { Client, Pool, type PoolConfig } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { PostgresSessionStore, postgresSchema, type PostgresPool } from 'express-4d-directory/postgres'
import { behavesLikeASessionStore } from '../../../lib/testing/behaves-like-a-session-store.js'
import {
  hour,
  listed,
  newGuest,
  newSignIn,
  open,
  openConfirmed,
  start,
  tally,
  tryToOpen,
  userNamed,
  watch
} from '../../../lib/testing/store-spec.js'
import { followsTheModel } from '../../contracts/follows-the-model.js'
import { keepsToItsBudgets } from '../../contracts/keeps-to-its-budgets.js'
import { patience } from '../../support/patience.js'
import { describeWithPostgres } from '../../support/postgres-server.js'
import { PostgresSessions } from '../../support/postgres-sessions.js'
import { expectWarnings } from '../../support/quiet-warnings.js'

expectWarnings('EXPRESS_4D_DIRECTORY_LISTENER')

describeWithPostgres('PostgresSessionStore', (server) => {
  let sessions: PostgresSessions
  let sharedPool: Pool

  beforeAll(() => {
    sessions = new PostgresSessions(server())
    sharedPool = new Pool({ connectionString: server().url })
  })

  afterEach(async () => {
    await sessions.endPools()
  })

  afterAll(async () => {
    await sharedPool.end()
    await sessions.close()
  })

  behavesLikeASessionStore(
    { describe, it },
    async () => new PostgresSessionStore({ pool: sharedPool, schema: await sessions.newSchema(), timeoutMilliseconds: patience })
  )

  followsTheModel(
    async () =>
      new PostgresSessionStore({
        pool: sharedPool,
        schema: await sessions.newSchema(),
        timeoutMilliseconds: patience,
        maxGuests: 4,
        maxUnconfirmed: 3
      }),
    { budgets: { maxGuests: 4, maxUnconfirmed: 3 }, runs: 25 }
  )

  keepsToItsBudgets(
    async (budgets) =>
      new PostgresSessionStore({ pool: sharedPool, schema: await sessions.newSchema(), timeoutMilliseconds: patience, ...budgets })
  )

  describe('in several processes', () => {
    it('opens exactly 7 sessions when 50 logins over two pools race for 7 places', async () => {
      const stores = await twoStores()
      const quotas = { sessions: 7 }

      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) => tryToOpen(oneOf(stores, i), newSignIn(start, `user ${i}`), { quotas }))
      )

      expect(tally(answers)).toEqual({ created: 7, full: 43 })
      expect(await stores[0].count(start)).toMatchObject({ signedIn: 7, guests: 0 })
    })

    it('keeps to the quota of a user whose logins arrive over two pools', async () => {
      const stores = await twoStores()
      const quotas = { sessionsPerUser: 3 }

      const answers = await Promise.all(
        Array.from({ length: 30 }, (_, i) => tryToOpen(oneOf(stores, i), newSignIn(start, 'jsmith'), { quotas }))
      )

      expect(tally(answers)).toEqual({ created: 30 })
      expect(await stores[0].count(start)).toMatchObject({ signedIn: 3, guests: 0 })
    })

    it('keeps to the guest budget in a flood over two pools', async () => {
      const stores = await twoStores({}, 20)

      await Promise.all(Array.from({ length: 100 }, (_, i) => open(oneOf(stores, i), newGuest(start + i), { now: start + i })))

      expect(await stores[0].count(start + 100)).toMatchObject({ signedIn: 0, guests: 20 })
    })

    it('loses none of 200 updates over two pools', async () => {
      const stores = await twoStores({ max: 3 })
      const signIn = await open(stores[0], newSignIn(start, 'jsmith', { storage: '{"n":0}' }))
      const twenty = async (store: PostgresSessionStore) => {
        for (let i = 0; i < 20; i++) await increment(store, signIn.id)
      }

      await Promise.all(Array.from({ length: 10 }, (_, i) => twenty(oneOf(stores, i))))

      expect(await stores[1].read(signIn.id, start)).toMatchObject({ storage: '{"n":200}', version: 200 })
    })

    it('ends a session for the other process at once, with an update of it in flight there', async () => {
      const [here, there] = await twoStores()
      const signIn = await open(here, newSignIn(start, 'jsmith'))
      const letGo = await sessions.holdLocks(`SELECT 1 FROM "${await schemaOf(signIn.id)}".session FOR UPDATE`)

      const ended = here.end([signIn.id], start)
      await sessions.statementsWaiting(1)
      const updated = there.update(signIn.id, 0, '{"late":true}', start)
      await sessions.statementsWaiting(2)
      await letGo()

      expect(await ended).not.toBeNull()
      expect(await updated).toBe('ended')
      expect(await there.resume([signIn.id], start)).toEqual([null])
    })

    it('lets no pair of requests with the same cookies in another order wait for each other', async () => {
      const stores = await twoStores()
      const guests = await Promise.all(Array.from({ length: 8 }, () => open(stores[0], newGuest(start))))
      const ids = guests.map(({ id }) => id)

      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, i) => oneOf(stores, i).resume(i % 2 ? ids : ids.toReversed(), start + i))
      )

      expect(answers.flat().every((record) => record !== null)).toBe(true)
    })
  })

  describe('one statement for each call', () => {
    it('answers a request by one statement that only reads, whatever the number of candidates', async () => {
      const store = sessions.newStore(await sessions.newSchema(), { application_name: 'counted', options: '-c log_statement=all' })
      const guest = await openConfirmed(store, newGuest(start))
      const before = statementsOf('counted')

      await store.resume([guest.id], start)
      await store.resume([newGuest(start).id, guest.id, newSignIn(start, 'jsmith').id], start + 9999)

      expect(statementsOf('counted').slice(before.length)).toEqual([
        expect.stringContaining('.read_sessions_2('),
        expect.stringContaining('.read_sessions_2(')
      ])
    })

    it('writes when the cookie comes back for the first time, and when a slide is due', async () => {
      const store = sessions.newStore(await sessions.newSchema(), { application_name: 'writing', options: '-c log_statement=all' })
      const guest = await open(store, newGuest(start))
      const before = statementsOf('writing').length

      for (const time of [0, 1, 9999, 10_000, 10_001]) await store.resume([guest.id], start + time)

      const verbs = statementsOf('writing')
        .slice(before)
        .map((line) => /\.(?<verb>\w+)_2\(/.exec(line)?.groups?.['verb'])
      const look = 'read_sessions'
      expect(verbs).toEqual([look, 'touch_sessions', look, look, look, 'touch_sessions', look])
    })

    it('reads for a crowd of requests with few statements', async () => {
      const store = sessions.newStore(await sessions.newSchema(), { application_name: 'crowd', options: '-c log_statement=all' })
      const guests = await Promise.all(Array.from({ length: 60 }, () => openConfirmed(store, newGuest(start))))
      const before = statementsOf('crowd').length

      const records = await Promise.all(guests.map(({ id }) => store.resume([id], start + 1)))

      expect(records.map(([record]) => record?.handle)).toEqual(guests.map(({ record }) => record.handle))
      expect(statementsOf('crowd').length - before).toBeLessThanOrEqual(6)
    })

    it('learns the clock of the server with the first call, which takes one more', async () => {
      const store = sessions.newStore(await sessions.newSchema(), { application_name: 'first', options: '-c log_statement=all' })

      await store.count(start)

      expect(statementsOf('first')).toHaveLength(2)
    })

    it('asks nothing for a request without a cookie', async () => {
      const store = sessions.newStore('nowhere')

      const records = await store.resume([], start)

      expect(records).toEqual([])
    })

    function statementsOf(application: string): readonly string[] {
      return server()
        .log.split('\n')
        .filter((line) => line.startsWith(`${application} `) && line.includes('execute <unnamed>'))
    }
  })

  describe('what is stored', () => {
    it('V CVE-2019-16782: stores the hash of an id, never the id', async () => {
      const schema = await sessions.newSchema()
      const store = sessions.newStore(schema)
      const guest = await open(store, newGuest(start))

      const [row] = await sessions.sql(`SELECT encode(id, 'hex') AS id, session::text AS everything FROM "${schema}".session`)

      expect(row?.['id']).toBe(createHash('sha256').update(guest.id).digest('hex'))
      expect(String(row?.['everything']).toUpperCase()).not.toContain(guest.id)
    })

    it('keeps any character that a client or a provider can send', async () => {
      const store = sessions.newStore(await sessions.newSchema())
      const odd = 'a\u0000b\u001b\\"\ud83d\ude00\ud800\u2028\''
      const user = { ID: odd, userName: odd, fullName: odd }
      const signIn = await open(
        store,
        newSignIn(start, user, { ip: odd, userAgent: odd, handle: odd, storage: JSON.stringify({ [odd]: odd }) })
      )

      const [record] = await store.resume([signIn.id], start)
      const listing = await listed(store, start, { userID: odd })
      const ended = await store.endByHandle(odd, start)

      expect(record).toMatchObject({ user, ip: odd, userAgent: odd, handle: odd, storage: JSON.stringify({ [odd]: odd }) })
      expect(listing).toEqual([record])
      expect(ended).toEqual(record)
    })

    it('keeps of a user what the port says, though the provider gives more', async () => {
      const schema = await sessions.newSchema()
      const user = { ...userNamed('jsmith'), passwordHash: 'a hash that nobody should see' }

      await open(sessions.newStore(schema), newSignIn(start, user))

      const [row] = await sessions.sql(`SELECT session::text AS everything FROM "${schema}".session`)
      expect(row?.['everything']).not.toContain('a hash')
    })

    it('gives storage back to the letter', async () => {
      const store = sessions.newStore(await sessions.newSchema())
      const storage = '{ "b":1.0,"a" : 1e2,\n"b":"\\u0041" }'
      const guest = await open(store, newGuest(start))

      await store.update(guest.id, 0, storage, start)

      expect(await store.read(guest.id, start)).toMatchObject({ storage })
    })

    it('tells users apart whose IDs are long and alike', async () => {
      const store = sessions.newStore(await sessions.newSchema())
      const [one, other] = ['1', '2'].map((end) => ({ ...userNamed('jsmith'), ID: 'x'.repeat(20_000) + end }))
      await open(store, newSignIn(start, one ?? ''))
      await open(store, newSignIn(start, other ?? ''), { quotas: { sessionsPerUser: 1 } })

      const records = await listed(store, start, { userID: one?.ID ?? '' })

      expect(records.map(({ user }) => user)).toEqual([one])
    })

    it('takes a clock with fractions', async () => {
      const store = sessions.newStore(await sessions.newSchema())
      const guest = await open(store, newGuest(start + 0.5), { now: start + 0.5 })

      const [record] = await store.resume([guest.id], start + 1.5)

      expect(record).toMatchObject({ createdAt: start, lastSeenAt: start + 1 })
    })

    it('lists more sessions than fit a page', async () => {
      const store = sessions.newStore(await sessions.newSchema())
      const guests = await Promise.all(Array.from({ length: 401 }, () => open(store, newGuest(start))))

      const handles = (await listed(store, start)).map(({ handle }) => handle)

      expect(handles.toSorted()).toEqual(guests.map(({ record }) => record.handle).toSorted())
    })

    it('removes expired rows without a job, when others log in or count', async () => {
      const schema = await sessions.newSchema()
      const store = sessions.newStore(schema)
      const removals = watch(store)
      await Promise.all(Array.from({ length: 150 }, () => open(store, newGuest(start))))

      await open(store, newSignIn(start + hour, 'jsmith'))
      await store.count(start + hour)

      expect(await sessions.sql(`SELECT count(*)::integer AS rows FROM "${schema}".session`)).toEqual([{ rows: 1 }])
      expect(tally((removals ?? []).map(({ reason }) => reason))).toEqual({ idle: 150 })
    })

    it('counts exactly, and tells of each once, though more has expired than one call removes', async () => {
      const store = sessions.newStore(await sessions.newSchema())
      const removals = watch(store)
      await Promise.all(Array.from({ length: 250 }, (_, i) => open(store, newSignIn(start, `user ${i}`))))

      const counted = await store.count(start + hour)
      const answers = await Promise.all(
        ['ann', 'bob'].map((name) => tryToOpen(store, newSignIn(start + hour, name), { quotas: { sessions: 1 } }))
      )

      expect(counted).toMatchObject({ signedIn: 0, guests: 0 })
      expect(tally(answers)).toEqual({ created: 1, full: 1 })
      expect(new Set(removals?.map(({ record }) => record.handle)).size).toBe(250)
      expect(removals).toHaveLength(250)
    })

    it('comes down to a budget for guests that has been lowered', async () => {
      const schema = await sessions.newSchema()
      const before = sessions.newStore(schema)
      for (let i = 0; i < 8; i++) await open(before, newGuest(start + i))
      const store = new PostgresSessionStore({ pool: sharedPool, schema, timeoutMilliseconds: patience, maxGuests: 3 })
      const removals = watch(store)

      await open(store, newGuest(start + 8))

      expect((await listed(store, start + 8)).map(({ createdAt }) => createdAt).toSorted()).toEqual([start + 6, start + 7, start + 8])
      expect(removals?.map(({ reason }) => reason)).toEqual(Array(6).fill('evicted'))
    })

    it('changes nothing that is indexed on most requests', async () => {
      const schema = await sessions.newSchema()
      const store = new PostgresSessionStore({ pool: sessions.newPool({ max: 1 }), schema, slideAfterSeconds: 0 })
      const guest = await open(store, newGuest(start))
      await store.resume([guest.id], start)

      for (let i = 1; i <= 50; i++) await store.resume([guest.id], start + i)
      // A connection tells its figures when it ends, at the latest.
      await sessions.endPools()

      const figures = `SELECT n_tup_upd::integer AS written, (n_tup_upd - n_tup_hot_upd)::integer AS indexed
        FROM pg_stat_user_tables WHERE schemaname = $1 AND relname = 'session'`
      const read = async () => (await sessions.sql(figures, [schema]))[0]
      await expect.poll(read).toMatchObject({ written: 51 })
      expect((await read())?.['indexed']).toBeLessThanOrEqual(5)
    })
  })

  describe('the schema', () => {
    it('can be made again, and by two processes at once, over the sessions that are there', async () => {
      const schema = await sessions.newSchema()
      const store = sessions.newStore(schema)
      const guest = await open(store, newGuest(start))

      await Promise.all([sessions.sql(postgresSchema(schema)), sessions.sql(postgresSchema(schema))])

      expect(await store.resume([guest.id], start)).toMatchObject([{ handle: guest.record.handle }])
    })

    it.each([
      { place: 'in another encoding than UTF8', refusal: 'The database has to be in UTF8', encoding: 'LATIN1', sql: postgresSchema() },
      // No server is so new, as one before 12 is too old.
      {
        place: 'of a server that is too old',
        refusal: 'PostgreSQL 12 or later is needed, this is 1',
        encoding: 'UTF8',
        sql: postgresSchema().replace('120000', '9990000')
      }
    ])('makes nothing in a database $place, though psql goes on after an error', async ({ refusal, encoding, sql }) => {
      const name = `database_of_${encoding.toLowerCase()}`
      await sessions.sql(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING '${encoding}'`)
      const url = server().url.replace(/postgres$/, name)

      const { stderr } = spawnSync('psql', ['-X', url], { input: sql, encoding: 'utf8' })
      const { rows } = await sessions.newPool({ connectionString: url }).query(`SELECT to_regnamespace('directory')::text AS made`)

      expect(stderr).toContain(refusal)
      expect(rows).toEqual([{ made: null }])
    })

    it('can be made by a role that owns the empty schema, and may make none in the database', async () => {
      await sessions.sql('CREATE ROLE keeper LOGIN; CREATE SCHEMA kept AUTHORIZATION keeper')
      const settings = { connectionString: server().url.replace('postgres@', 'keeper@') }

      await sessions.newPool(settings).query(postgresSchema('kept'))

      await open(sessions.newStore('kept', settings), newGuest(start))
    })

    it('needs a role that may use the schema and the table, not its owner', async () => {
      const schema = await sessions.newSchema()
      await sessions.sql(`CREATE ROLE visitor LOGIN`)
      await sessions.sql(
        `GRANT USAGE ON SCHEMA "${schema}" TO visitor; GRANT SELECT, INSERT, UPDATE, DELETE ON "${schema}".session TO visitor`
      )
      const store = sessions.newStore(schema, { connectionString: server().url.replace('postgres@', 'visitor@') })

      const signIn = await open(store, newSignIn(start, 'jsmith'), { quotas: { sessions: 1, sessionsPerUser: 1 } })

      expect(await store.end([signIn.id], start)).not.toBeNull()
    })
  })

  async function twoStores(settings: PoolConfig = {}, maxGuests = 10_000): Promise<readonly [PostgresSessionStore, PostgresSessionStore]> {
    const schema = await sessions.newSchema()
    const make = () => new PostgresSessionStore({ pool: sessions.newPool(settings), schema, timeoutMilliseconds: patience, maxGuests })
    return [make(), make()]
  }

  async function schemaOf(id: string): Promise<string> {
    const schemas = await sessions.sql(`SELECT schemaname FROM pg_tables WHERE tablename = 'session'`)
    for (const { schemaname } of schemas) {
      const rows = await sessions.sql(`SELECT 1 FROM "${String(schemaname)}".session WHERE id = sha256($1::bytea)`, [Buffer.from(id)])
      if (rows.length > 0) return String(schemaname)
    }
    throw new Error('the session is in no schema')
  }
})

describe('the options of PostgresSessionStore', () => {
  it.each(['', 'a"b', "a'b", 'a.b', 'pg_sessions', 'information_schema', 'x'.repeat(64), 7, null])('refuse the schema %j', (schema) => {
    const make = () => postgresSchema(schema as string)

    expect(make).toThrow(/^schema must be/)
  })

  it.each([undefined, null, {}, 'postgres://user:secret@host/database'])('refuse the pool %j without showing it', (pool) => {
    const make = () => new PostgresSessionStore({ pool: pool as PostgresPool })

    expect(make).toThrow(/^pool must be a Pool of the package pg((?!secret).)*$/)
  })

  it.each([
    { given: 'a Client', make: () => new Client(), cure: 'in place of a Client' },
    { given: 'the class', make: () => Pool, cure: 'new Pool()' },
    { given: 'a promise', make: () => Promise.resolve(new Pool()), cure: 'write await before it' },
    { given: 'settings', make: () => ({ host: 'localhost', password: 'secret' }), cure: 'new Pool()' }
  ])('say what to write in place of $given', ({ make, cure }) => {
    const construct = () => new PostgresSessionStore({ pool: make() as unknown as PostgresPool })

    expect(construct).toThrow(/^pool must be a Pool of the package pg((?!secret).)*$/)
    expect(construct).toThrow(cure)
  })

  it('refuse a pool that has been ended', async () => {
    const pool = new Pool()
    await pool.end()

    const make = () => new PostgresSessionStore({ pool })

    expect(make).toThrow(/that has not been ended/)
  })

  it.each([0, 1.5, -1, Infinity, '1000'])('refuse the timeoutMilliseconds %j', (timeoutMilliseconds) => {
    const make = () => new PostgresSessionStore({ pool: idlePool, timeoutMilliseconds: timeoutMilliseconds as number })

    expect(make).toThrow(/^timeoutMilliseconds must be a whole number/)
  })

  it.each(['maxGuests', 'maxUnconfirmed'])('refuse a %s that is no whole number over 0', (name) => {
    for (const value of [0, 1.5, NaN, '10']) {
      const make = () => new PostgresSessionStore({ pool: idlePool, [name]: value })

      expect(make).toThrow(new RegExp(`^${name} must be a whole number`))
    }
  })

  it.each([-1, 0.5, Infinity, '10'])('refuse the slideAfterSeconds %j', (slideAfterSeconds) => {
    const make = () => new PostgresSessionStore({ pool: idlePool, slideAfterSeconds: slideAfterSeconds as number })

    expect(make).toThrow(/^slideAfterSeconds must be a whole number of seconds/)
  })

  it('become the milliseconds by which a slide may be late', () => {
    const options: readonly { readonly slideAfterSeconds?: number }[] = [{}, { slideAfterSeconds: 0 }, { slideAfterSeconds: 60 }]

    const stores = options.map((each) => new PostgresSessionStore({ pool: idlePool, ...each }))

    expect(stores.map(({ slideMilliseconds }) => slideMilliseconds)).toEqual([10_000, 0, 60_000])
  })
})

const idlePool = {
  totalCount: 0,
  connect: () => Promise.reject(new Error('nobody there')),
  listenerCount: () => 1,
  on: () => undefined
} satisfies PostgresPool & { readonly totalCount: number }

function oneOf<T>(both: readonly [T, T], index: number): T {
  return index % 2 ? both[1] : both[0]
}

async function increment(store: PostgresSessionStore, id: string): Promise<void> {
  for (;;) {
    const record = await store.read(id, start)
    if (!record) throw new Error('the session is gone')
    const { n } = JSON.parse(record.storage) as { n: number }
    if ((await store.update(id, record.version, JSON.stringify({ n: n + 1 }), start)) === 'updated') return
    await turn()
  }
}
