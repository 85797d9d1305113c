import connectPgSimple from 'connect-pg-simple'
import { RedisStore } from 'connect-redis'
import session from 'express-session'
import { Pool } from 'pg'
import { createClient } from 'redis'

import { PostgresSessionStore } from '../../lib/postgres.js'
import { RedisSessionStore } from '../../lib/redis.js'
import type { BenchApp, BenchAppOptions } from './bench-app.js'
import { directoryApp } from './directory-app.js'
import { expressSessionApp } from './express-session-app.js'

/** This package over Redis. */
export async function directoryOnRedisApp(options: BenchAppOptions): Promise<BenchApp> {
  const client = await connectToRedis(options)
  return directoryApp(options, new RedisSessionStore({ client }), () => client.close())
}

/** express-session over connect-redis. */
export async function connectRedisApp(options: BenchAppOptions): Promise<BenchApp> {
  const client = await connectToRedis(options)
  return expressSessionApp(options, new RedisStore({ client }), () => client.close())
}

/** This package over PostgreSQL. */
export function directoryOnPostgresApp(options: BenchAppOptions): BenchApp {
  const pool = new Pool({ connectionString: needed(options.postgresUrl, 'PostgreSQL') })
  return directoryApp(options, new PostgresSessionStore({ pool }), () => pool.end())
}

/** express-session over connect-pg-simple. */
export function connectPgSimpleApp(options: BenchAppOptions): BenchApp {
  const pool = new Pool({ connectionString: needed(options.postgresUrl, 'PostgreSQL') })
  const PgStore = connectPgSimple(session)
  const store = new PgStore({ pool, createTableIfMissing: true, pruneSessionInterval: false })
  return expressSessionApp(options, store, () => pool.end())
}

/** A client of the server that runs for this bench. */
export async function connectToRedis({ redisUrl }: BenchAppOptions) {
  const client = createClient({ url: needed(redisUrl, 'Redis') })
  client.on('error', (error) => console.error(error))
  await client.connect()
  return client
}

function needed(url: string | undefined, server: string): string {
  if (url === undefined) throw new Error(`this app needs the address of a ${server} server`)
  return url
}
