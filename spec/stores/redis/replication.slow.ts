import { createClient } from 'redis'
import { describe, expect, it, onTestFinished } from 'vitest'

import { RedisSessionStore, type RedisSessionStoreOptions } from '../../../lib/stores/redis/session-store.js'
import { newGuest, newSignIn, open, openConfirmed, start, tryToOpen } from '../../../lib/testing/store-spec.js'
import { patience } from '../../support/patience.js'
import { redisLibraries } from '../../support/redis-clients.js'
import { hasRedisServer, RedisServer } from '../../support/redis-server.js'

const available = hasRedisServer()
/** Where specs wait for a refusal. */
const soon = 400
const notReplicated = { code: 'ERR_STORE_NOT_REPLICATED', status: 503 }

describe.skipIf(!available)(available ? 'minReplicas' : 'minReplicas (skipped: apt-get install redis-server)', () => {
  describe.each(redisLibraries)('through $library', ({ open: openClient }) => {
    it('A7.4.1 failover: keeps a logout that was answered through the death of the master', async () => {
      const { master, replica } = await newPair()
      const store = newStore(master, { minReplicas: 1 }, openClient)
      const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'))
      await cut(replica)

      const ending = store.end([signIn.id], start)
      await untilCarriedOut(master, signIn.id)
      await connect(replica, master)
      const [ended] = await ending
      await failOver(master, replica)

      expect(ended?.handle).toBe(signIn.record.handle)
      expect(await newStore(replica).resume([signIn.id], start)).toEqual([null])
    })

    it('says of a logout that no replica has heard of that it may not last', async () => {
      const { master, replica } = await newPair()
      const store = newStore(master, { minReplicas: 1, timeoutMilliseconds: soon }, openClient)
      const signIn = await openConfirmed(newStore(master), newSignIn(start, 'jsmith'))
      await untilReplicated(replica, signIn.id)
      await cut(replica)

      const refusal = await store.end([signIn.id], start).catch((error: unknown) => error)
      const unguarded = await newStore(master).resume([signIn.id], start)
      await failOver(master, replica)
      const [undone] = await newStore(replica).resume([signIn.id], start)

      expect(refusal).toMatchObject(notReplicated)
      expect(unguarded).toEqual([null])
      expect(undone?.handle).toBe(signIn.record.handle)
    })

    it('ends a login again that no replica has acknowledged, and leaves an update as it is', async () => {
      const master = await newServer(RedisServer.start())
      const waiting = newStore(master, { minReplicas: 1, timeoutMilliseconds: soon }, openClient)
      const store = newStore(master)
      const signIn = await open(store, newSignIn(start, 'mmiller'))

      const refusals = await Promise.all([
        tryToOpen(waiting, newSignIn(start, 'jsmith')).catch((error: unknown) => error),
        waiting.update(signIn.id, 0, '{"a":1}', start).catch((error: unknown) => error),
        waiting.endByHandle('of nobody', start).catch((error: unknown) => error)
      ])

      expect(refusals).toEqual([1, 2, 3].map(() => expect.objectContaining(notReplicated) as unknown))
      await expect.poll(() => store.count(start)).toMatchObject({ signedIn: 1, guests: 0 })
      expect((await store.read(signIn.id, start))?.storage).toBe('{"a":1}')
    })

    it('ends the connection of its own when the store is closed, and never the client', async () => {
      const { master } = await newPair()
      const opened = openClient(master.url)
      onTestFinished(() => opened.close())
      const store = new RedisSessionStore({ client: opened.client, minReplicas: 1, timeoutMilliseconds: patience })
      const before = await connections(master)

      await open(store, newSignIn(start, 'jsmith'))
      const during = await connections(master)
      await store.close()

      expect(during).toBe(before + 1)
      await expect.poll(() => connections(master)).toBe(before)
      expect(await store.count(start)).toMatchObject({ signedIn: 1 })
      expect(await store.end([newGuest(start).id], start).catch((error: unknown) => error)).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    })
  })

  it('opens guests, resumes and reads without asking replicas', async () => {
    const master = await newServer(RedisServer.start())
    const store = newStore(master, { minReplicas: 1 })

    const guest = await openConfirmed(store, newGuest(start))
    const read = await store.read(guest.id, start)
    await store.count(start)

    expect(read?.confirmed).toBe(true)
    expect(await calls(master, 'wait')).toBe(0)
  })

  it('lets one barrier serve all that wait', async () => {
    const { master } = await newPair()
    const store = newStore(master, { minReplicas: 1 })
    await store.count(start)

    const answers = await Promise.all(Array.from({ length: 60 }, (_, number) => tryToOpen(store, newSignIn(start, `user ${number}`))))

    expect(new Set(answers)).toEqual(new Set(['created']))
    expect(await calls(master, 'wait')).toBeLessThan(30)
  })

  it('wants as many replicas as it was told', async () => {
    const { master } = await newPair()
    const store = newStore(master, { minReplicas: 2, timeoutMilliseconds: soon })

    const refusal = await store.end([newGuest(start).id], start).catch((error: unknown) => error)

    expect(refusal).toMatchObject({ ...notReplicated, message: expect.stringContaining('Not 2 replicas') as string })
  })

  it('writes nothing where it gets no second connection', async () => {
    const { master } = await newPair()
    const { client: admin } = await newAdmin(master)
    const store = newStore(master, { minReplicas: 1, timeoutMilliseconds: soon })
    const signIn = await open(newStore(master), newSignIn(start, 'jsmith'))
    await store.count(start)
    await admin.configSet('maxclients', '1')

    const refusal = await store.end([signIn.id], start).catch((error: unknown) => error)
    const read = await store.read(signIn.id, start)

    expect(refusal).toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
      cause: { message: expect.stringContaining('max number of clients') as string }
    })
    expect(read?.handle).toBe(signIn.record.handle)
  })

  it('waits no longer when the master dies meanwhile', async () => {
    const { master, replica } = await newPair()
    const store = newStore(master, { minReplicas: 1, timeoutMilliseconds: 60_000 })
    const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'))
    await cut(replica)

    const ending = store.end([signIn.id], start).catch((error: unknown) => error)
    await untilCarriedOut(master, signIn.id)
    await master.kill()

    expect(await ending).toMatchObject(notReplicated)
  })

  it('lets people leave while the memory is full', async () => {
    const { master } = await newPair()
    const { client: admin } = await newAdmin(master)
    const store = newStore(master, { minReplicas: 1 })
    const signIn = await open(store, newSignIn(start, 'jsmith'))
    await admin.configSet('maxmemory', '1')

    const [ended] = await store.end([signIn.id], start)

    expect(ended?.handle).toBe(signIn.record.handle)
  })
})

