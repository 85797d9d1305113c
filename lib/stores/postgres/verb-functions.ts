import { beginsInTime } from './clock-functions.js'
import { begins, type VersionedName } from './sql.js'
import { recordAsJson } from './stored-record.js'

/** The functions behind every verb but `create`. */
export function verbFunctions(schema: string, named: VersionedName): string {
  return `-- The records of these ids as they are stored, expired or not. Writes nothing, so that most requests are one look.
${begins(`${named('read_sessions')}(ids bytea[]) RETURNS text STABLE`)}
  RETURN (SELECT json_agg(${recordAsJson('kept')}) FROM ${schema}.session kept WHERE id = ANY (ids));
END
$$;

-- What a look has found to be due: removes what has expired, puts times back and, unless slide_milliseconds is null, confirms and slides.
${beginsInTime(named, 'touch_sessions', ['ids bytea[], slide_milliseconds double precision'], 'removed json;')}
  PERFORM ${named('put_times_back')}(ids, moment);
  removed := ${named('remove_sessions')}(ARRAY(SELECT id FROM ${schema}.session WHERE id = ANY (ids) AND expires_at <= moment), '{}');
  IF slide_milliseconds IS NOT NULL THEN
    UPDATE ${schema}.session SET confirmed = true, last_seen_at = greatest(last_seen_at, moment) WHERE id = ANY (ids) AND NOT confirmed;
    IF NOT FOUND AND removed IS NULL THEN
      -- A crash of the server may take the last second's slides along, and nothing else: not worth waiting for the disk or a standby.
      PERFORM set_config('synchronous_commit', 'off', true);
    END IF;
    -- Who waited for the same row finds it slid.
    UPDATE ${schema}.session SET last_seen_at = moment
    WHERE id = ANY (ids) AND last_seen_at < moment AND moment - last_seen_at >= least(slide_milliseconds, idle_milliseconds / 10.0);
  END IF;
  RETURN ${named('answer')}(not_after, (SELECT json_agg(${recordAsJson('kept')}) FROM ${schema}.session kept WHERE id = ANY (ids)), removed);
END
$$;

${beginsInTime(named, 'update_session', ['updated_id bytea, known_version bigint, new_storage text'], `outcome text := 'updated';`)}
  PERFORM ${named('put_times_back')}(ARRAY[updated_id], moment);
  UPDATE ${schema}.session SET storage = new_storage, version = version + 1
  WHERE id = updated_id AND version = known_version AND expires_at > moment;
  IF NOT FOUND THEN
    outcome := CASE WHEN EXISTS (SELECT 1 FROM ${schema}.session WHERE id = updated_id AND expires_at > moment) THEN 'conflict' ELSE 'ended' END;
  END IF;
  RETURN ${named('answer')}(not_after, to_json(outcome), NULL);
END
$$;

-- Ends the sessions of these ids, or of that handle. Answers those that were live.
${beginsInTime(named, 'end_sessions', ['ids bytea[], ended_handle bytea'], 'ended json; removed json;')}
  IF ids IS NULL THEN
    ids := ARRAY(SELECT id FROM ${schema}.session WHERE handle = ended_handle);
  END IF;
  PERFORM ${named('put_times_back')}(ids, moment);
  WITH gone AS (DELETE FROM ${schema}.session WHERE id = ANY (ids) RETURNING *)
  SELECT
    json_agg(${recordAsJson('gone')}) FILTER (WHERE gone.expires_at > moment),
    json_agg(json_build_object('record', ${recordAsJson('gone')})) FILTER (WHERE gone.expires_at <= moment)
  INTO ended, removed FROM gone;
  RETURN ${named('answer')}(not_after, ended, removed);
END
$$;

-- One page, in the order of ids: of all or, unless of_user is null, of that user. after: the last id of the page before.
${begins(`${named('list_sessions')}(of_user bytea, after bytea, page_size integer) RETURNS text STABLE`)}
  RETURN (
    SELECT json_agg(${recordAsJson('page')} ORDER BY page.id) FROM (
      (SELECT * FROM ${schema}.session WHERE of_user IS NULL AND id > after ORDER BY id LIMIT page_size)
      UNION ALL
      (SELECT * FROM ${schema}.session WHERE user_id = of_user AND id > after ORDER BY id LIMIT page_size)
    ) page
  );
END
$$;

${beginsInTime(named, 'count_sessions', [], 'live record; removed json;')}
  PERFORM ${named('put_times_back')}(NULL, moment);
  removed := ${named('remove_sessions')}(${named('lock_expired')}(moment), '{}');
  live := ${named('live_counts')}('{}', moment);
  RETURN ${named('answer')}(not_after, json_build_object(
    'signedIn', live.sign_ins, 'guests', live.guests,
    'unconfirmed', json_build_object('signedIn', live.unconfirmed_sign_ins, 'guests', live.unconfirmed_guests)
  ), removed);
END
$$;

-- After a commit that no standby has acknowledged: lets the connection that waits for it go, and ends what it has opened.
${begins(`${named('withdraw_sessions')}(backend integer, opened_ids bytea[]) RETURNS text`, 'withdrawn integer := 0; removed integer;')}
  PERFORM set_config('synchronous_commit', 'local', true);
  PERFORM pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = backend AND wait_event = 'SyncRep';
  -- What that connection has written is to be seen in a moment.
  FOR attempt IN 1 .. 50 LOOP
    DELETE FROM ${schema}.session WHERE id = ANY (opened_ids);
    GET DIAGNOSTICS removed = ROW_COUNT;
    withdrawn := withdrawn + removed;
    EXIT WHEN withdrawn >= cardinality(opened_ids);
    PERFORM pg_sleep(0.01);
  END LOOP;
  RETURN withdrawn;
END
$$;
`
}
