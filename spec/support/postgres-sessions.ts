import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'

import { Pool, type PoolConfig } from 'pg'

import { PostgresSessionStore, postgresSchema } from 'express-4d-directory/postgres'
import { patience } from './patience.js'
import type { PostgresServer } from './postgres-server.js'

/** How stores on pools of `PostgresSessions` are called in the server's log and lists. */
const applicationName = 'sessions'

/** Makes stores on one server for specs, and closes their pools when asked to. */
export class PostgresSessions {
  readonly server: PostgresServer
  readonly #admin: Pool
  #pools: Pool[] = []

  constructor(server: PostgresServer) {
    this.server = server
    this.#admin = new Pool({ connectionString: server.url, max: 2 })
    this.#admin.on('error', () => undefined)
  }

  /** A schema of its own, with everything in it. */
  async newSchema(): Promise<string> {
    const schema = `spec_${randomBytes(6).toString('hex')}`
    await this.sql(postgresSchema(schema))
    return schema
  }

  /** A pool as a host would make it, without a listener of its own. */
  newPool(settings: PoolConfig = {}): Pool {
    const pool = new Pool({ connectionString: this.server.url, application_name: applicationName, ...settings })
    this.#pools.push(pool)
    return pool
  }

  newStore(schema: string, { timeoutMilliseconds = patience, ...settings }: PoolConfig & { readonly timeoutMilliseconds?: number } = {}) {
    return new PostgresSessionStore({ pool: this.newPool(settings), schema, timeoutMilliseconds })
  }

  /** Past the stores: what an operator would type. */
  async sql(text: string, values: readonly unknown[] = []): Promise<readonly Record<string, unknown>[]> {
    const result = values.length > 0 ? await this.#admin.query<Record<string, unknown>>(text, [...values]) : await this.#admin.query(text)
    return result.rows as Record<string, unknown>[]
  }

  /** Holds whatever locks the statement takes until the promise that it resolves to is called. */
  async holdLocks(statement: string): Promise<() => Promise<void>> {
    const client = await this.#admin.connect()
    await client.query('BEGIN')
    await client.query(statement)
    return async function letGo() {
      await client.query('ROLLBACK')
      client.release()
    }
  }

  /** Until so many of the stores' statements wait for a lock. */
  async statementsWaiting(count: number): Promise<void> {
    await this.#activity(`wait_event_type = 'Lock'`, count)
  }

  /** Until the server has done with everything that the stores have sent, also over connections that have been closed since. */
  async statementsDone(): Promise<void> {
    await this.#activity(`state <> 'idle'`, 0)
  }

  /** Ends the pools of one spec: the server has only a hundred connections. */
  async endPools(): Promise<void> {
    const pools = this.#pools
    this.#pools = []
    await Promise.all(pools.map((pool) => pool.end()))
  }

  async close(): Promise<void> {
    await this.endPools()
    await this.#admin.end()
  }

  async #activity(condition: string, count: number): Promise<void> {
    for (let attempt = 0; attempt < 500; attempt++) {
      const [row] = await this.sql(`SELECT count(*)::integer AS count FROM pg_stat_activity WHERE application_name = $1 AND ${condition}`, [
        applicationName
      ])
      if (row?.['count'] === count) return
      await wait(10)
    }
    throw new Error(`within 5 seconds it did not happen that for ${count} connections ${condition}`)
  }
}
