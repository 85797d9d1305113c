import { unconfirmedGraceMilliseconds } from '../../sessions/session-store.js'

/**
 * `create` in SQL: who must leave is found and locked first, then they leave and the new session comes, in one statement.
 *
 * Locks, always in this order: the user's (an advisory lock, only where users have a quota), the places' (an advisory lock, only where
 * something is counted: guests, or a quota for all sessions), the rows of `replaces` and of the user's surplus sessions in the order of
 * their ids, the rows of those who make room. `resume` takes none of the advisory locks.
 */
export function createFunction(schema: string): string {
  return `-- The session that makes room: the oldest whose cookie has not come back within the grace. Locked; null where there is none.
CREATE OR REPLACE FUNCTION ${schema}.oldest_unconfirmed(guests_only boolean, leaving bytea[], moment bigint) RETURNS bytea
LANGUAGE plpgsql AS $$
DECLARE
  oldest bytea;
BEGIN
  LOOP
    SELECT id INTO oldest FROM ${schema}.session
    WHERE NOT confirmed AND created_at < moment - ${unconfirmedGraceMilliseconds} AND expires_at > moment
      AND NOT id = ANY (leaving) AND (user_id IS NULL OR NOT guests_only)
    ORDER BY created_at LIMIT 1;
    EXIT WHEN oldest IS NULL;
    -- It may be confirmed this very moment, and is then not the one any more.
    PERFORM 1 FROM ${schema}.session WHERE id = oldest AND NOT confirmed FOR UPDATE;
    EXIT WHEN FOUND;
  END LOOP;
  RETURN oldest;
END
$$;

CREATE OR REPLACE FUNCTION ${schema}.guest_idle_longest(leaving bytea[], moment bigint) RETURNS bytea
LANGUAGE plpgsql AS $$
DECLARE
  idle ${schema}.session;
BEGIN
  LOOP
    SELECT * INTO idle FROM ${schema}.session
    WHERE user_id IS NULL AND expires_at > moment AND NOT id = ANY (leaving) ORDER BY last_seen_at, created_at LIMIT 1;
    EXIT WHEN idle.id IS NULL;
    PERFORM 1 FROM ${schema}.session WHERE id = idle.id AND last_seen_at = idle.last_seen_at FOR UPDATE;
    EXIT WHEN FOUND;
  END LOOP;
  RETURN idle.id;
END
$$;

CREATE OR REPLACE FUNCTION ${schema}.count_guests(leaving bytea[], moment bigint) RETURNS bigint
LANGUAGE sql AS $$
  SELECT count(*) FROM ${schema}.session WHERE user_id IS NULL AND expires_at > moment AND NOT id = ANY (leaving)
$$;

-- Quotas are null where there is no limit.
CREATE OR REPLACE FUNCTION ${schema}.create_session(
  clock_named text, not_before double precision, not_after double precision,
  new_id bytea, new_handle bytea, new_user bytea, new_created_at bigint, new_authenticated_at bigint,
  new_idle_milliseconds bigint, new_ends_at bigint, new_details json, new_storage text,
  replaced_id bytea, replaced_version bigint,
  sessions_quota bigint, guest_sessions_quota bigint, user_quota bigint, end_oldest boolean, guest_budget bigint,
  moment bigint
) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  leaving bytea[] := '{}';
  reasons text[] := '{}';
  expired json;
  removed json;
  sessions_of_user bigint := 0;
  surplus_of_user bytea[] := '{}';
  replaced ${schema}.session;
  makes_room bytea;
  taken bigint;
BEGIN
  IF NOT ${schema}.in_time(clock_named, not_before, not_after) THEN
    RETURN ${schema}.late();
  END IF;
  IF new_user IS NOT NULL AND user_quota IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('express-4d-directory user ${schema} ' || encode(new_user, 'hex'), 0));
  END IF;
  IF new_user IS NULL OR sessions_quota IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('express-4d-directory places ${schema}', 0));
  END IF;
  expired := ${schema}.collect_expired(moment);

  IF new_user IS NOT NULL AND user_quota IS NOT NULL THEN
    -- One too many as a rule, and more where the quota has been lowered since.
    SELECT count(*), coalesce((array_agg(id ORDER BY authenticated_at, created_at))[:count(*) - user_quota + 1], '{}')
    INTO sessions_of_user, surplus_of_user
    FROM ${schema}.session WHERE user_id = new_user AND expires_at > moment AND id IS DISTINCT FROM replaced_id;
  END IF;
  PERFORM 1 FROM ${schema}.session WHERE id = replaced_id OR id = ANY (surplus_of_user) ORDER BY id FOR UPDATE;

  SELECT * INTO replaced FROM ${schema}.session WHERE id = replaced_id AND expires_at > moment;
  IF replaced.version <> replaced_version THEN
    RETURN ${schema}.answer('"conflict"', NULL, expired);
  END IF;
  IF replaced.id IS NOT NULL THEN
    leaving := leaving || replaced.id;
    reasons := reasons || 'replaced'::text;
  END IF;

  IF sessions_of_user >= user_quota THEN
    IF NOT end_oldest THEN
      RETURN ${schema}.answer('"user-full"', NULL, expired);
    END IF;
    leaving := leaving || surplus_of_user;
    reasons := reasons || array_fill('user-full'::text, ARRAY[cardinality(surplus_of_user)]);
  END IF;

  IF new_user IS NULL AND guest_sessions_quota IS NOT NULL AND ${schema}.count_guests(leaving, moment) >= guest_sessions_quota THEN
    makes_room := ${schema}.oldest_unconfirmed(true, leaving, moment);
    IF makes_room IS NULL THEN
      RETURN ${schema}.answer('"full"', NULL, expired);
    END IF;
    leaving := leaving || makes_room;
    reasons := reasons || 'reclaimed'::text;
  END IF;

  IF sessions_quota IS NOT NULL THEN
    SELECT count(*) INTO taken FROM ${schema}.session WHERE expires_at > moment AND NOT id = ANY (leaving);
    IF taken >= sessions_quota THEN
      IF new_user IS NULL THEN
        makes_room := coalesce(${schema}.oldest_unconfirmed(true, leaving, moment), ${schema}.oldest_unconfirmed(false, leaving, moment));
      ELSE
        makes_room := coalesce(${schema}.oldest_unconfirmed(false, leaving, moment), ${schema}.guest_idle_longest(leaving, moment));
      END IF;
      IF makes_room IS NULL THEN
        RETURN ${schema}.answer('"full"', NULL, expired);
      END IF;
      leaving := leaving || makes_room;
      reasons := reasons || 'reclaimed'::text;
    END IF;
  END IF;

  -- Where the budget has been lowered since, several leave at once, but not so many that the caller would wait too long.
  IF new_user IS NULL THEN
    FOR surplus IN 0 .. least(${schema}.count_guests(leaving, moment) - guest_budget, 9) LOOP
      makes_room := ${schema}.guest_idle_longest(leaving, moment);
      EXIT WHEN makes_room IS NULL;
      leaving := leaving || makes_room;
      reasons := reasons || 'evicted'::text;
    END LOOP;
  END IF;

  WITH gone AS (DELETE FROM ${schema}.session WHERE id = ANY (leaving) RETURNING *)
  SELECT json_agg(
    json_build_object('reason', reasons[array_position(leaving, gone.id)], 'record', ${schema}.as_record(gone::${schema}.session))
    ORDER BY array_position(leaving, gone.id)
  ) INTO removed FROM gone;
  INSERT INTO ${schema}.session (
    id, handle, user_id, created_at, authenticated_at, last_seen_at, idle_milliseconds, ends_at, details, storage
  ) VALUES (
    new_id, new_handle, new_user, new_created_at, new_authenticated_at, new_created_at, new_idle_milliseconds, new_ends_at, new_details, new_storage
  );
  PERFORM ${schema}.still_in_time(not_after);
  RETURN ${schema}.answer('"created"', removed, expired);
END
$$;
`
}
