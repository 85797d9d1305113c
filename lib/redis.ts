/**
 * Sessions and the login throttle in Redis, for any number of processes.
 *
 * @module express-4d-directory/redis
 */

export type { IoredisClient, NodeRedisClient, RedisClient } from './stores/redis/client.js'
export { RedisSessionStore, type RedisSessionStoreOptions } from './stores/redis/session-store.js'
export { RedisLoginThrottle, type RedisLoginThrottleOptions } from './stores/redis/login-throttle.js'
