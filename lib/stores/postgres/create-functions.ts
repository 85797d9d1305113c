import { mostUnconfirmedPerUser, type RemovedSession, unconfirmedGraceMilliseconds } from '../../sessions/session-store.js'
import { exactBudgetBelow, slackShare } from './budgets.js'
import { callersTime, unlessLate } from './clock-functions.js'
import type { VersionedName } from './sql-names.js'
import { fixedPlans } from './table.js'

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

/** Later than any time. */
const ever = `9223372036854775807`

/**
 * `create` in SQL: who must leave is found and locked first, then they leave and who is new comes, in one statement.
 *
 * Locks, always in this order: the user's (an advisory lock, only where users have a quota, or this one nearly too many unconfirmed sessions), the
 * places' (an advisory lock, only where there is a quota for all, or a small budget), the rows of `replaces` and of the user's surplus
 * sessions in the order of their ids, the rows of those who make room. No other verb takes the advisory locks. Their names are the same
 * in all versions.
 */
export function createFunctions(schema: string, named: VersionedName): string {
  const begin = unlessLate(named)
  const lockPlaces = `PERFORM pg_advisory_xact_lock(hashtextextended('express-4d-directory places ${schema}', 0))`
  const lockUser = `PERFORM pg_advisory_xact_lock(hashtextextended('express-4d-directory user ${schema} ' || encode(new_user, 'hex'), 0))`
  const leaveReplaced = `IF EXISTS (SELECT 1 FROM ${schema}.session WHERE id = replaced_id AND version <> replaced_version AND expires_at > moment) THEN
    RETURN ${named('answer')}('"conflict"');
  END IF;
  leaving := ARRAY(SELECT id FROM ${schema}.session WHERE id = replaced_id AND expires_at > moment);
  IF replaced_must_live AND leaving = '{}' THEN
    RETURN ${named('answer')}('"ended"');
  END IF;
  reasons := array_fill('replaced'::text, ARRAY[cardinality(leaving)]);`
  return `-- Opens as many of these guests as there are places for, the first ones; most often several at once, of one process. Quotas are null where there
-- is no limit. A budget is no quota: it bounds what is kept, and is counted closely where it is small.
CREATE OR REPLACE FUNCTION ${named('create_guests')}(
  ${callersTime},
  new_ids bytea[], new_handles bytea[], new_created_at bigint[], new_idle_milliseconds bigint[], new_ends_at bigint[], new_details json[],
  new_storage text[], replaced_id bytea, replaced_version bigint, replaced_must_live boolean,
  sessions_quota bigint, guest_quota bigint, guest_budget bigint, moment bigint
) RETURNS text
LANGUAGE plpgsql ${fixedPlans} AS $$
DECLARE
  granted bigint := cardinality(new_ids);
  leaving bytea[] := '{}';
  reasons text[] := '{}';
  expired bytea[];
  makes_room bytea[];
  live record;
  guest_places bigint;
  all_places bigint;
  too_many bigint;
  surplus bigint;
  slack bigint := CASE WHEN guest_budget < ${exactBudgetBelow} THEN 0 ELSE guest_budget / ${slackShare} END;
  removed json;
BEGIN
  ${begin}
  IF sessions_quota IS NOT NULL OR guest_quota IS NOT NULL OR slack = 0 THEN
    ${lockPlaces};
  END IF;
  PERFORM ${named('put_times_back')}(NULL, moment);

  IF replaced_id IS NOT NULL THEN
    PERFORM 1 FROM ${schema}.session WHERE id = replaced_id FOR UPDATE;
    ${leaveReplaced}
  END IF;
  expired := ${named('lock_expired')}(moment);

  IF sessions_quota IS NOT NULL OR guest_quota IS NOT NULL THEN
    live := ${named('live_counts')}(leaving, moment);
    guest_places := CASE WHEN guest_quota IS NOT NULL THEN greatest(guest_quota - live.guests, 0) END;
    all_places := CASE WHEN sessions_quota IS NOT NULL THEN greatest(sessions_quota - live.guests - live.sign_ins, 0) END;
    -- least() passes over nulls.
    too_many := granted - least(guest_places, all_places);
    IF too_many > 0 THEN
      makes_room := ${named('unconfirmed_guests')}(false, moment - ${unconfirmedGraceMilliseconds}, leaving, too_many, true, moment);
      makes_room := makes_room
        || ${named('unconfirmed_guests')}(true, moment - ${unconfirmedGraceMilliseconds}, leaving, too_many - cardinality(makes_room), true, moment);
      granted := least(granted, guest_places + cardinality(makes_room));
      too_many := granted - least(guest_places, all_places);
      makes_room := makes_room
        || ${named('unconfirmed_sign_ins')}(moment - ${unconfirmedGraceMilliseconds}, leaving, too_many - cardinality(makes_room), true, moment);
      granted := least(granted, all_places + cardinality(makes_room));
      makes_room := makes_room[:granted - least(guest_places, all_places)];
      ${letGo('makes_room', 'reclaimed')}
    END IF;
    IF granted = 0 THEN
      -- Nothing changes, but that what has expired is gone.
      removed := ${named('remove_sessions')}(expired, '{}');
      PERFORM ${named('still_in_time')}(not_after);
      RETURN ${named('answer')}('0', removed);
    END IF;
  END IF;

  live := ${named('kept_counts')}();
  IF live.guests + granted > guest_budget THEN
    -- Only now it matters who is leaving or has expired.
    live := ${named('live_counts')}(leaving, moment);
    -- Where the budget has been lowered since, many leave at once, but not so many that the caller would wait too long.
    surplus := least(live.guests + granted - guest_budget, 200);
    makes_room := ${named('unconfirmed_guests')}(false, ${ever}, leaving, surplus, false, moment);
    makes_room := makes_room || ${named('unconfirmed_guests')}(true, ${ever}, leaving, surplus - cardinality(makes_room), false, moment);
    -- Some too many may stay for the moment: those that are just coming will be unconfirmed, and who came back is to stay before them.
    makes_room := makes_room || ${named('confirmed_guests')}(leaving, surplus - cardinality(makes_room) - slack, false, moment);
    ${letGo('makes_room', 'evicted')}
  END IF;

  removed := ${named('remove_sessions')}(leaving || expired, reasons);
  INSERT INTO ${schema}.session (id, handle, created_at, last_seen_at, idle_milliseconds, ends_at, details, storage)
  SELECT fresh.id, fresh.handle, fresh.created_at, fresh.created_at, fresh.idle_milliseconds, fresh.ends_at, fresh.details, fresh.storage
  FROM unnest(new_ids, new_handles, new_created_at, new_idle_milliseconds, new_ends_at, new_details, new_storage)
    WITH ORDINALITY AS fresh (id, handle, created_at, idle_milliseconds, ends_at, details, storage, position)
  WHERE fresh.position <= granted;
  PERFORM ${named('still_in_time')}(not_after);
  RETURN ${named('answer')}(to_json(granted), removed);
END
$$;

-- Opens a session for a user.
CREATE OR REPLACE FUNCTION ${named('create_sign_in')}(
  ${callersTime},
  new_id bytea, new_handle bytea, new_user bytea, new_created_at bigint, new_authenticated_at bigint,
  new_idle_milliseconds bigint, new_ends_at bigint, new_details json, new_storage text,
  replaced_id bytea, replaced_version bigint, replaced_must_live boolean,
  sessions_quota bigint, sign_in_quota bigint, user_quota bigint, end_oldest boolean, unconfirmed_budget bigint, moment bigint
) RETURNS text
LANGUAGE plpgsql ${fixedPlans} AS $$
DECLARE
  leaving bytea[] := '{}';
  reasons text[] := '{}';
  expired bytea[];
  surplus_of_user bytea[] := '{}';
  unconfirmed_of_user bigint;
  makes_room bytea[];
  live record;
  refusal text;
  removed json;
BEGIN
  ${begin}
  IF user_quota IS NOT NULL
    OR (
      SELECT count(*) FROM (
        SELECT 1 FROM ${schema}.session WHERE user_id = new_user AND NOT confirmed LIMIT ${mostUnconfirmedPerUser}
      ) unconfirmed
    ) >= ${mostUnconfirmedPerUser * 0.9}
  THEN
    ${lockUser};
  END IF;
  IF sessions_quota IS NOT NULL OR sign_in_quota IS NOT NULL OR unconfirmed_budget < ${exactBudgetBelow} THEN
    ${lockPlaces};
  END IF;
  PERFORM ${named('put_times_back')}(NULL, moment);

  IF user_quota IS NOT NULL THEN
    -- One too many as a rule, and more where the quota has been lowered since.
    SELECT (array_agg(id ORDER BY authenticated_at, created_at))[:count(*) - user_quota + 1] INTO surplus_of_user
    FROM ${schema}.session WHERE user_id = new_user AND expires_at > moment AND id IS DISTINCT FROM replaced_id;
    surplus_of_user := coalesce(surplus_of_user, '{}');
  END IF;
  PERFORM 1 FROM ${schema}.session WHERE id = replaced_id OR id = ANY (surplus_of_user) ORDER BY id FOR UPDATE;
  ${leaveReplaced}
  ${letGo('surplus_of_user', 'user-full')}
  IF cardinality(surplus_of_user) > 0 AND NOT end_oldest THEN
    refusal := 'user-full';
  END IF;
  expired := ${named('lock_expired')}(moment);

  IF refusal IS NULL AND sign_in_quota IS NOT NULL THEN
    live := ${named('live_counts')}(leaving, moment);
    IF live.sign_ins >= sign_in_quota THEN
      makes_room := ${named('unconfirmed_sign_ins')}(moment - ${unconfirmedGraceMilliseconds}, leaving, 1, true, moment);
      ${reclaimOrRefuse}
    END IF;
  END IF;

  IF refusal IS NULL AND sessions_quota IS NOT NULL THEN
    live := ${named('live_counts')}(leaving, moment);
    IF live.guests + live.sign_ins >= sessions_quota THEN
      -- The oldest of all that is forgotten.
      makes_room := ${named('unconfirmed_guests')}(false, moment - ${unconfirmedGraceMilliseconds}, leaving, 1, true, moment)
        || ${named('unconfirmed_guests')}(true, moment - ${unconfirmedGraceMilliseconds}, leaving, 1, true, moment)
        || ${named('unconfirmed_sign_ins')}(moment - ${unconfirmedGraceMilliseconds}, leaving, 1, true, moment);
      makes_room := ARRAY(SELECT id FROM ${schema}.session WHERE id = ANY (makes_room) ORDER BY created_at LIMIT 1);
      IF makes_room = '{}' THEN
        -- The guest that has been idle longest.
        makes_room := ${named('unconfirmed_guests')}(false, ${ever}, leaving, 1, true, moment)
          || ${named('unconfirmed_guests')}(true, ${ever}, leaving, 1, true, moment)
          || ${named('confirmed_guests')}(leaving, 1, true, moment);
        makes_room := ARRAY(SELECT id FROM ${schema}.session WHERE id = ANY (makes_room) ORDER BY last_seen_at, created_at LIMIT 1);
      END IF;
      ${reclaimOrRefuse}
    END IF;
  END IF;

  IF refusal IS NOT NULL THEN
    -- Nothing changes, but that what has expired is gone.
    removed := ${named('remove_sessions')}(expired, '{}');
    PERFORM ${named('still_in_time')}(not_after);
    RETURN ${named('answer')}(to_json(refusal), removed);
  END IF;

  -- Cookies that never came back: this user's, oldest first, then everybody's.
  SELECT count(*) INTO unconfirmed_of_user FROM ${schema}.session
  WHERE user_id = new_user AND NOT confirmed AND expires_at > moment AND NOT id = ANY (leaving);
  makes_room := ARRAY(
    SELECT id FROM ${schema}.session
    WHERE user_id = new_user AND NOT confirmed AND expires_at > moment AND NOT id = ANY (leaving)
    ORDER BY created_at LIMIT greatest(unconfirmed_of_user + 1 - ${mostUnconfirmedPerUser}, 0) FOR UPDATE SKIP LOCKED
  );
  ${letGo('makes_room', 'evicted')}
  live := ${named('kept_counts')}();
  IF live.unconfirmed_sign_ins >= unconfirmed_budget THEN
    live := ${named('live_counts')}(leaving, moment);
    makes_room := ${named('unconfirmed_sign_ins')}(
      ${ever}, leaving, least(live.unconfirmed_sign_ins + 1 - unconfirmed_budget, 10), false, moment
    );
    ${letGo('makes_room', 'evicted')}
  END IF;

  removed := ${named('remove_sessions')}(leaving || expired, reasons);
  INSERT INTO ${schema}.session (
    id, handle, user_id, created_at, authenticated_at, last_seen_at, idle_milliseconds, ends_at, details, storage
  ) VALUES (
    new_id, new_handle, new_user, new_created_at, new_authenticated_at, new_created_at, new_idle_milliseconds, new_ends_at, new_details, new_storage
  );
  PERFORM ${named('still_in_time')}(not_after);
  RETURN ${named('answer')}('"created"', removed);
END
$$;
`
}
