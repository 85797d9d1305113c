import { afterAll, beforeAll, describe } from 'vitest'

import { hasRedisServer, RedisServer } from './redis-process.js'

export { hasRedisServer, RedisServer }

/**
 * A `describe` over one server for the whole block. Without the binary it is skipped with one line that says how to get it; where `SPEC_REQUIRE`
 * names `redis`, it fails.
 */
export function describeWithRedis(title: string, define: (server: () => RedisServer) => void, ...options: string[]): void {
  const isThere = hasRedisServer()
  describe.skipIf(!isThere)(isThere ? title : `${title} (skipped: apt-get install redis-server)`, () => {
    let server: RedisServer | null = null

    beforeAll(async () => {
      server = await RedisServer.start(...options)
    })

    afterAll(async () => {
      await server?.stop()
    })

    define(() => {
      if (server === null) throw new Error('the server is started before the specs, not while they are collected')
      return server
    })
  })
}
