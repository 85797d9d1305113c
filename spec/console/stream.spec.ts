import { hostname } from 'node:os'

import { describe, expect, it } from 'vitest'

import { type DirectoryProvider, LruSessionStore, type SessionStore, StaticProvider } from '../../lib/index.js'
import { newGuest, open } from '../../lib/testing/store-spec.js'
import { collect } from '../support/collect.js'
import { groups, users } from '../support/seed-directory.js'
import { Operator, serveConsole } from '../support/serve-console.js'
import { SettableClock } from '../support/settable-clock.js'
import { isDown, StoreWithFaults } from '../support/store-with-faults.js'
import { Visitor } from '../support/visitor.js'

interface Row {
  readonly handle: string
  readonly userName: string
  readonly mine: boolean
}

function addressOf(turn: number): string {
  return `10.0.${turn >> 8}.${turn & 255}`
}

async function openGuest(store: SessionStore, turn: number, ip: string): Promise<void> {
  const handle = turn.toString(16).padStart(16, '0')
  await open(store, newGuest(new SettableClock().now(), { handle, ip, userAgent: 'curl/8' }))
}

describe('the stream of the session console', () => {
  it('begins with the sessions, the counts, the quotas and the audit tail', async () => {
    const { url, operator } = await serveConsole({ quotas: { sessions: 25, guestSessions: 5 } })
    await new Visitor(url).isKnownAs()

    const stream = await operator.watches()
    await stream.until(() => stream.messages.length > 0)

    expect(stream.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    expect(stream.headers['cache-control']).toBe('no-store, no-transform')
    expect(stream.latest('quotas')).toEqual({ sessions: 25, guests: 5, perUser: null })
    expect((stream.latest('rows') as Row[]).map(({ userName, mine }) => [userName, mine])).toContainEqual(['john', true])
    expect(stream.latest('view')).toMatchObject({ matching: 2, page: 0 })
    expect(stream.latest('history')).toMatchObject([{ signedIn: 1, guests: 1 }])
    expect((stream.latest('events') as { event: string }[]).map(({ event }) => event)).toContain('authn_login_success')
  })

  it('shows neither ids nor digests', async () => {
    const { operator } = await serveConsole()

    const stream = await operator.watches()
    await stream.until(() => stream.messages.length > 0)

    expect(JSON.stringify(stream.messages)).not.toContain(operator.sessionId)
  })

  it('then tells what changes, and nothing else', async () => {
    const { url, operator, directory } = await serveConsole()
    const stream = await operator.watches()
    await stream.until(() => stream.messages.length > 0)

    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    await stream.until(() => (stream.latest('view') as { matching: number }).matching === 2)
    const data: Readonly<Record<string, unknown>> = stream.messages.at(-1)?.data ?? {}

    expect((data['rows'] as Row[]).map(({ userName }) => userName)).toEqual(['jsmith'])
    expect(data).not.toHaveProperty('quotas')
    const [session] = await collect(directory.sessions.list({ userID: users[0].ID }))
    await directory.sessions.end(session?.handle ?? '')
    await stream.until(() => (stream.latest('view') as { matching: number }).matching === 1)
    expect(stream.messages.at(-1)?.data).not.toHaveProperty('rows')
  })

  it('lists the accounts that have to wait, until they are unlocked', async () => {
    const { url, operator } = await serveConsole()
    const stream = await operator.watches()
    const visitor = new Visitor(url)

    for (let turn = 0; turn < 10; turn++) await visitor.logsInAs('jsmith', `guess ${turn}`)
    await stream.until(() => (stream.latest('waiting') as unknown[] | undefined)?.length === 1)
    const waiting = stream.latest('waiting')
    await operator.does('unlock', { account: users[0].ID })
    await stream.until(() => (stream.latest('waiting') as unknown[]).length === 0)

    expect(waiting).toMatchObject([{ account: users[0].ID, userName: 'jsmith', locked: false }])
  })

  it('says which process it shows, and how that does', async () => {
    const { operator } = await serveConsole()

    const stream = await operator.watches()
    await stream.until(() => stream.messages.length > 0)

    expect(stream.latest('process')).toEqual({ host: hostname(), pid: process.pid })
    expect(stream.latest('figures')).toMatchObject({
      logins: { succeeded: 1, failed: 0 },
      queue: { running: 0, waiting: 0, refused: 0 },
      store: { failures: 0 },
      provider: { failures: 0 },
      waiting: 0,
      failures: []
    })
  })

  it('shows what has failed with its cause, and without the password of the attempt', async () => {
    const people = new StaticProvider({ users, groups })
    const findUser = (name: string) =>
      name === 'jsmith' ? Promise.reject(new RangeError('no pool for postgres://app:hunter2@db/users')) : people.findUser(name)
    const provider: DirectoryProvider = { findUser, belongsTo: (user, group) => people.belongsTo(user, group) }
    const { url, operator, clock } = await serveConsole({ provider }, { timing: { latestRefreshMilliseconds: 5 } })
    const stream = await operator.watches()

    await new Visitor(url).logsInAs('jsmith', 'smith')
    clock.passSeconds(1)
    const failures = () => (stream.latest('figures') as { failures: unknown[] } | undefined)?.failures ?? []
    await stream.until(() => failures().length > 0)

    expect(failures()).toMatchObject([
      { component: 'provider', count: 1, reason: 'provider.findUser failed', cause: 'RangeError: no pool for postgres://app:***@db/users' }
    ])
    expect(JSON.stringify(stream.messages)).not.toContain('hunter2')
  })

  it('sends one page out of ten thousand sessions, and finds one of them by its address', async () => {
    const store = new LruSessionStore({ maxGuests: 20_000 })
    for (let turn = 0; turn < 10_000; turn++) await openGuest(store, turn, addressOf(turn))
    const { operator, directory } = await serveConsole({ store })

    const stream = await operator.watches('sort=user&order=descending')
    await stream.until(() => stream.latest('total') === 10_001)
    const found = await operator.watches(`search=${addressOf(7777)}`)
    await found.until(() => found.messages.length > 0)

    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 10_000 })
    expect((stream.latest('rows') as Row[])[0]).toMatchObject({ userName: 'john' })
    expect(stream.latest('rows')).toHaveLength(50)
    expect(stream.latest('view')).toMatchObject({ matching: 10_001 })
    expect(found.latest('view')).toMatchObject({ matching: 1 })
  })
})

