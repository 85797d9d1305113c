// https://github.com/jhurliman/node-rate-limiter/pull/48: a clock that ran ahead is put right, and waits, sessions and look-ups last for as long as it was ahead.
import { randomUUID } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'

import { MemoryLoginThrottle, LruSessionStore, type LoginThrottle, type SessionStore, StaticProvider } from '../../lib/index.js'
import { RedisLoginThrottle, RedisSessionStore } from '../../lib/redis.js'
import { describeWithPostgres } from '../support/postgres-server.js'
import { PostgresSessions } from '../support/postgres-sessions.js'
import { expectWarnings } from '../support/quiet-warnings.js'
import { redisLibraries } from '../support/redis-clients.js'
import { describeWithRedis } from '../support/redis-server.js'
import { groups, users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { Visitor } from '../support/visitor.js'

expectWarnings('EXPRESS_4D_DIRECTORY_CLOCK')

interface Kept {
  readonly store: SessionStore
  readonly throttle: LoginThrottle
}

const leads = [
  ['an hour', 60],
  ['two days', 2 * 1440],
  ['a year', 365 * 1440]
] as const

/** An app whose clock runs ahead until `putRight`, and whose provider can disable users. */
async function serveAhead(kept: Kept, minutes: number) {
  const known = new StaticProvider({ users, groups })
  let isDisabled = false
  const { url, clock, directory } = await serve({
    ...kept,
    provider: {
      findUser: (name) => known.findUser(name),
      belongsTo: (user, group) => known.belongsTo(user, group),
      async findUserByID(ID) {
        const user = await known.findUserByID(ID)
        return user && { ...user, disabled: isDisabled }
      }
    }
  })
  clock.passMinutes(minutes)
  return { url, clock, directory, putRight: () => clock.passMinutes(-minutes), disableEverybody: () => (isDisabled = true) }
}

function specifyClocks(keep: () => Kept | Promise<Kept>): void {
  it.each(leads)('is put back by %s: sessions live on, and none for longer than without it', async (_lead, minutes) => {
    const { url, clock, directory, putRight } = await serveAhead(await keep(), minutes)
    const [touched, untouched, newcomer] = [new Visitor(url), new Visitor(url), new Visitor(url)]
    await touched.logsInAs('jsmith', 'smith')
    await touched.isKnownAs()
    await untouched.logsInAs('kind user', 'test')

    putRight()
    const rightAfter = [await touched.isKnownAs(), (await newcomer.logsInAs('john', '123')).status]
    clock.passMinutes(50)
    const after50 = await touched.isKnownAs()
    clock.passMinutes(11)

    expect([...rightAfter, after50]).toEqual(['jsmith', 200, 'jsmith'])
    expect([await touched.isKnownAs(), await untouched.isKnownAs(), await newcomer.isKnownAs()]).toEqual(['jsmith', null, null])
    clock.passMinutes(61)
    expect(await touched.isKnownAs()).toBeNull()
    expect(await directory.sessions.count()).toMatchObject({ signedIn: 0 })
  })

  it.each(leads)('is put back by %s: nobody waits longer than the wait that was said', async (_lead, minutes) => {
    const { url, clock, putRight } = await serveAhead(await keep(), minutes)
    const [guesser, stranger] = [new Visitor(url), new Visitor(url)]
    for (let turn = 0; turn < 10; turn++) await guesser.logsInAs('jsmith', `guess ${turn}`)

    putRight()
    const refused = await guesser.logsInAs('jsmith', 'smith')
    const other = await stranger.logsInAs('kind user', 'test')
    clock.passSeconds(30)

    expect([refused.status, refused.headers['retry-after'], other.status]).toEqual([429, '30', 200])
    expect((await guesser.logsInAs('jsmith', 'smith')).status).toBe(200)
  })

  it.each(leads)('is put back by %s: a user who was disabled is out after revalidateSeconds', async (_lead, minutes) => {
    const { url, clock, putRight, disableEverybody } = await serveAhead(await keep(), minutes)
    const [touched, untouched] = [new Visitor(url), new Visitor(url)]
    await touched.logsInAs('jsmith', 'smith')
    await untouched.logsInAs('kind user', 'test')
    await touched.isKnownAs()

    putRight()
    await touched.isKnownAs()
    disableEverybody()
    clock.passSeconds(60)

    expect([await touched.isKnownAs(), await untouched.isKnownAs()]).toEqual([null, null])
  })
}

describe('a clock that ran ahead, over memory,', () => {
  specifyClocks(() => ({ store: new LruSessionStore(), throttle: new MemoryLoginThrottle() }))
})

describeWithRedis('a clock that ran ahead, over Redis,', (server) => {
  specifyClocks(() => {
    const opened = redisLibraries[0].open(server().url)
    onTestFinished(() => opened.close())
    const { client } = opened
    const prefix = randomUUID()
    return { store: new RedisSessionStore({ client, prefix }), throttle: new RedisLoginThrottle({ client, prefix }) }
  })
})

describeWithPostgres('a clock that ran ahead, over PostgreSQL,', (server) => {
  let sessions: PostgresSessions
  beforeAll(() => {
    sessions = new PostgresSessions(server())
  })
  afterAll(() => sessions.close())

  specifyClocks(async () => ({ store: sessions.newStore(await sessions.newSchema()), throttle: new MemoryLoginThrottle() }))
})
