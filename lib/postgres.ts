export { PostgresSessionStore, type PostgresSessionStoreOptions } from './sessions/postgres-session-store.js'
export type { PostgresClient, PostgresPool, PostgresStatement } from './sessions/postgres-pool.js'
export { postgresSchema } from './sessions/postgres-schema.js'
