export { RedisSessionStore, type RedisSessionStoreOptions } from './sessions/redis-session-store.js'
export type { RedisClient } from './sessions/redis-client.js'
