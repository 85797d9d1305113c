import { randomBytes } from 'node:crypto'

import { Cluster } from 'ioredis'
import { createClient, createClientPool, createCluster, createSentinel } from 'redis'
import { createCluster as createCluster5, createSentinel as createSentinel5 } from 'redis5'
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest'

import { RedisSessionStore, type RedisClient } from 'express-4d-directory/redis'
import { newGuest, newSignIn, open, openConfirmed, start, tryToOpen } from '../../../lib/testing/store-spec.js'
import { patience } from '../../support/patience.js'
import type { NodeRedis } from '../../support/redis-clients.js'
import { describeWithRedis } from '../../support/redis-server.js'

describeWithRedis(
  'RedisSessionStore under Redis Cluster',
  (server) => {
    const address = () => ({ host: '127.0.0.1', port: server().port })
    const clusters = [
      { library: 'redis 6', openCluster: () => openNodeRedis(createCluster({ rootNodes: [{ url: server().url }] })) },
      { library: 'redis 5', openCluster: () => openNodeRedis(createCluster5({ rootNodes: [{ url: server().url }] })) },
      { library: 'ioredis', openCluster: () => openIoredis(new Cluster([address()])) },
      { library: 'ioredis, reading from replicas', openCluster: () => openIoredis(new Cluster([address()], { scaleReads: 'all' })) }
    ]

    it.each(clusters)('does every verb through $library', async ({ openCluster }) => {
      await serveAllSlots()
      const store = new RedisSessionStore({
        client: await openCluster(),
        prefix: `spec-${randomBytes(6).toString('hex')}:`,
        timeoutMilliseconds: patience
      })
      const guest = await open(store, newGuest(start))

      const signIn = await openConfirmed(store, newSignIn(start, 'jsmith'), { replaces: guest })
      const updated = await store.update(signIn.id, 0, '{"a":1}', start)
      const counted = await store.count(start)
      const ended = await store.endByHandle(signIn.record.handle, start)

      expect(updated).toBe('updated')
      expect(counted).toMatchObject({ signedIn: 1, guests: 0 })
      expect(ended?.storage).toBe('{"a":1}')
    })

    async function serveAllSlots(): Promise<void> {
      const node = await createClient({ url: server().url })
        .on('error', () => undefined)
        .connect()
      onTestFinished(() => node.destroy())
      await node.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', '0', '16383']).catch(() => undefined)
      await expect.poll(() => node.sendCommand(['CLUSTER', 'INFO'])).toContain('cluster_state:ok')
    }
  },
  '--cluster-enabled',
  'yes',
  '--cluster-announce-ip',
  '127.0.0.1'
)

describeWithRedis('RedisSessionStore', (server) => {
  it('works through a pool of connections', async () => {
    const pool = createClientPool({ url: server().url })
    pool.on('error', () => undefined)
    await pool.connect()
    onTestFinished(() => pool.destroy())
    const store = new RedisSessionStore({ client: pool, prefix: 'pool:', timeoutMilliseconds: patience })
    const logins = Array.from({ length: 50 }, (_, number) => newSignIn(start, `user ${number}`))

    const answers = await Promise.all(logins.map((signIn) => tryToOpen(store, signIn, { quotas: { sessions: 7 } })))

    expect(answers.filter((answer) => answer === 'created')).toHaveLength(7)
  })
})

describe('RedisClient', () => {
  it('takes the clients that ask sentinels', () => {
    expectTypeOf<ReturnType<typeof createSentinel>>().toExtend<RedisClient>()
    expectTypeOf<ReturnType<typeof createSentinel5>>().toExtend<RedisClient>()
  })
})

async function openNodeRedis(cluster: NodeRedis): Promise<RedisClient> {
  cluster.on('error', () => undefined)
  await cluster.connect()
  onTestFinished(() => cluster.destroy())
  return cluster
}

function openIoredis(cluster: Cluster): Promise<RedisClient> {
  cluster.on('error', () => undefined)
  onTestFinished(() => cluster.disconnect())
  return Promise.resolve(cluster)
}
