import { begins, fixedPath } from './sql.js'

/**
 * The tables, indexes and triggers, shared by all versions of the functions. A later version may add columns that have a default, and indexes, each where it
 * is missing, so that running the SQL again takes no lock; what is here stays as it is.
 */
export function tableStatements(schema: string): string {
  const count = `${schema}.session_count`
  return `${countingFunctions(schema, count)}
DO $$
BEGIN
  IF pg_catalog.to_regclass('${schema}.session') IS NOT NULL THEN
    RETURN;
  END IF;

  -- The sessions. Times are milliseconds since 1970 on the clocks of the processes that serve requests.
  CREATE TABLE ${schema}.session (
    -- SHA-256 of the id in the cookie: whoever reads this table cannot take a session over.
    id bytea PRIMARY KEY,
    -- SHA-256 (of UTF-16) of what names the session in listings, and of the user's ID (null: a guest): both may be any string.
    handle bytea NOT NULL UNIQUE,
    user_id bytea,
    created_at bigint NOT NULL,
    authenticated_at bigint,
    -- The last slide that was written.
    last_seen_at bigint NOT NULL,
    idle_milliseconds bigint NOT NULL,
    ends_at bigint NOT NULL,
    expires_at bigint NOT NULL GENERATED ALWAYS AS (least(last_seen_at + idle_milliseconds, ends_at)) STORED,
    -- For indexes, in minutes, so that most requests change nothing that is indexed (a heap-only update).
    expires_minute bigint NOT NULL GENERATED ALWAYS AS (least(last_seen_at + idle_milliseconds, ends_at) / 60000) STORED,
    seen_minute bigint NOT NULL GENERATED ALWAYS AS (last_seen_at / 60000) STORED,
    -- Whether the cookie has come back at least once.
    confirmed boolean NOT NULL DEFAULT false,
    version bigint NOT NULL DEFAULT 0,
    -- Handle, user, rememberMe, ip and userAgent. json and text, not jsonb: what clients sent may hold NUL, and what was stored comes back to the letter.
    details json NOT NULL,
    storage text NOT NULL,
    has_storage boolean NOT NULL GENERATED ALWAYS AS (storage <> '{}') STORED
  ) WITH (fillfactor = 70);

  -- A user's sessions, to list them and to hold a quota for each user.
  CREATE INDEX session_of_user ON ${schema}.session (user_id, id) WHERE user_id IS NOT NULL;
  -- What has expired, to remove it.
  CREATE INDEX session_expiry ON ${schema}.session (expires_minute);
  -- What a clock that ran ahead has written, to put its times back.
  CREATE INDEX session_seen ON ${schema}.session (seen_minute);
  -- Who makes room, in their order: guests whose cookie never came back, those that stored nothing first; guests that came back; unconfirmed sign-ins.
  CREATE INDEX session_guest_unconfirmed ON ${schema}.session (has_storage, created_at) WHERE user_id IS NULL AND NOT confirmed;
  CREATE INDEX session_guest_confirmed ON ${schema}.session (seen_minute) WHERE user_id IS NULL AND confirmed;
  CREATE INDEX session_sign_in_unconfirmed ON ${schema}.session (created_at) WHERE user_id IS NOT NULL AND NOT confirmed;
  CREATE INDEX session_unconfirmed_of_user ON ${schema}.session (user_id, created_at) WHERE user_id IS NOT NULL AND NOT confirmed;

  -- How many rows there are of each kind, so that nobody has to count them: the sums over all shards. Several shards, chosen by connection, so that
  -- transactions side by side seldom wait for each other.
  CREATE TABLE ${count} (
    shard integer PRIMARY KEY,
    guests bigint NOT NULL DEFAULT 0,
    unconfirmed_guests bigint NOT NULL DEFAULT 0,
    sign_ins bigint NOT NULL DEFAULT 0,
    unconfirmed_sign_ins bigint NOT NULL DEFAULT 0
  ) WITH (fillfactor = 10);
  INSERT INTO ${count} (shard) SELECT pg_catalog.generate_series(0, ${shards - 1});

  CREATE TRIGGER session_added AFTER INSERT ON ${schema}.session
    REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.count_moved();
  CREATE TRIGGER session_removed AFTER DELETE ON ${schema}.session
    REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.count_moved();
  CREATE TRIGGER session_confirmed AFTER UPDATE OF confirmed ON ${schema}.session
    FOR EACH ROW WHEN (OLD.confirmed <> NEW.confirmed) EXECUTE FUNCTION ${schema}.count_confirmed();
  CREATE TRIGGER session_truncated AFTER TRUNCATE ON ${schema}.session
    FOR EACH STATEMENT EXECUTE FUNCTION ${schema}.count_none();
END
$$;
`
}

