import { LruSessionStore, type SessionStore } from 'express-4d-directory'

import type { Settings } from './settings.js'

/** The store that the settings ask for, a word for where it is, and what ends its client. */
export async function openSessionStore({
  redisUrl,
  databaseUrl
}: Settings): Promise<{ store: SessionStore; where: string; close: () => Promise<void> }> {
  if (redisUrl !== null) {
    const { createClient } = await import('redis')
    const { RedisSessionStore } = await import('express-4d-directory/redis')
    const client = createClient({ url: redisUrl })
    // The client reconnects by itself; without a listener its first error would end the process.
    client.on('error', (error: Error) => console.error(`Redis: ${error.message}`))
    void client.connect()
    const close = () => {
      client.destroy()
      return Promise.resolve()
    }
    return { store: new RedisSessionStore({ client }), where: 'Redis', close }
  }
  if (databaseUrl !== null) {
    const { Pool } = await import('pg')
    const { PostgresSessionStore, postgresSchema } = await import('express-4d-directory/postgres')
    const pool = new Pool({ connectionString: databaseUrl })
    pool.on('error', (error: Error) => console.error(`PostgreSQL: ${error.message}`))
    await pool.query(postgresSchema())
    return { store: new PostgresSessionStore({ pool }), where: 'PostgreSQL', close: () => pool.end() }
  }
  return { store: new LruSessionStore(), where: 'memory', close: () => Promise.resolve() }
}
