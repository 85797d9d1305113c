import { begins, fixedPath, type VersionedName } from './sql.js'

/** What a statement that writes says before its commit, where a standby has to acknowledge it. */
export const commitNotice = 'express-4d-directory commits'

/** The time now, not that of the statement's beginning: it may have waited for a lock, or its process may have been stopped. */
const clock = 'extract(epoch FROM clock_timestamp())::double precision * 1000'

/** Whose clock: after a restart, and where another server has taken over, it has to be learnt anew. */
const clockName = 'extract(epoch FROM pg_postmaster_start_time())::text'

/** Each answer tells the time. */
const answerTime = `'clock', ${clock}, 'clockName', ${clockName}`

/** The first parameters of every function that writes: whose clock its caller reads, and between which times of it the work may be done. */
const callersTime = 'clock_named text, not_before double precision, not_after double precision'

/** How every function that writes begins and ends: whether its caller still waits, and what the server's clock shows. */
export function clockFunctions(named: VersionedName): string {
  return `-- Whether a statement may still do its work. Where not, its caller has answered 503, and it must not happen any more.
${begins(`${named('in_time')}(${callersTime}) RETURNS boolean`, `clock double precision := ${clock};`, fixedPath)}
  IF clock_named <> ${clockName} OR clock < not_before OR clock >= not_after THEN
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

-- The last step of a statement that writes: it may have been stopped half-way, and then undoes what it has done.
-- removed: [{reason, record}], what the statement has removed beside what it was asked to.
${begins(`${named('answer')}(not_after double precision, result json, removed json) RETURNS text`, '', fixedPath)}
  IF ${clock} >= not_after THEN
    RAISE EXCEPTION 'The statement is past its deadline' USING ERRCODE = 'query_canceled';
  END IF;
  -- From here on it happens, whether or not a synchronous standby acknowledges it in time. INFO goes to the caller at once, and into no log.
  IF current_setting('synchronous_standby_names') <> '' AND current_setting('synchronous_commit') NOT IN ('off', 'local') THEN
    RAISE INFO '${commitNotice}' USING DETAIL = pg_backend_pid()::text;
  END IF;
  RETURN json_build_object('late', false, ${answerTime}, 'result', result, 'removed', removed);
END
$$;
`
}

/** How a function that writes begins: with the question whether its caller still waits. `moment` is the caller's time. */
export function beginsInTime(named: VersionedName, name: string, parameters: readonly string[], declared: string): string {
  const all = [`${callersTime}, moment bigint`, ...parameters].join(',\n  ')
  return `${begins(`${named(name)}(\n  ${all}\n) RETURNS text`, declared)}
  IF NOT ${named('in_time')}(clock_named, not_before, not_after) THEN
    RETURN json_build_object('late', true, ${answerTime});
  END IF;`
}