/** Triggers count, and not the functions that write: so the counts are right whichever version of these writes, or an operator does. */
function countingFunctions(schema: string, count: string): string {
  const asOwner = `SECURITY DEFINER ${fixedPath}`
  return `-- The triggers' functions, shared by all versions. They run with the rights of the schema's owner (SECURITY DEFINER), so that roles that use the sessions
-- need no right to the counts.
${begins(`${schema}.count_moved() RETURNS trigger`, `sign integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;`, asOwner)}
  UPDATE ${count} kept SET
    guests = kept.guests + sign * counted.guests,
    unconfirmed_guests = kept.unconfirmed_guests + sign * counted.unconfirmed_guests,
    sign_ins = kept.sign_ins + sign * counted.sign_ins,
    unconfirmed_sign_ins = kept.unconfirmed_sign_ins + sign * counted.unconfirmed_sign_ins
  FROM ${countsOf('moved')} counted
  WHERE kept.shard = pg_backend_pid() % ${shards} AND counted.guests + counted.sign_ins > 0;
  RETURN NULL;
END
$$;

${begins(`${schema}.count_confirmed() RETURNS trigger`, 'change integer := CASE WHEN NEW.confirmed THEN -1 ELSE 1 END;', asOwner)}
  UPDATE ${count} SET
    unconfirmed_guests = unconfirmed_guests + CASE WHEN NEW.user_id IS NULL THEN change ELSE 0 END,
    unconfirmed_sign_ins = unconfirmed_sign_ins + CASE WHEN NEW.user_id IS NULL THEN 0 ELSE change END
  WHERE shard = pg_backend_pid() % ${shards};
  RETURN NULL;
END
$$;

${begins(`${schema}.count_none() RETURNS trigger`, '', asOwner)}
  UPDATE ${count} SET (${countColumns}) = (0, 0, 0, 0);
  RETURN NULL;
END
$$;

-- For operators, where something was written without the triggers, such as a restore of the data alone: SELECT ${schema}.count_again();
${begins(`${schema}.count_again() RETURNS void`, '', fixedPath)}
  LOCK TABLE ${schema}.session IN SHARE ROW EXCLUSIVE MODE;
  UPDATE ${count} SET (${countColumns}) = (0, 0, 0, 0);
  UPDATE ${count} SET (${countColumns}) = ${countsOf(`${schema}.session`)} WHERE shard = 0;
END
$$;

REVOKE ALL ON FUNCTION
  ${schema}.count_moved(), ${schema}.count_confirmed(), ${schema}.count_none(), ${schema}.count_again()
FROM PUBLIC;
`
}

/** More than most pools have connections. */
const shards = 32

/** The columns of `session_count`. */
export const countColumns = 'guests, unconfirmed_guests, sign_ins, unconfirmed_sign_ins'

/** The same, counted over sessions. */
export function countsOf(source: string): string {
  return `(
    SELECT
      count(*) FILTER (WHERE user_id IS NULL) AS guests, count(*) FILTER (WHERE user_id IS NULL AND NOT confirmed) AS unconfirmed_guests,
      count(*) FILTER (WHERE user_id IS NOT NULL) AS sign_ins, count(*) FILTER (WHERE user_id IS NOT NULL AND NOT confirmed) AS unconfirmed_sign_ins
    FROM ${source}
  )`
}
