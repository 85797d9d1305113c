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