describe('when the stream of the session console ends', () => {
  it("ends with the operator's session, ended elsewhere", async () => {
    const { operator, directory } = await serveConsole()
    const stream = await operator.watches()
    await stream.until(() => stream.messages.length > 0)

    await directory.sessions.endAll()
    await stream.ended

    expect(stream.messages.at(-1)).toEqual({ event: 'end', data: {} })
  })

  it('ends with a logout in another tab', async () => {
    const { operator } = await serveConsole()
    const stream = await operator.watches()
    await stream.until(() => stream.messages.length > 0)

    await operator.does('logout')
    await stream.ended

    expect(stream.messages.at(-1)?.event).toBe('end')
  })

  /** A console whose host says who is in the group, and may fail to. */
  async function serveMembership(heartbeatMilliseconds = 3_600_000) {
    const people = new StaticProvider({ users, groups })
    const host = { isMember: true, isDown: false, asked: 0 }
    const provider: DirectoryProvider = {
      findUser: (userName) => people.findUser(userName),
      belongsTo(user, group) {
        host.asked += 1
        if (host.isDown) return Promise.reject(new Error('no LDAP server'))
        return host.isMember ? people.belongsTo(user, group) : Promise.resolve(false)
      }
    }
    const served = await serveConsole({ provider, revalidateSeconds: 60 }, { timing: { heartbeatMilliseconds } })
    const stream = await served.operator.watches()
    await stream.until(() => stream.messages.length > 0)
    return { ...served, host, stream, visit: () => new Visitor(served.url).isKnownAs() }
  }

  it('ends when the operator has left the group, after revalidateSeconds', async () => {
    const { host, stream, clock } = await serveMembership(5)

    host.isMember = false
    clock.passSeconds(61)
    await stream.ended

    expect(stream.messages.at(-1)?.event).toBe('end')
  })

  it('ends before the next event is shown to who has left the group', async () => {
    const { host, stream, clock, visit } = await serveMembership()
    const shown = stream.messages.length

    host.isMember = false
    clock.passSeconds(61)
    await visit()
    await stream.ended

    expect(stream.messages.slice(shown)).toEqual([{ event: 'end', data: {} }])
  })

  it('asks the host for the membership once in revalidateSeconds, however much happens', async () => {
    const { host, stream, clock, visit } = await serveMembership(5)
    const asked = host.asked

    for (let turn = 0; turn < 5; turn++) {
      clock.passSeconds(11)
      await visit()
      await stream.until(() => (stream.latest('view') as { matching: number }).matching === turn + 2)
    }
    const within = host.asked
    clock.passSeconds(11)
    await visit()
    await stream.until(() => (stream.latest('view') as { matching: number }).matching === 7)

    expect([within, host.asked]).toEqual([asked, asked + 1])
  })

  it('goes on for ten intervals while the host does not say who is in the group, and no longer', async () => {
    const { host, stream, clock, visit } = await serveMembership()

    host.isDown = true
    clock.passSeconds(590)
    await visit()
    await stream.until(() => (stream.latest('view') as { matching: number }).matching === 2)
    clock.passSeconds(70)
    await visit()
    await stream.ended

    // Without `end`, which would say that the operator may not: the page tries again, and its guard says what is the matter.
    expect(stream.messages.some(({ event }) => event === 'end')).toBe(false)
  })

  it('goes on, and says so, while the store does not answer', async () => {
    const store = new StoreWithFaults()
    const { operator, url } = await serveConsole({ store }, { timing: { heartbeatMilliseconds: 5, latestRefreshMilliseconds: 5 } })
    const stream = await operator.watches()
    await stream.until(() => stream.messages.length > 0)

    for (const verb of ['list', 'count', 'read'] as const) store.fault(verb, isDown)
    await stream.until(() => typeof stream.latest('trouble') === 'string')
    for (const verb of ['list', 'count', 'read'] as const) store.fault(verb, null)
    await stream.until(() => stream.latest('trouble') === null)

    await new Visitor(url).isKnownAs()
    await stream.until(() => (stream.latest('view') as { matching: number }).matching === 2)
    expect(stream.messages.some(({ event }) => event === 'end')).toBe(false)
  })

  it('keeps nobody logged in by itself', async () => {
    const store = new StoreWithFaults()
    const { operator, clock } = await serveConsole({ store }, { timing: { heartbeatMilliseconds: 5 } })
    const stream = await operator.watches()
    await stream.until(() => stream.messages.length > 0)

    clock.passMinutes(59)
    const beats = store.asked.filter((verb) => verb === 'read').length
    while (store.asked.filter((verb) => verb === 'read').length < beats + 3) await new Promise(setImmediate)
    clock.passMinutes(1)
    await stream.ended

    expect(stream.messages.at(-1)?.event).toBe('end')
  })

  it('leaves no listener and no place behind when clients go', async () => {
    const { operator, directory } = await serveConsole()
    const listeners = directory.events.listenerCount('event')

    for (let turn = 0; turn < 12; turn++) {
      const stream = await operator.watches()
      await stream.until(() => stream.messages.length > 0)
      stream.close()
      await stream.ended
    }

    expect(directory.events.listenerCount('event')).toBe(listeners)
  })

  it('refuses one more than there is room for, and says when to come back', async () => {
    const { operator } = await serveConsole({}, { timing: { mostStreams: 2 } })
    await operator.watches()
    await operator.watches()

    const refused = await operator.watches()

    expect(refused.status).toBe(503)
    expect(refused.headers['retry-after']).toBe('30')
  })
})

describe('a console that nobody watches', () => {
  it('asks the store nothing while nothing happens', async () => {
    const store = new StoreWithFaults()
    const { url } = await serveConsole({ store })
    await new Operator(url).opensConsole()

    expect(store.asked.filter((verb) => verb === 'list')).toEqual([])
  })
})
