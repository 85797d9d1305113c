export type { IoredisClient, NodeRedisClient, RedisClient } from './stores/redis/client.js'
export { RedisSessionStore, type RedisSessionStoreOptions } from './stores/redis/session-store.js'
export { RedisLoginThrottle, type RedisLoginThrottleOptions } from './stores/redis/login-throttle.js'
