import { randomBytes } from 'node:crypto'

import { Pool } from 'pg'
import { afterAll, beforeAll, describe, it } from 'vitest'

import { PostgresSessionStore, postgresSchema } from 'express-4d-directory/postgres'
import { behavesLikeASessionStore } from '../../lib/testing/behaves-like-a-session-store.js'
import { describeWithPostgres } from '../support/postgres-server.js'

describeWithPostgres('PostgresSessionStore', (server) => {
  let pool: Pool

  beforeAll(() => {
    pool = new Pool({ connectionString: server().url })
  })

  afterAll(async () => {
    await pool.end()
  })

  behavesLikeASessionStore({ describe, it }, async () => new PostgresSessionStore({ pool, schema: await newSchema() }))

  async function newSchema(): Promise<string> {
    const schema = `spec_${randomBytes(6).toString('hex')}`
    await pool.query(postgresSchema(schema))
    return schema
  }
})
