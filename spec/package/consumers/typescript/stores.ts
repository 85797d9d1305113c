// The clients of every supported major fit the stores: compiled only.
import { describe, it } from 'node:test'

import { directoryRouter, type DirectoryProvider, type SessionStore } from 'express-4d-directory'
import { type PostgresPool, postgresSchema, PostgresSessionStore } from 'express-4d-directory/postgres'
import { RedisLoginThrottle, RedisSessionStore } from 'express-4d-directory/redis'
import { behavesLikeASessionStore } from 'express-4d-directory/testing'
import { Redis } from 'ioredis'
import { Pool } from 'pg'
import { createClient, createClientPool, createCluster } from 'redis'

export function storesOf(url: string): readonly SessionStore[] {
  const pool: PostgresPool = new Pool({ connectionString: url })
  return [
    new RedisSessionStore({ client: createClient({ url }) }),
    new RedisSessionStore({ client: createClientPool({ url }) }),
    new RedisSessionStore({ client: createCluster({ rootNodes: [{ url }] }) }),
    new RedisSessionStore({ client: new Redis(url) }),
    new PostgresSessionStore({ pool }),
    new PostgresSessionStore({ pool: new Pool(), schema: postgresSchema().slice(0, 1) })
  ]
}

export function shared(url: string, provider: DirectoryProvider): unknown {
  const client = createClient({ url })
  return directoryRouter({ provider, store: new RedisSessionStore({ client }), throttle: new RedisLoginThrottle({ client }) })
}

export function specifyStores(create: () => SessionStore): void {
  behavesLikeASessionStore({ describe, it }, create)
}
