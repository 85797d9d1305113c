import { mostUnconfirmedPerUser, type RemovedSession, unconfirmedGraceMilliseconds } from '../../sessions/session-store.js'
import { beginsInTime } from './clock-functions.js'
import { exactBudgetBelow } from './new-session.js'
import { begins, type VersionedName } from './sql.js'

/** One part in so many of a larger budget: by that many guests it may be passed while they come. */
const slackShare = 40

/** Later than any time. */
const ever = `9223372036854775807`

/** Unconfirmed sessions that were created before may be reclaimed. */
const graceBegan = `moment - ${unconfirmedGraceMilliseconds}`

/** These make room, for that reason. */
function letGo(ids: 'makes_room' | 'surplus_of_user', reason: RemovedSession['reason']): string {
  return `leaving := leaving || ${ids};
    reasons := reasons || array_fill('${reason}'::text, ARRAY[cardinality(${ids})]);`
}

/** Whoever makes room goes, or the sign-in is refused where nobody does. */
const reclaimOrRefuse = `IF makes_room = '{}' THEN
          refusal := 'full';
        END IF;
        ${letGo('makes_room', 'reclaimed')}`

const parameters = [
  'new_ids bytea[], new_handles bytea[], new_user bytea, new_created_at bigint[], new_authenticated_at bigint, new_idle_milliseconds bigint[]',
  'new_ends_at bigint[], new_details json[], new_storage text[], replaced_id bytea, replaced_version bigint, replaced_must_live boolean',
  'sessions_quota bigint, quota_of_kind bigint, user_quota bigint, end_oldest boolean, budget bigint'
]

const declared = `granted bigint := cardinality(new_ids);
  refusal text;
  leaving bytea[] := '{}';
  reasons text[] := '{}';
  surplus_of_user bytea[] := '{}';
  makes_room bytea[] := '{}';
  expired bytea[];
  live record;
  guest_places bigint;
  all_places bigint;
  too_many bigint;
  slack bigint := CASE WHEN budget < ${exactBudgetBelow} THEN 0 ELSE budget / ${slackShare} END;
  removed json;`

/**
 * `create` in SQL: who must leave is found and locked first, then they leave and who is new comes, in one statement.
 *
 * Locks, always in this order: the user's (an advisory lock, only where users have a quota, or this one nearly too many unconfirmed sessions), the
 * places' (an advisory lock, only where there is a quota for all, or a small budget), the rows of `replaces` and of the user's surplus
 * sessions in the order of their ids, the rows of those who make room. No other verb takes the advisory locks. Their names are the same
 * in all versions.
 */
