import { randomBytes } from 'node:crypto'

import { Pool } from 'pg'
import { createClient } from 'redis'
import { afterAll, beforeAll } from 'vitest'

import { PostgresSessionStore, postgresSchema } from '../../lib/postgres.js'
import { RedisSessionStore } from '../../lib/redis.js'
import { holdsThroughSecondSteps } from '../contracts/holds-through-second-steps.js'
import { patience } from '../support/patience.js'
import { describeWithPostgres } from '../support/postgres-server.js'
import { expectWarnings } from '../support/quiet-warnings.js'
import { describeWithRedis } from '../support/redis-server.js'

expectWarnings('EXPRESS_4D_DIRECTORY_LATE')

describeWithRedis('In Redis,', (server) => {
  let client: ReturnType<typeof createClient>

  beforeAll(async () => {
    client = createClient({ url: server().url })
    await client.connect()
  })
  afterAll(() => client.destroy())

  holdsThroughSecondSteps(
    () => new RedisSessionStore({ client, prefix: `${randomBytes(6).toString('hex')}:`, timeoutMilliseconds: patience })
  )
})

describeWithPostgres('In PostgreSQL,', (server) => {
  let pool: Pool

  beforeAll(() => {
    pool = new Pool({ connectionString: server().url })
  })
  afterAll(() => pool.end())

  holdsThroughSecondSteps(async () => {
    const schema = `spec_${randomBytes(6).toString('hex')}`
    await pool.query(postgresSchema(schema))
    return new PostgresSessionStore({ pool, schema, timeoutMilliseconds: patience })
  })
})
