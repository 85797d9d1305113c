import { createClient } from 'redis'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { RedisSessionStore } from 'express-4d-directory/redis'
import { BcryptPool, type DirectoryComponent, type DirectoryEvent, type DirectoryRouterOptions, StaticProvider } from '../../lib/index.js'
import { Crowd } from '../support/crowd.js'
import { debugLines } from '../support/debug-lines.js'
import { PostgresSessions } from '../support/postgres-sessions.js'
import { describeWithPostgres } from '../support/postgres-server.js'
import { describeWithRedis } from '../support/redis-server.js'
import { groups, users } from '../support/seed-directory.js'
import { serveConsole } from '../support/serve-console.js'
import { Visitor } from '../support/visitor.js'

vi.mock('node:util', async (original) => (await import('../support/debug-lines.js')).withDebugLines(await original()))

/** Threads that can be made to refuse to start, as where the system has no more of them. */
const threads = vi.hoisted(() => ({ cannotStart: false, started: new Set<{ terminate(): Promise<number> }>() }))
vi.mock('node:worker_threads', async (original) => {
  const real = await original<typeof import('node:worker_threads')>()
  class Worker extends real.Worker {
    constructor(...[text, options]: ConstructorParameters<typeof real.Worker>) {
      super(text, threads.cannotStart ? { ...options, execArgv: ['--no-such-option'] } : options)
      threads.started.add(this)
    }
  }
  return { ...real, Worker }
})

const people = new StaticProvider({ users, groups })

interface Breakage {
  readonly component: DirectoryComponent
  readonly options: Partial<DirectoryRouterOptions>
  /** Breaks it for real, once an operator has logged in. */
  readonly breakIt: () => unknown
  /** What then comes upon it. */
  readonly comeUpon?: (url: string) => Promise<unknown>
}

const logIn = (url: string) => new Visitor(url).logsInAs('jsmith', 'smith')

/** Where the cause is found: in the event, in the warning of a directory that has a console and nobody who listens, in the debug line and in the console. */
async function whereItIsSeen({ component, options, breakIt, comeUpon = logIn }: Breakage) {
  const watched = await serveConsole(options, { timing: { latestRefreshMilliseconds: 5 } })
  const quiet = await serveConsole(options)
  const stream = await watched.operator.watches()
  await stream.until(() => stream.messages.length > 0)
  const events: DirectoryEvent[] = []
  watched.directory.events.on('sys_degraded', (event) => events.push(event))
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  onTestFinished(() => warned.mockRestore())
  debugLines.length = 0

  await breakIt()
  await comeUpon(watched.url)
  const lines = debugLines.filter((line) => line.includes('503: '))
  await comeUpon(quiet.url)
  watched.clock.passSeconds(1)
  const failures = () => (stream.latest('figures') as { failures: readonly { component: string; cause: string }[] }).failures
  await stream.until(() => failures().some((failure) => failure.component === component))

  return {
    event: describeError(events.find((event) => event.component === component)?.cause),
    warning: warned.mock.calls.map(([message]) => String(message)).join('\n'),
    line: lines.join('\n'),
    console: failures().find((failure) => failure.component === component)?.cause
  }
}

function describeError(error: unknown): string {
  const { code } = error as { readonly code?: unknown }
  return error instanceof Error ? `${error.constructor.name} ${String(code)} ${error.message}` : 'no error'
}

function expectEverywhere(cause: RegExp) {
  const found = expect.stringMatching(cause) as string
  return { event: found, warning: found, line: found, console: found }
}

describe('what has failed, and why, is seen in the event, the warning, the debug line and the console', () => {
  it('of a provider that throws', async () => {
    let isBroken = false
    const findUser = (name: string) => {
      if (isBroken) throw new ReferenceError('usersTable is not defined')
      return people.findUser(name)
    }
    const provider = { findUser, belongsTo: people.belongsTo.bind(people) }

    const seen = await whereItIsSeen({
      component: 'provider',
      options: { provider },
      breakIt: () => (isBroken = true)
    })

    expect(seen).toEqual(expectEverywhere(/ReferenceError.*usersTable is not defined/))
  })

  it('of threads that cannot start', async () => {
    const passwords = new BcryptPool({ cost: 4, threads: 1 })
    onTestFinished(async () => {
      threads.cannotStart = false
      await passwords.close()
    })

    const seen = await whereItIsSeen({
      component: 'passwords',
      options: { passwords },
      async breakIt() {
        threads.cannotStart = true
        await Promise.all([...threads.started].map((thread) => thread.terminate()))
      }
    })

    expect(seen).toEqual(expectEverywhere(/ERR_WORKER_INVALID_EXEC_ARGV/))
  })

  it('of a full queue', async () => {
    const passwords = new BcryptPool({ cost: 4, threads: 1, maxWaiting: 1 })
    onTestFinished(() => passwords.close())
    let crowd = new Crowd(0)
    const findUser = async (name: string) => {
      if (name.startsWith('nobody')) await crowd.arrive()
      return people.findUser(name)
    }

    const seen = await whereItIsSeen({
      component: 'passwords',
      options: { passwords, provider: { findUser, belongsTo: people.belongsTo.bind(people) } },
      breakIt: () => undefined,
      comeUpon(url) {
        crowd = new Crowd(10)
        return Promise.all(Array.from({ length: 10 }, (_, turn) => new Visitor(url).logsInAs(`nobody ${turn}`, 'smith')))
      }
    })

    expect(seen).toEqual(expectEverywhere(/ERR_LOGIN_QUEUE_FULL.*Too many logins/))
  })
})

describeWithRedis('of a Redis account that may not run scripts any more', (server) => {
  it('the refusal is seen everywhere', async () => {
    const admin = createClient({ url: server().url })
    await admin.connect()
    await admin.sendCommand(['ACL', 'SETUSER', 'sessions', 'reset', 'on', '>secret', '~*', '+@all'])
    const client = createClient({ url: server().url, username: 'sessions', password: 'secret' })
    await client.connect()
    onTestFinished(async () => {
      await client.close()
      await admin.close()
    })

    const seen = await whereItIsSeen({
      component: 'store',
      options: { store: new RedisSessionStore({ client }) },
      breakIt: () => admin.sendCommand(['ACL', 'SETUSER', 'sessions', '-eval', '-evalsha'])
    })

    expect(seen).toEqual(expectEverywhere(/NOPERM/))
    expect(JSON.stringify(seen)).not.toContain('secret')
  })
})

describeWithPostgres('of a PostgreSQL without the schema', (server) => {
  it("the server's SQLSTATE is seen everywhere", async () => {
    const sessions = new PostgresSessions(server())
    onTestFinished(() => sessions.close())
    const schema = await sessions.newSchema()

    const seen = await whereItIsSeen({
      component: 'store',
      options: { store: sessions.newStore(schema) },
      breakIt: () => sessions.sql(`DROP SCHEMA "${schema}" CASCADE`)
    })

    expect(seen).toEqual(expectEverywhere(/3F000|42P01|42883/))
  })
})