export function createFunctions(schema: string, named: VersionedName): string {
  const lock = (name: string) => `PERFORM pg_advisory_xact_lock(hashtextextended('express-4d-directory ${name}, 0))`
  const unconfirmedGuests = (hasStored: boolean, before: string, wanted: string | number, waits: boolean) =>
    `${named('unconfirmed_guests')}(${hasStored}, ${before}, leaving, ${wanted}, ${waits}, moment)`
  const unconfirmedSignIns = (before: string, wanted: string | number, waits: boolean) =>
    `${named('unconfirmed_sign_ins')}(${before}, leaving, ${wanted}, ${waits}, moment)`
  return `${roomFunctions(schema, named)}
-- Opens sessions: one for a user or, where new_user is null, as many of these guests as there are places for, the first ones; most often several at
-- once, of one process. Quotas are null where there is no limit. A budget is no quota: it bounds what is kept, and is counted closely where it is small.
${beginsInTime(named, 'create_sessions', parameters, declared)}
  IF new_user IS NOT NULL AND (
    user_quota IS NOT NULL
    OR (
      SELECT count(*) FROM (
        SELECT 1 FROM ${schema}.session WHERE user_id = new_user AND NOT confirmed LIMIT ${mostUnconfirmedPerUser}
      ) unconfirmed
    ) >= ${mostUnconfirmedPerUser * 0.9}
  ) THEN
    ${lock(`user ${schema} ' || encode(new_user, 'hex')`)};
  END IF;
  IF sessions_quota IS NOT NULL OR quota_of_kind IS NOT NULL OR budget < ${exactBudgetBelow} THEN
    ${lock(`places ${schema}'`)};
  END IF;
  PERFORM ${named('put_times_back')}(NULL, moment);

  IF user_quota IS NOT NULL THEN
    -- One too many as a rule, and more where the quota has been lowered since.
    SELECT coalesce((array_agg(id ORDER BY authenticated_at, created_at))[:count(*) - user_quota + 1], '{}') INTO surplus_of_user
    FROM ${schema}.session WHERE user_id = new_user AND expires_at > moment AND id IS DISTINCT FROM replaced_id;
  END IF;
  IF replaced_id IS NOT NULL OR surplus_of_user <> '{}' THEN
    PERFORM 1 FROM ${schema}.session WHERE id = replaced_id OR id = ANY (surplus_of_user) ORDER BY id FOR UPDATE;
    leaving := ARRAY(SELECT id FROM ${schema}.session WHERE id = replaced_id AND expires_at > moment);
    reasons := array_fill('replaced'::text, ARRAY[cardinality(leaving)]);
    refusal := CASE
      WHEN EXISTS (SELECT 1 FROM ${schema}.session WHERE id = ANY (leaving) AND version <> replaced_version) THEN 'conflict'
      WHEN replaced_must_live AND leaving = '{}' THEN 'ended'
      WHEN surplus_of_user <> '{}' AND NOT end_oldest THEN 'user-full'
    END;
    ${letGo('surplus_of_user', 'user-full')}
  END IF;
  expired := ${named('lock_expired')}(moment);

  IF refusal IS NULL AND (sessions_quota IS NOT NULL OR quota_of_kind IS NOT NULL) THEN
    live := ${named('live_counts')}(leaving, moment);
    IF new_user IS NULL THEN
      guest_places := CASE WHEN quota_of_kind IS NOT NULL THEN greatest(quota_of_kind - live.guests, 0) END;
      all_places := CASE WHEN sessions_quota IS NOT NULL THEN greatest(sessions_quota - live.guests - live.sign_ins, 0) END;
      -- least() passes over nulls.
      too_many := granted - least(guest_places, all_places);
      IF too_many > 0 THEN
        makes_room := ${unconfirmedGuests(false, graceBegan, 'too_many', true)};
        makes_room := makes_room || ${unconfirmedGuests(true, graceBegan, 'too_many - cardinality(makes_room)', true)};
        granted := least(granted, guest_places + cardinality(makes_room));
        too_many := granted - least(guest_places, all_places);
        makes_room := makes_room || ${unconfirmedSignIns(graceBegan, 'too_many - cardinality(makes_room)', true)};
        granted := least(granted, all_places + cardinality(makes_room));
        makes_room := makes_room[:granted - least(guest_places, all_places)];
        ${letGo('makes_room', 'reclaimed')}
        refusal := CASE granted WHEN 0 THEN 'full' END;
      END IF;
    ELSE
      IF live.sign_ins >= quota_of_kind THEN
        makes_room := ${unconfirmedSignIns(graceBegan, 1, true)};
        ${reclaimOrRefuse}
      END IF;
      IF refusal IS NULL AND live.guests + live.sign_ins - cardinality(makes_room) >= sessions_quota THEN
        -- The oldest of all that is forgotten.
        makes_room := ${unconfirmedGuests(false, graceBegan, 1, true)} || ${unconfirmedGuests(true, graceBegan, 1, true)}
          || ${unconfirmedSignIns(graceBegan, 1, true)};
        makes_room := ARRAY(SELECT id FROM ${schema}.session WHERE id = ANY (makes_room) ORDER BY created_at LIMIT 1);
        IF makes_room = '{}' THEN
          -- The guest that has been idle longest.
          makes_room := ${unconfirmedGuests(false, ever, 1, true)} || ${unconfirmedGuests(true, ever, 1, true)}
            || ${named('confirmed_guests')}(leaving, 1, true, moment);
          makes_room := ARRAY(SELECT id FROM ${schema}.session WHERE id = ANY (makes_room) ORDER BY last_seen_at, created_at LIMIT 1);
        END IF;
        ${reclaimOrRefuse}
      END IF;
    END IF;
  END IF;

  IF refusal IS NOT NULL THEN
    -- Nothing changes, but that what has expired is gone.
    removed := ${named('remove_sessions')}(expired, '{}');
    RETURN ${named('answer')}(not_after, json_build_object('opened', 0, 'refusal', refusal), removed);
  END IF;

  IF new_user IS NOT NULL THEN
    -- Cookies that never came back: this user's, oldest first, then everybody's.
    makes_room := ARRAY(
      SELECT id FROM ${schema}.session WHERE NOT confirmed AND id = ANY (ARRAY(
        SELECT id FROM ${schema}.session WHERE user_id = new_user AND NOT confirmed AND expires_at > moment AND NOT id = ANY (leaving)
        ORDER BY created_at DESC OFFSET ${mostUnconfirmedPerUser - 1}
      )) FOR UPDATE SKIP LOCKED
    );
    ${letGo('makes_room', 'evicted')}
  END IF;
  live := ${named('kept_counts')}();
  IF granted + (CASE WHEN new_user IS NULL THEN live.guests ELSE live.unconfirmed_sign_ins END) > budget THEN
    -- Only now it matters who is leaving or has expired.
    live := ${named('live_counts')}(leaving, moment);
    -- Where the budget has been lowered since, many leave at once, but not so many that the caller would wait too long.
    IF new_user IS NULL THEN
      too_many := least(live.guests + granted - budget, 200);
      makes_room := ${unconfirmedGuests(false, ever, 'too_many', false)};
      makes_room := makes_room || ${unconfirmedGuests(true, ever, 'too_many - cardinality(makes_room)', false)};
      -- Some too many may stay for the moment: those that are just coming will be unconfirmed, and who came back is to stay before them.
      makes_room := makes_room || ${named('confirmed_guests')}(leaving, too_many - cardinality(makes_room) - slack, false, moment);
    ELSE
      makes_room := ${unconfirmedSignIns(ever, 'least(live.unconfirmed_sign_ins + 1 - budget, 10)', false)};
    END IF;
    ${letGo('makes_room', 'evicted')}
  END IF;

  removed := ${named('remove_sessions')}(leaving || expired, reasons);
  INSERT INTO ${schema}.session (
    id, handle, user_id, created_at, authenticated_at, last_seen_at, idle_milliseconds, ends_at, details, storage
  )
  SELECT id, handle, new_user, created_at, new_authenticated_at, created_at, idle_milliseconds, ends_at, details, storage
  FROM unnest(new_ids, new_handles, new_created_at, new_idle_milliseconds, new_ends_at, new_details, new_storage)
    WITH ORDINALITY AS fresh (id, handle, created_at, idle_milliseconds, ends_at, details, storage, place)
  WHERE place <= granted;
  RETURN ${named('answer')}(not_after, json_build_object('opened', granted, 'refusal', 'full'), removed);
END
$$;
`
}

/** Who makes room: each finds so many live sessions by an index, and locks them. */
function roomFunctions(schema: string, named: VersionedName): string {
  function roomFunction(name: string, parameters: string, condition: string, order: string): string {
    const candidates = `SELECT id FROM ${schema}.session
      WHERE ${condition} AND expires_at > moment AND NOT id = ANY (leaving)
      ORDER BY ${order}`
    const signature = `${named(name)}(${parameters}leaving bytea[], wanted bigint, waits boolean, moment bigint) RETURNS bytea[]`
    return `${begins(signature, 'found_ids bytea[]; held bytea;')}
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
  const unconfirmed = 'NOT confirmed AND created_at < created_before'
  return `-- Who makes room: so many, and locked. Those that others hold are left to them, unless there are no more, and it is worth waiting.
-- Guests that were created before that moment and whose cookie has not come back, oldest first.
${roomFunction('unconfirmed_guests', 'stored boolean, created_before bigint, ', `user_id IS NULL AND has_storage = stored AND ${unconfirmed}`, 'created_at')}
-- The same for sign-ins.
${roomFunction('unconfirmed_sign_ins', 'created_before bigint, ', `user_id IS NOT NULL AND ${unconfirmed}`, 'created_at')}
-- Guests whose cookie has come back, idle longest first.
${roomFunction('confirmed_guests', '', 'user_id IS NULL AND confirmed', 'seen_minute, last_seen_at, created_at')}`
}
