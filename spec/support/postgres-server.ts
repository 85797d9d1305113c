import { afterAll, beforeAll, describe } from 'vitest'

import { hasPostgres, PostgresServer } from './postgres-process.js'

export { PostgresServer }

/**
 * A `describe` over one server for the whole block. Without the binaries it is skipped with one line that says how to get them; where `SPEC_REQUIRE`
 * lists `postgres`, it fails.
 */
export function describeWithPostgres(title: string, define: (server: () => PostgresServer) => void, ...options: string[]): void {
  const isThere = hasPostgres()
  describe.skipIf(!isThere)(isThere ? title : `${title} (skipped: apt-get install postgresql)`, () => {
    let server: PostgresServer | null = null

    beforeAll(async () => {
      server = await PostgresServer.start(...options)
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
