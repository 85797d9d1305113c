import { inspect } from 'node:util'

import { createFunction } from './create-function.js'
import { verbFunctions } from './verb-functions.js'

/** Raised when a function's arguments, its answer or the table change. Each statement names the version that it was written for. */
export const postgresSchemaVersion = 1

/**
 * The SQL that `PostgresSessionStore` needs: one table, its indexes and the functions that the store calls, in a schema of their own (default
 * `directory`). To be read, and put under migrations; running it again changes nothing. Needs PostgreSQL 12 or later and a database
 * in UTF8.
 *
 * A role that is not the owner needs `USAGE` on the schema and `SELECT, INSERT, UPDATE, DELETE` on the table.
 */
export function postgresSchema(schema = 'directory'): string {
  const quoted = quoteSchema(schema)
  return [preamble(schema, quoted), table(quoted), clockFunctions(quoted), verbFunctions(quoted), createFunction(quoted)].join('\n')
}

/** The schema's name as an identifier. Checked as well: it also stands inside function bodies. */
export function quoteSchema(schema: unknown): string {
  const isName = typeof schema === 'string' && /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/.test(schema)
  if (!isName || schema.startsWith('pg_') || schema === 'information_schema') {
    throw new TypeError(
      `schema must be the name of a PostgreSQL schema of its own: a letter or _, then up to 62 letters, digits, _ or -; received ${inspect(schema)}`
    )
  }
  return `"${schema}"`
}

function preamble(schema: string, quoted: string): string {
  return `-- Sessions of express-4d-directory, version ${postgresSchemaVersion}.

DO $$
DECLARE
  installed integer;
BEGIN
  -- Two processes may start with an empty database at once.
  PERFORM pg_advisory_xact_lock(hashtextextended('express-4d-directory schema ${schema}', 0));
  IF current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'The database has to be in UTF8: sessions hold what users write';
  END IF;
  IF to_regprocedure('${quoted}.schema_version()') IS NOT NULL THEN
    EXECUTE 'SELECT ${quoted}.schema_version()' INTO installed;
    IF installed > ${postgresSchemaVersion} THEN
      RAISE EXCEPTION 'Schema ${schema} is of version %, which is newer than ${postgresSchemaVersion}', installed;
    END IF;
  END IF;
END
$$;

CREATE SCHEMA IF NOT EXISTS ${quoted};
`
}

function table(schema: string): string {
  return `-- Times are milliseconds since 1970 on the clocks of the processes that serve requests.
CREATE TABLE IF NOT EXISTS ${schema}.session (
  -- SHA-256 of the id in the cookie: whoever reads this table cannot take a session over.
  id bytea PRIMARY KEY,
  -- SHA-256 (of UTF-16) of what names the session in listings, and of the user's ID (null: a guest): both may be any string.
  handle bytea NOT NULL UNIQUE,
  user_id bytea,
  created_at bigint NOT NULL,
  authenticated_at bigint,
  last_seen_at bigint NOT NULL,
  idle_milliseconds bigint NOT NULL,
  ends_at bigint NOT NULL,
  expires_at bigint NOT NULL GENERATED ALWAYS AS (least(last_seen_at + idle_milliseconds, ends_at)) STORED,
  -- For the index that finds expired sessions. Only minutes, so that most requests change nothing that is indexed (a heap-only update).
  expires_minute bigint NOT NULL GENERATED ALWAYS AS (least(last_seen_at + idle_milliseconds, ends_at) / 60000) STORED,
  confirmed boolean NOT NULL DEFAULT false,
  version bigint NOT NULL DEFAULT 0,
  -- Handle, user, ip and userAgent. json and text, not jsonb: what clients sent may hold NUL, and what was stored comes back to the letter.
  details json NOT NULL,
  storage text NOT NULL
) WITH (fillfactor = 70);

CREATE INDEX IF NOT EXISTS session_of_user ON ${schema}.session (user_id, id);
CREATE INDEX IF NOT EXISTS session_expiry ON ${schema}.session (expires_minute);
CREATE INDEX IF NOT EXISTS session_unconfirmed ON ${schema}.session (created_at) WHERE NOT confirmed;
`
}

function clockFunctions(schema: string): string {
  return `-- Not IMMUTABLE: plans that connections keep would go on with the old version after an upgrade.
CREATE OR REPLACE FUNCTION ${schema}.schema_version() RETURNS integer
LANGUAGE sql STABLE AS $$ SELECT ${postgresSchemaVersion} $$;

-- The time now, not that of the statement's beginning: it may have waited for a lock, or its process may have been stopped.
CREATE OR REPLACE FUNCTION ${schema}.clock() RETURNS double precision
LANGUAGE sql VOLATILE AS $$ SELECT extract(epoch FROM clock_timestamp())::double precision * 1000 $$;

-- Whose clock, and which version of this file: after a restart, and where another server has taken over, the clock has to be learnt anew.
CREATE OR REPLACE FUNCTION ${schema}.clock_name() RETURNS text
LANGUAGE sql STABLE AS $$ SELECT ${schema}.schema_version() || '/' || extract(epoch FROM pg_postmaster_start_time()) $$;

-- Whether a statement may still do its work. Where not, its caller has answered 503, and it must not happen any more.
CREATE OR REPLACE FUNCTION ${schema}.in_time(clock_named text, not_before double precision, not_after double precision) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  clock double precision := ${schema}.clock();
BEGIN
  IF clock_named <> ${schema}.clock_name() OR clock < not_before OR clock >= not_after THEN
    RETURN false;
  END IF;
  -- Under other levels a statement that has waited for a lock would count what was there before.
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'express-4d-directory needs default_transaction_isolation = ''read committed''' USING ERRCODE = 'invalid_transaction_state';
  END IF;
  -- Whoever waits for a lock gives up when the caller does, and the connection is free again.
  PERFORM set_config('lock_timeout', ceil(not_after - clock)::bigint::text, true);
  RETURN true;
END
$$;

-- The last step of a statement that writes: it may have been stopped half-way. Undoes what it has done.
CREATE OR REPLACE FUNCTION ${schema}.still_in_time(not_after double precision) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF ${schema}.clock() >= not_after THEN
    RAISE EXCEPTION 'The statement is past its deadline' USING ERRCODE = 'query_canceled';
  END IF;
END
$$;

CREATE OR REPLACE FUNCTION ${schema}.late() RETURNS text
LANGUAGE sql VOLATILE AS $$
  SELECT json_build_object('late', true, 'clock', ${schema}.clock(), 'clockName', ${schema}.clock_name())::text
$$;

-- Each answer tells the time. removed: [{reason, record}], expired: [record], what the statement has removed beside what it was asked to.
CREATE OR REPLACE FUNCTION ${schema}.answer(result json, removed json DEFAULT NULL, expired json DEFAULT NULL) RETURNS text
LANGUAGE sql VOLATILE AS $$
  SELECT json_build_object(
    'late', false, 'clock', ${schema}.clock(), 'clockName', ${schema}.clock_name(), 'result', result, 'removed', removed, 'expired', expired
  )::text
$$;

CREATE OR REPLACE FUNCTION ${schema}.as_record(kept ${schema}.session) RETURNS json
LANGUAGE sql STABLE AS $$
  SELECT json_build_object(
    'createdAt', kept.created_at, 'authenticatedAt', kept.authenticated_at, 'lastSeenAt', kept.last_seen_at,
    'idleMilliseconds', kept.idle_milliseconds, 'absoluteEndAt', kept.ends_at, 'confirmed', kept.confirmed, 'version', kept.version,
    'details', kept.details, 'storage', kept.storage
  )
$$;
`
}
