/**
 * Sessions in PostgreSQL, for any number of processes.
 *
 * @module express-4d-directory/postgres
 */

export { PostgresSessionStore, type PostgresSessionStoreOptions } from './stores/postgres/session-store.js'
export type { PostgresClient, PostgresNotice, PostgresPool, PostgresStatement } from './stores/postgres/pool.js'
export { postgresSchema } from './stores/postgres/schema.js'
