import { fixedPlans } from './table.js'
import type { VersionedName } from './sql-names.js'

interface RoomMaker {
  readonly name: string
  readonly comment: string
  readonly parameters: string
  readonly condition: string
  readonly order: string
}

const roomMakers: readonly RoomMaker[] = [
  {
    name: 'unconfirmed_guests',
    comment: 'Guests that were created before that moment and whose cookie has not come back, oldest first.',
    parameters: 'stored boolean, created_before bigint',
    condition: 'user_id IS NULL AND NOT confirmed AND has_storage = stored AND created_at < created_before',
    order: 'created_at'
  },
  {
    name: 'unconfirmed_sign_ins',
    comment: 'The same for sign-ins.',
    parameters: 'created_before bigint',
    condition: 'user_id IS NOT NULL AND NOT confirmed AND created_at < created_before',
    order: 'created_at'
  },
  {
    name: 'confirmed_guests',
    comment: 'Guests whose cookie has come back, idle longest first.',
    parameters: '',
    condition: 'user_id IS NULL AND confirmed',
    order: 'seen_minute, last_seen_at, created_at'
  }
]

/** Who makes room: each finds so many live sessions by an index, and locks them. */
export function roomFunctions(schema: string, named: VersionedName): string {
  return roomMakers.map((maker) => roomFunction(schema, named, maker)).join('\n')
}

function roomFunction(schema: string, named: VersionedName, { name, comment, parameters, condition, order }: RoomMaker): string {
  const candidates = `SELECT id FROM ${schema}.session
      WHERE ${condition} AND expires_at > moment AND NOT id = ANY (leaving)
      ORDER BY ${order}`
  return `-- ${comment} So many, and locked. Those that others hold are left to them, unless there are no more, and it is worth waiting.
CREATE OR REPLACE FUNCTION ${named(name)}(${parameters && `${parameters}, `}leaving bytea[], wanted bigint, waits boolean, moment bigint) RETURNS bytea[]
LANGUAGE plpgsql ${fixedPlans} AS $$
DECLARE
  found_ids bytea[];
  held bytea;
BEGIN
  LOOP
    found_ids := ARRAY(
      ${candidates} LIMIT greatest(wanted, 0) FOR UPDATE SKIP LOCKED
    );
    EXIT WHEN wanted <= 0 OR found_ids <> '{}' OR NOT waits;
    held := (
      ${candidates} LIMIT 1
    );
    EXIT WHEN held IS NULL;
    PERFORM 1 FROM ${schema}.session WHERE id = held FOR UPDATE;
  END LOOP;
  RETURN found_ids;
END
$$;
`
}
