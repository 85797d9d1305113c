import { Pool } from 'pg'

import { postgresSchema } from '../lib/postgres.js'
import { hasPostgres, PostgresServer } from '../spec/support/postgres-process.js'
import { hasRedisServer, RedisServer } from '../spec/support/redis-process.js'
import type { Servers } from './bench.js'

/** Real servers, those of them that are installed here; PostgreSQL with our schema in it. */
export async function startServers(): Promise<Servers & { readonly stop: () => Promise<void> }> {
  const redis = hasRedisServer() ? await RedisServer.start() : null
  const postgres = hasPostgres() ? await PostgresServer.start() : null
  if (postgres) await installSchema(postgres.url)
  return {
    ...(redis && { redisUrl: redis.url }),
    ...(postgres && { postgresUrl: postgres.url }),
    async stop() {
      await redis?.stop()
      await postgres?.stop()
    }
  }
}

async function installSchema(connectionString: string): Promise<void> {
  const pool = new Pool({ connectionString })
  await pool.query(postgresSchema())
  await pool.end()
}
