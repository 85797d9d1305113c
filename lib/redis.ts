export type { IoredisClient, NodeRedisClient, RedisClient } from './sessions/redis-client.js'
export { RedisSessionStore, type RedisSessionStoreOptions } from './sessions/redis-session-store.js'
export { RedisLoginThrottle, type RedisLoginThrottleOptions } from './users/redis-login-throttle.js'
