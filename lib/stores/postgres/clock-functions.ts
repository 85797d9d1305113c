import { fixedPath } from './table.js'
import type { VersionedName } from './sql-names.js'

/** How every function begins and ends: whether its caller still waits, and what the server's clock shows. */
export function clockFunctions(named: VersionedName): string {
  return `-- The time now, not that of the statement's beginning: it may have waited for a lock, or its process may have been stopped.
CREATE OR REPLACE FUNCTION ${named('clock')}() RETURNS double precision
LANGUAGE plpgsql VOLATILE ${fixedPath} AS $$
BEGIN
  RETURN extract(epoch FROM clock_timestamp())::double precision * 1000;
END
$$;

-- Whose clock: after a restart, and where another server has taken over, it has to be learnt anew.
CREATE OR REPLACE FUNCTION ${named('clock_name')}() RETURNS text
LANGUAGE plpgsql STABLE ${fixedPath} AS $$
BEGIN
  RETURN extract(epoch FROM pg_postmaster_start_time())::text;
END
$$;

-- Whether a statement may still do its work. Where not, its caller has answered 503, and it must not happen any more.
CREATE OR REPLACE FUNCTION ${named('in_time')}(${callersTime}) RETURNS boolean
LANGUAGE plpgsql ${fixedPath} AS $$
DECLARE
  clock double precision := ${named('clock')}();
BEGIN
  IF clock_named <> ${named('clock_name')}() OR clock < not_before OR clock >= not_after THEN
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
CREATE OR REPLACE FUNCTION ${named('still_in_time')}(not_after double precision) RETURNS void
LANGUAGE plpgsql ${fixedPath} AS $$
BEGIN
  IF ${named('clock')}() >= not_after THEN
    RAISE EXCEPTION 'The statement is past its deadline' USING ERRCODE = 'query_canceled';
  END IF;
  -- From here on it happens, whether or not a synchronous standby acknowledges it in time. INFO goes to the caller at once, and into no log.
  IF current_setting('synchronous_standby_names') <> '' AND current_setting('synchronous_commit') NOT IN ('off', 'local') THEN
    RAISE INFO '${commitNotice}' USING DETAIL = pg_backend_pid()::text;
  END IF;
END
$$;

CREATE OR REPLACE FUNCTION ${named('late')}() RETURNS text
LANGUAGE plpgsql VOLATILE ${fixedPath} AS $$
BEGIN
  RETURN json_build_object('late', true, 'clock', ${named('clock')}(), 'clockName', ${named('clock_name')}());
END
$$;

-- Each answer tells the time. removed: [{reason, record}], what the statement has removed beside what it was asked to.
CREATE OR REPLACE FUNCTION ${named('answer')}(result json, removed json DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE ${fixedPath} AS $$
BEGIN
  RETURN json_build_object(
    'late', false, 'clock', ${named('clock')}(), 'clockName', ${named('clock_name')}(), 'result', result, 'removed', removed
  );
END
$$;
`
}

/** What a statement that writes says before its commit, where a standby has to acknowledge it. */
export const commitNotice = 'express-4d-directory commits'

/** The first parameters of every function that writes: whose clock its caller reads, and between which times of it the work may be done. */
export const callersTime = 'clock_named text, not_before double precision, not_after double precision'

/** How the body of such a function begins. */
export function unlessLate(named: VersionedName): string {
  return `IF NOT ${named('in_time')}(clock_named, not_before, not_after) THEN
    RETURN ${named('late')}();
  END IF;`
}
