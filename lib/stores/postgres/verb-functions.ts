/** The functions behind every verb but `create`. Each begins by asking whether its caller still waits, and each answers with the time. */
export function verbFunctions(schema: string): string {
  return `-- Removes expired sessions, a hundred at most: many are left where nobody has come for long, and the caller waits.
CREATE OR REPLACE FUNCTION ${schema}.collect_expired(moment bigint) RETURNS json
LANGUAGE sql AS $$
  WITH gone AS (
    DELETE FROM ${schema}.session WHERE id = ANY (ARRAY(
      SELECT id FROM ${schema}.session WHERE expires_minute <= moment / 60000 AND expires_at <= moment
      ORDER BY expires_minute LIMIT 100 FOR UPDATE SKIP LOCKED
    )) RETURNING *
  )
  SELECT json_agg(${schema}.as_record(gone::${schema}.session)) FROM gone
$$;

CREATE OR REPLACE FUNCTION ${schema}.resume_sessions(
  clock_named text, not_before double precision, not_after double precision, ids bytea[], moment bigint
) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  found_records json;
  alive integer;
  expired json;
BEGIN
  IF NOT ${schema}.in_time(clock_named, not_before, not_after) THEN
    RETURN ${schema}.late();
  END IF;
  -- A crash of the server may take the last second's slides along, and nothing else: not worth waiting for the disk on each request.
  PERFORM set_config('synchronous_commit', 'off', true);
  -- Several rows are locked in one order everywhere, or two statements could wait for each other.
  IF cardinality(ids) > 1 THEN
    PERFORM 1 FROM ${schema}.session WHERE id = ANY (ids) ORDER BY id FOR UPDATE;
  END IF;
  WITH slid AS (
    UPDATE ${schema}.session SET last_seen_at = greatest(last_seen_at, moment), confirmed = true
    WHERE id = ANY (ids) AND expires_at > moment RETURNING *
  )
  SELECT json_agg(CASE WHEN slid.id IS NOT NULL THEN ${schema}.as_record(slid::${schema}.session) END ORDER BY position), count(slid.id)
  INTO found_records, alive FROM unnest(ids) WITH ORDINALITY AS asked (id, position) LEFT JOIN slid USING (id);
  IF alive < cardinality(ids) THEN
    WITH gone AS (DELETE FROM ${schema}.session WHERE id = ANY (ids) AND expires_at <= moment RETURNING *)
    SELECT json_agg(${schema}.as_record(gone::${schema}.session)) INTO expired FROM gone;
  END IF;
  PERFORM ${schema}.still_in_time(not_after);
  RETURN ${schema}.answer(found_records, NULL, expired);
END
$$;

CREATE OR REPLACE FUNCTION ${schema}.update_session(
  clock_named text, not_before double precision, not_after double precision,
  updated_id bytea, known_version bigint, new_storage text, moment bigint
) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  outcome text;
BEGIN
  IF NOT ${schema}.in_time(clock_named, not_before, not_after) THEN
    RETURN ${schema}.late();
  END IF;
  UPDATE ${schema}.session SET storage = new_storage, version = version + 1
  WHERE id = updated_id AND version = known_version AND expires_at > moment;
  IF FOUND THEN
    outcome := 'updated';
  ELSIF EXISTS (SELECT 1 FROM ${schema}.session WHERE id = updated_id AND expires_at > moment) THEN
    outcome := 'conflict';
  ELSE
    outcome := 'ended';
  END IF;
  PERFORM ${schema}.still_in_time(not_after);
  RETURN ${schema}.answer(to_json(outcome));
END
$$;

CREATE OR REPLACE FUNCTION ${schema}.read_session(
  clock_named text, not_before double precision, not_after double precision, read_id bytea, moment bigint
) RETURNS text
LANGUAGE plpgsql AS $$
BEGIN
  IF NOT ${schema}.in_time(clock_named, not_before, not_after) THEN
    RETURN ${schema}.late();
  END IF;
  RETURN ${schema}.answer((SELECT ${schema}.as_record(kept) FROM ${schema}.session kept WHERE id = read_id AND expires_at > moment));
END
$$;

-- Ends the session of that id, or else of that handle.
CREATE OR REPLACE FUNCTION ${schema}.end_session(
  clock_named text, not_before double precision, not_after double precision, ended_id bytea, ended_handle bytea, moment bigint
) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  gone ${schema}.session;
BEGIN
  IF NOT ${schema}.in_time(clock_named, not_before, not_after) THEN
    RETURN ${schema}.late();
  END IF;
  IF ended_id IS NOT NULL THEN
    DELETE FROM ${schema}.session WHERE id = ended_id RETURNING * INTO gone;
  ELSE
    DELETE FROM ${schema}.session WHERE handle = ended_handle RETURNING * INTO gone;
  END IF;
  PERFORM ${schema}.still_in_time(not_after);
  IF gone.id IS NULL THEN
    RETURN ${schema}.answer(NULL);
  ELSIF gone.expires_at <= moment THEN
    RETURN ${schema}.answer(NULL, NULL, json_build_array(${schema}.as_record(gone)));
  END IF;
  RETURN ${schema}.answer(${schema}.as_record(gone));
END
$$;

-- One page, in the order of ids. after: the last id of the page before.
CREATE OR REPLACE FUNCTION ${schema}.list_sessions(
  clock_named text, not_before double precision, not_after double precision,
  of_user bytea, after bytea, page_size integer, moment bigint
) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  records json;
  last_id text;
BEGIN
  IF NOT ${schema}.in_time(clock_named, not_before, not_after) THEN
    RETURN ${schema}.late();
  END IF;
  WITH page AS (
    SELECT * FROM ${schema}.session kept
    WHERE (of_user IS NULL OR user_id = of_user) AND id > after AND expires_at > moment ORDER BY id LIMIT page_size
  )
  SELECT json_agg(${schema}.as_record(page::${schema}.session) ORDER BY page.id), CASE WHEN count(*) = page_size THEN max(encode(page.id, 'hex')) END
  INTO records, last_id FROM page;
  RETURN ${schema}.answer(json_build_object('records', records, 'last', last_id));
END
$$;

CREATE OR REPLACE FUNCTION ${schema}.count_sessions(
  clock_named text, not_before double precision, not_after double precision, moment bigint
) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  expired json;
  counted json;
BEGIN
  IF NOT ${schema}.in_time(clock_named, not_before, not_after) THEN
    RETURN ${schema}.late();
  END IF;
  expired := ${schema}.collect_expired(moment);
  SELECT json_build_object(
    'signedIn', count(user_id), 'guests', count(*) - count(user_id), 'unconfirmed', json_build_object(
      'signedIn', count(user_id) FILTER (WHERE NOT confirmed), 'guests', count(*) FILTER (WHERE NOT confirmed AND user_id IS NULL)
    )
  )
  INTO counted FROM ${schema}.session WHERE expires_at > moment;
  PERFORM ${schema}.still_in_time(not_after);
  RETURN ${schema}.answer(counted, NULL, expired);
END
$$;
`
}
