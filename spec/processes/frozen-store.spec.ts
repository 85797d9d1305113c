import { Pool } from 'pg'
import { createClient } from 'redis'
import { expect, it, onTestFinished } from 'vitest'

import type { SessionStore } from '../../lib/index.js'
import { PostgresSessionStore, postgresSchema } from '../../lib/postgres.js'
import { RedisSessionStore } from '../../lib/redis.js'
import { describeWithPostgres } from '../support/postgres-server.js'
import { describeWithRedis } from '../support/redis-server.js'
import { serve } from '../support/serve.js'
import { Visitor } from '../support/visitor.js'

const timeoutMilliseconds = 300

describeWithRedis('a directory over a Redis that freezes', (server) => {
  keepsEverybodyIn(server, async () => {
    const client = createClient({ url: server().url })
    client.on('error', () => undefined)
    await client.connect()
    onTestFinished(() => client.destroy())
    return new RedisSessionStore({ client, timeoutMilliseconds })
  })
})

describeWithPostgres('a directory over a PostgreSQL that freezes', (server) => {
  keepsEverybodyIn(server, async () => {
    const pool = new Pool({ connectionString: server().url })
    onTestFinished(() => pool.end())
    await pool.query(postgresSchema())
    return new PostgresSessionStore({ pool, timeoutMilliseconds })
  })
})

function keepsEverybodyIn(server: () => { freeze(): void; thaw(): void }, openStore: () => Promise<SessionStore>): void {
  it('A13.2.6, A13.2.6 late: answers 503 with the cookie kept, and nothing of it happens after the thaw', async () => {
    const store = await openStore()
    const { url, directory } = await serve({ store })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    const id = visitor.sessionId
    const before = await directory.sessions.count()

    server().freeze()
    const refused = await Promise.all([
      visitor.asks('/rest/$directory/currentUser'),
      visitor.logsOut(),
      new Visitor(url).logsInAs('kind user', 'test'),
      new Visitor(url).asks('/rest/$directory/currentUser')
    ])
    server().thaw()
    await expect.poll(() => directory.sessions.count().catch(() => null)).not.toBeNull()

    for (const { status, headers, setCookies, body } of refused) {
      expect({ status, retryAfter: Number(headers['retry-after']) > 0, setCookies }).toEqual({
        status: 503,
        retryAfter: true,
        setCookies: []
      })
      expect(body).toMatchObject({ __ERROR: [{ componentSignature: 'exdr', errCode: 10 }] })
    }
    expect(await directory.sessions.count()).toEqual(before)
    expect(visitor.sessionId).toBe(id)
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })
}
