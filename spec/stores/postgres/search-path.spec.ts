import { afterAll, beforeAll, expect, it } from 'vitest'

import { type PostgresSessionStore, postgresSchema } from 'express-4d-directory/postgres'
import { hour, listed, newGuest, newSignIn, openConfirmed, start, tryToOpen } from '../../../lib/testing/store-spec.js'
import { describeWithPostgres } from '../../support/postgres-server.js'
import { PostgresSessions } from '../../support/postgres-sessions.js'

/** CVE-2018-1058: whoever may create objects in a schema of another role's search_path can have that role run them. */
describeWithPostgres('PostgresSessionStore beside a hostile role', (server) => {
  let sessions: PostgresSessions

  beforeAll(async () => {
    sessions = new PostgresSessions(server())
    await sessions.sql('CREATE ROLE app LOGIN; CREATE ROLE hostile LOGIN; GRANT CREATE ON SCHEMA public TO PUBLIC')
  })

  afterAll(async () => {
    await sessions.close()
  })

  /** Makes a function that notes who runs it beside every one of the server's that our SQL could mean. */
  async function shadowEverything(sql: string): Promise<number> {
    const hostile = sessions.newPool({ connectionString: server().url.replace('postgres@', 'hostile@') })
    await hostile.query(`CREATE TABLE public.loot (who text, what text); GRANT ALL ON public.loot TO PUBLIC`)
    const body = (name: string) => `BEGIN INSERT INTO public.loot VALUES (current_user, '${name}'); RETURN NULL; END`
    await hostile.query(`CREATE FUNCTION public.cardinality(bytea[]) RETURNS integer LANGUAGE plpgsql AS $f$ ${body('cardinality')} $f$`)
    const names = [...new Set([...sql.matchAll(/\b(?<name>[a-z_]+)\(/g)].map(({ groups }) => groups?.['name'] ?? ''))]
    const { rows } = await hostile.query<{ name: string; args: string; result: string }>(
      `SELECT proname AS name, pg_get_function_identity_arguments(oid) AS args, pg_get_function_result(oid) AS result FROM pg_proc
       WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f' AND proname = ANY ($1)`,
      [names]
    )
    let made = 1
    for (const { name, args, result } of rows) {
      const text = `CREATE FUNCTION public.${name}(${args}) RETURNS ${result} LANGUAGE plpgsql AS $f$ ${body(name)} $f$`
      // Some take or give types that only the server itself may.
      await hostile.query(text).then(
        () => made++,
        () => undefined
      )
    }
    await hostile.query(`CREATE FUNCTION public.equals(bytea, bytea) RETURNS boolean LANGUAGE plpgsql AS $f$ ${body('=')} $f$`)
    await hostile.query(`CREATE OPERATOR public.= (LEFTARG = bytea, RIGHTARG = bytea, FUNCTION = public.equals)`)
    return made
  }

  async function useEveryVerb(store: PostgresSessionStore): Promise<void> {
    const quotas = { sessions: 5, guestSessions: 3, signedInSessions: 3, sessionsPerUser: 1 }
    const guest = await openConfirmed(store, newGuest(start), { quotas })
    const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'), { quotas, replaces: guest })
    for (let i = 0; i < 4; i++) await tryToOpen(store, newGuest(start + hour / 2 + i), { quotas })
    for (let i = 0; i < 4; i++) await tryToOpen(store, newSignIn(start + hour / 2, `user ${i}`), { quotas })
    await store.update(signIn.id, 0, '{"a":1}', start)
    await store.resume([signIn.id, guest.id], start + hour / 2)
    await store.read(signIn.id, start)
    await listed(store, start, { userID: 'ID of jsmith' })
    await store.count(start + hour)
    await store.endByHandle(signIn.record.handle, start)
    await store.end([guest.id], start)
  }

  it('V search_path: runs nothing of what that role has made, in whatever order the schemas are searched', async () => {
    const sql = postgresSchema('directory')
    const shadows = await shadowEverything(sql)

    await sessions.sql(sql)
    await sessions.sql('GRANT USAGE ON SCHEMA directory TO app; GRANT SELECT, INSERT, UPDATE, DELETE ON directory.session TO app')
    for (const path of ['"$user", public', 'public, pg_catalog']) {
      await sessions.sql(`ALTER ROLE app SET search_path = ${path}`)
      const store = sessions.newStore('directory', { connectionString: server().url.replace('postgres@', 'app@') })
      await useEveryVerb(store)
      await sessions.endPools()
      await sessions.sql('TRUNCATE directory.session')
    }

    expect(shadows).toBeGreaterThan(15)
    expect(await sessions.sql('SELECT DISTINCT who, what FROM public.loot')).toEqual([])
  })

  it('V search_path: fixes the path of every function', async () => {
    const schema = await sessions.newSchema()

    const rows = await sessions.sql(
      `SELECT proname FROM pg_proc WHERE pronamespace = $1::regnamespace AND NOT coalesce(proconfig, '{}') @> '{"search_path=pg_catalog, pg_temp"}'`,
      [schema]
    )

    expect(rows).toEqual([])
  })

  it('keeps the functions that run with the rights of the owner out of reach, but for the counts', async () => {
    const schema = await sessions.newSchema()

    const rows = await sessions.sql(
      `SELECT proname FROM pg_proc WHERE pronamespace = $1::regnamespace AND prosecdef AND has_function_privilege('hostile', oid, 'EXECUTE')`,
      [schema]
    )

    expect(rows).toEqual([{ proname: 'kept_counts_2' }])
  })
})
