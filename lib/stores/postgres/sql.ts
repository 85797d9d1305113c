import { inspect } from 'node:util'

/**
 * The version of the functions, which ends their names. Raised when a function's arguments, its answer or what it does change, so that processes of
 * two versions work side by side. The first had none.
 */
export const schemaVersion = 2

/** Makes the name of a function of this version, its schema included. */
export type VersionedName = (name: string) => string

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

export function versionedNames(quotedSchema: string): VersionedName {
  return (name) => `${quotedSchema}.${name}_${schemaVersion}`
}

/** On every function: else a role that may create objects in a schema of the caller's search_path could have its own run in their place (CVE-2018-1058). */
export const fixedPath = 'SET search_path = pg_catalog, pg_temp'

/**
 * On every function that looks for sessions: one plan for all calls, by the indexes. Left alone, the server plans anew at each call, or keeps a plan that was
 * made while the table was nearly empty. Without sequential scans some plans look dear enough to be compiled (jit), which takes a second.
 */
const fixedPlans = `${fixedPath} SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off`

/** How every function of ours begins, up to its first statement. */
export function begins(signature: string, declared = '', settings = fixedPlans): string {
  return `CREATE OR REPLACE FUNCTION ${signature}
LANGUAGE plpgsql ${settings} AS $$
${declared && `DECLARE\n  ${declared}\n`}BEGIN`
}
