import { toleratedClockLeadMilliseconds } from '../../sessions/session-store.js'
import { begins, fixedPath, type VersionedName } from './sql.js'
import { recordAsJson } from './stored-record.js'
import { countColumns, countsOf } from './table.js'

/** Steps that several verbs take. */
export function sharedSteps(schema: string, named: VersionedName): string {
  const counts = 'OUT guests bigint, OUT unconfirmed_guests bigint, OUT sign_ins bigint, OUT unconfirmed_sign_ins bigint'
  return `-- How many sessions there are, with those that have expired and are not removed yet. Quick, whatever their number.
${begins(`${named('kept_counts')}(${counts})`, '', `STABLE SECURITY DEFINER ${fixedPath}`)}
  SELECT sum(shard.guests), sum(shard.unconfirmed_guests), sum(shard.sign_ins), sum(shard.unconfirmed_sign_ins)
  INTO ${countColumns} FROM ${schema}.session_count shard;
END
$$;

-- How many sessions are live beside those that are leaving.
${begins(`${named('live_counts')}(leaving bytea[], moment bigint, ${counts})`)}
  -- One statement, so that counts and rows are of one moment.
  SELECT kept.guests - gone.guests, kept.unconfirmed_guests - gone.unconfirmed_guests,
    kept.sign_ins - gone.sign_ins, kept.unconfirmed_sign_ins - gone.unconfirmed_sign_ins
  INTO ${countColumns}
  FROM ${named('kept_counts')}() kept, ${countsOf(`(
      SELECT user_id, confirmed FROM ${schema}.session WHERE expires_minute <= moment / 60000 AND expires_at <= moment
      UNION ALL
      SELECT user_id, confirmed FROM ${schema}.session WHERE id = ANY (leaving) AND expires_at > moment
    ) leaving_or_expired`)} gone;
END
$$;

-- Some of what has expired, locked, to be removed: many are left where nobody has come for long, and the caller waits.
${begins(`${named('lock_expired')}(moment bigint) RETURNS bytea[]`)}
  RETURN ARRAY(
    SELECT id FROM ${schema}.session WHERE expires_minute <= moment / 60000 AND expires_at <= moment
    ORDER BY expires_minute LIMIT 100 FOR UPDATE SKIP LOCKED
  );
END
$$;

-- A clock that ran ahead and was put back has left times in the future, and sessions that would live for too long: these times become now. Of those
-- ids, which are locked, or of a hundred of all.
${begins(`${named('put_times_back')}(ids bytea[], moment bigint) RETURNS void`, `latest bigint := moment + ${toleratedClockLeadMilliseconds};`)}
  IF ids IS NULL THEN
    ids := ARRAY(
      SELECT id FROM ${schema}.session WHERE seen_minute >= latest / 60000 AND last_seen_at > latest
      ORDER BY seen_minute LIMIT 100 FOR UPDATE SKIP LOCKED
    );
  ELSIF cardinality(ids) > 1 THEN
    -- Several rows are locked in one order everywhere, or two statements could wait for each other.
    PERFORM 1 FROM ${schema}.session WHERE id = ANY (ids) ORDER BY id FOR UPDATE;
  END IF;
  UPDATE ${schema}.session SET
    created_at = CASE WHEN created_at > latest THEN moment ELSE created_at END,
    ends_at = CASE WHEN created_at > latest THEN ends_at - (created_at - moment) ELSE ends_at END,
    last_seen_at = CASE WHEN last_seen_at > latest THEN moment ELSE last_seen_at END
  WHERE id = ANY (ids) AND (created_at > latest OR last_seen_at > latest);
END
$$;

-- Removes these, and tells why each had to go; no reason: its time was over.
${begins(`${named('remove_sessions')}(ids bytea[], reasons text[]) RETURNS json`, 'removed json;')}
  IF ids = '{}' THEN
    RETURN NULL;
  END IF;
  WITH gone AS (
    DELETE FROM ${schema}.session kept USING unnest(ids, reasons) WITH ORDINALITY AS leaving (id, reason, position)
    WHERE kept.id = leaving.id RETURNING kept.*, leaving.reason, leaving.position
  )
  SELECT json_agg(json_build_object('reason', gone.reason, 'record', ${recordAsJson('gone')}) ORDER BY gone.position)
  INTO removed FROM gone;
  RETURN removed;
END
$$;
`
}