function newStore(
  server: RedisServer,
  options: Partial<RedisSessionStoreOptions> = {},
  openClient = redisLibraries[0].open
): RedisSessionStore {
  const opened = openClient(server.url)
  const store = new RedisSessionStore({ client: opened.client, timeoutMilliseconds: patience, ...options })
  onTestFinished(async () => {
    await store.close()
    opened.close()
  })
  return store
}

async function newServer(starting: Promise<RedisServer>): Promise<RedisServer> {
  const server = await starting
  onTestFinished(() => server.stop())
  return server
}

/** A master and a replica that follows it. */
async function newPair(): Promise<{ master: RedisServer; replica: RedisServer }> {
  const master = await newServer(RedisServer.start('--repl-diskless-sync-delay', '0'))
  const replica = await newServer(RedisServer.start('--repl-diskless-sync-delay', '0'))
  await connect(replica, master)
  await expect.poll(() => replicationOf(replica)).toContain('master_link_status:up')
  return { master, replica }
}

async function newAdmin(server: RedisServer) {
  const client = createClient({ url: server.url })
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => client.destroy())
  return { client }
}

/** One command on a connection of its own. */
async function ask(server: RedisServer, ...command: string[]): Promise<unknown> {
  const client = await createClient({ url: server.url })
    .on('error', () => undefined)
    .connect()
  try {
    return await client.sendCommand(command)
  } finally {
    client.destroy()
  }
}

async function connect(replica: RedisServer, master: RedisServer): Promise<void> {
  await ask(replica, 'REPLICAOF', '127.0.0.1', String(master.port))
}

/** The replica keeps what it has, and hears of nothing more. */
async function cut(replica: RedisServer): Promise<void> {
  await ask(replica, 'REPLICAOF', '127.0.0.1', '1')
}

async function failOver(master: RedisServer, replica: RedisServer): Promise<void> {
  await master.kill()
  await ask(replica, 'REPLICAOF', 'NO', 'ONE')
}

async function replicationOf(server: RedisServer): Promise<string> {
  return String(await ask(server, 'INFO', 'replication'))
}

async function untilCarriedOut(master: RedisServer, id: string): Promise<void> {
  await expect.poll(() => newStore(master).read(id, start)).toBeNull()
}

async function untilReplicated(replica: RedisServer, id: string): Promise<void> {
  await expect.poll(() => newStore(replica).read(id, start)).not.toBeNull()
}

async function connections(server: RedisServer): Promise<number> {
  const list = String(await ask(server, 'CLIENT', 'LIST', 'TYPE', 'normal'))
  return list.trim().split('\n').length - 1
}

async function calls(server: RedisServer, command: string): Promise<number> {
  const information = String(await ask(server, 'INFO', 'commandstats'))
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(information)?.[1] ?? 0)
}
