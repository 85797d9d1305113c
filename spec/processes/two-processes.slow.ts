import { resolve } from 'node:path'

import { Client } from 'pg'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { postgresSchema } from '../../lib/postgres.js'
import { describeWithPostgres } from '../support/postgres-server.js'
import { Program } from '../support/program.js'
import { describeWithRedis } from '../support/redis-server.js'
import { Visitor } from '../support/visitor.js'

describeWithRedis('two processes on one Redis', (server) => {
  sharesSessions(() => server().url, emptyRedis)

  describe('share their throttle', () => {
    const pair = startTwo(() => server().url, emptyRedis)

    it('A6.3.1: counts wrong passwords over both', async () => {
      const { here, there } = pair()
      const statuses: number[] = []

      for (let attempt = 1; attempt <= 12; attempt += 1) {
        const { status } = await new Visitor(attempt % 2 === 0 ? here : there).logsInAs('jsmith', `wrong ${attempt}`)
        statuses.push(status)
      }

      expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429])
    })
  })
})

describeWithPostgres('two processes on one PostgreSQL', (server) => {
  sharesSessions(() => server().url, emptyPostgres)
})

function sharesSessions(url: () => string, empty: (url: string) => Promise<void>): void {
  describe('share their sessions', () => {
    const pair = startTwo(url, empty)

    it('A7.4.1, V CVE-2025-46336: who logs in here is known there, and dead there at once after the logout here', async () => {
      const { here, there } = pair()
      const visitor = new Visitor(here)
      await visitor.logsInAs('jsmith', 'smith')
      const sameThere = new Visitor(there)
      sameThere.sessionId = visitor.sessionId
      expect(await sameThere.isKnownAs()).toBe('jsmith')

      await visitor.logsOut()

      expect(await sameThere.isKnownAs()).toBeNull()
    })

    it('A7.4.1: an update under way there does not bring back what was logged out here', async () => {
      const { here, there } = pair()
      const visitor = new Visitor(here)
      await visitor.logsInAs('jsmith', 'smith')
      const id = visitor.sessionId
      const sameThere = new Visitor(there)
      sameThere.sessionId = id
      const slow = sameThere.asks('/rest/slow/increment')
      await new Visitor(there).asks('/reached')

      await visitor.logsOut()
      await new Visitor(there).asks('/open')

      expect((await slow).body).toBeNull()
      for (const process of [here, there]) {
        const again = new Visitor(process)
        again.sessionId = id
        expect(await again.isKnownAs()).toBeNull()
      }
    })

    it('lose none of 200 updates of one session from both', async () => {
      const { here, there } = pair()
      const visitor = new Visitor(here)
      await visitor.logsInAs('jsmith', 'smith')
      const headers = { cookie: `WASID4D=${visitor.sessionId ?? ''}` }

      const updates = Array.from({ length: 200 }, (_, index) =>
        new Visitor(index % 2 === 0 ? here : there).asks('/rest/increment', { headers })
      )
      const statuses = (await Promise.all(updates)).map(({ status }) => status)

      expect(new Set(statuses)).toEqual(new Set([200]))
      expect((await visitor.asks('/rest/storage')).body).toEqual({ count: 200 })
    })
  })

  describe('share 7 licences', () => {
    const pair = startTwo(url, empty, '7')

    it('open exactly 7 sessions when 50 logins race for them', async () => {
      const { here, there } = pair()

      const logins = Array.from({ length: 50 }, (_, index) => new Visitor(index % 2 === 0 ? here : there).logsInAs('jsmith', 'smith'))
      const statuses = (await Promise.all(logins)).map(({ status }) => status).toSorted()

      expect(statuses).toEqual([...Array<number>(7).fill(200), ...Array<number>(43).fill(402)])
    })
  })
}

interface Pair {
  readonly here: string
  readonly there: string
}

/** Two processes for a block of specs, over an empty store. */
function startTwo(storeUrl: () => string, empty: (url: string) => Promise<void>, ...args: readonly string[]): () => Pair {
  const programs: Program[] = []
  let pair: Pair | null = null

  beforeAll(async () => {
    await empty(storeUrl())
    for (let count = 0; count < 2; count += 1) {
      programs.push(new Program(process.execPath, '--import', 'tsx', resolve('spec/support/directory-process.ts'), storeUrl(), ...args))
    }
    const [here = '', there = ''] = await Promise.all(
      programs.map(async (program) => (await program.says(/at (?<url>http:\S+)/)).groups?.['url'])
    )
    pair = { here, there }
  })

  afterAll(async () => {
    await Promise.all(programs.map((program) => program.kill()))
  })

  return () => {
    if (pair === null) throw new Error('the processes are started before the specs, not while they are collected')
    return pair
  }
}

async function emptyRedis(url: string): Promise<void> {
  const client = createClient({ url })
  await client.connect()
  await client.flushAll()
  client.destroy()
}

async function emptyPostgres(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('DROP SCHEMA IF EXISTS directory CASCADE')
  await client.query(postgresSchema())
  await client.end()
}
