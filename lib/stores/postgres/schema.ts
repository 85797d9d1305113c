import { clockFunctions } from './clock-functions.js'
import { createFunctions } from './create-functions.js'
import { sharedSteps } from './shared-steps.js'
import { quoteSchema, schemaVersion, versionedNames } from './sql.js'
import { tableStatements } from './table.js'
import { verbFunctions } from './verb-functions.js'

/**
 * The SQL that `PostgresSessionStore` needs: its tables, indexes and triggers, and the functions that the store calls, in a schema of their own (default
 * `directory`). To be read, and put under migrations; running it again changes nothing. Needs PostgreSQL 12 or later (tried with 12
 * to 18) and a database in UTF8.
 *
 * A role that is not the owner needs `USAGE` on the schema and `SELECT, INSERT, UPDATE, DELETE` on the table `session`.
 */
export function postgresSchema(schema = 'directory'): string {
  const quoted = quoteSchema(schema)
  const named = versionedNames(quoted)
  return [
    preamble(schema, quoted),
    tableStatements(quoted),
    clockFunctions(named),
    sharedSteps(quoted, named),
    createFunctions(quoted, named),
    verbFunctions(quoted, named)
  ].join('\n')
}

function preamble(schema: string, quoted: string): string {
  return `-- Sessions of express-4d-directory, version ${schemaVersion}. Safe to run again, and beside processes that use it or another version.
-- Every function fixes its search_path (CVE-2018-1058). Those that look for sessions fix their plans as well: by the indexes, whatever the statistics.

DO $$
BEGIN
  -- Generated columns came with 12.
  IF pg_catalog.current_setting('server_version_num')::integer < 120000 THEN
    RAISE EXCEPTION 'PostgreSQL 12 or later is needed, this is %', pg_catalog.current_setting('server_version');
  END IF;
  IF pg_catalog.current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'The database has to be in UTF8: sessions hold what users write';
  END IF;
  -- Two processes may start with an empty database at once.
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('express-4d-directory schema ${schema}', 0));
  IF pg_catalog.to_regprocedure('${quoted}.schema_version()') IS NOT NULL THEN
    RAISE EXCEPTION 'Schema ${schema} is of the first version, which was never published. Remove it with its sessions, then run this again: DROP SCHEMA ${quoted} CASCADE;';
  END IF;
  -- Here, for psql goes on after an error: without the schema nothing else can be made. IF NOT EXISTS would take the right to make one where one is.
  IF pg_catalog.to_regnamespace('${quoted}') IS NULL THEN
    CREATE SCHEMA ${quoted};
  END IF;
END
$$;
`
}
