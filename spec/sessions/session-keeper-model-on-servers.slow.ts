import { randomBytes } from 'node:crypto'

import { Pool } from 'pg'
import { afterAll, beforeAll } from 'vitest'

import { PostgresSessionStore, postgresSchema } from '../../lib/postgres.js'
import { RedisSessionStore } from '../../lib/redis.js'
import { keepsSessionsAsTheModel } from '../contracts/keeps-sessions-as-the-model.js'
import { describeWithPostgres } from '../support/postgres-server.js'
import { redisLibraries, type OpenedClient } from '../support/redis-clients.js'
import { describeWithRedis } from '../support/redis-server.js'

const runs = 20
const timeoutMilliseconds = 10_000

describeWithRedis('two keepers over one Redis', (server) => {
  let clients: readonly OpenedClient[] = []

  beforeAll(() => {
    clients = redisLibraries.map(({ open }) => open(server().url))
  })

  afterAll(() => clients.forEach((client) => client.close()))

  keepsSessionsAsTheModel(
    () => {
      const prefix = `${randomBytes(6).toString('hex')}:`
      const [here, , there] = clients
      if (!here || !there) throw new Error('the clients are opened before the specs')
      return [
        new RedisSessionStore({ client: here.client, prefix, timeoutMilliseconds }),
        new RedisSessionStore({ client: there.client, prefix, timeoutMilliseconds })
      ]
    },
    { runs }
  )
})

describeWithPostgres('two keepers over one PostgreSQL', (server) => {
  let pool: Pool

  beforeAll(() => {
    pool = new Pool({ connectionString: server().url })
  })

  afterAll(() => pool.end())

  keepsSessionsAsTheModel(
    async () => {
      const schema = `spec_${randomBytes(6).toString('hex')}`
      await pool.query(postgresSchema(schema))
      return [
        new PostgresSessionStore({ pool, schema, timeoutMilliseconds }),
        new PostgresSessionStore({ pool, schema, timeoutMilliseconds })
      ]
    },
    { runs }
  )
})
