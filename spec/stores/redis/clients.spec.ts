import { createRequire } from 'node:module'

import { Redis as Upstash } from '@upstash/redis'
import { Cluster, Redis } from 'ioredis'
import { createClient, createClientPool, createCluster, createSentinel } from 'redis'
import { createClient as createClient4 } from 'redis4'
import { describe, expect, it } from 'vitest'

import { RedisLoginThrottle, RedisSessionStore, type RedisClient } from 'express-4d-directory/redis'
import { mayReadFromReplicas } from '../../../lib/stores/redis/client.js'

/** Without types of its own. */
const redis3 = createRequire(__filename)('redis3') as {
  createClient(options: object): { on(event: 'error', listener: () => void): unknown }
}

/** Nobody answers there: port 1 is tcpmux's. */
const nowhere = { host: '127.0.0.1', port: 1 }
const cluster = { rootNodes: [{ socket: nowhere }] }

describe('a client that does not fit', () => {
  const clientOf3 = redis3.createClient({ ...nowhere, retry_strategy: () => new Error('no') })
  clientOf3.on('error', () => undefined)

  it.each([
    ['of @upstash/redis', new Upstash({ url: 'http://127.0.0.1:1', token: 'secret' }), /@upstash\/redis asks over HTTP/],
    ['of redis 3', clientOf3, /redis 3 return no promises: update redis/],
    ["in redis 4's legacyMode", createClient4({ legacyMode: true }), /legacyMode of redis 4/],
    ['made by legacy()', createClient().legacy(), /pass the client itself/],
    ['not there', undefined, /received undefined/],
    ['a URL', 'redis://user:secret@127.0.0.1', /received 'redis:/],
    ['not awaited', Promise.resolve(createClient()), /received a promise; write await before it/],
    ['the class', Redis, /received (a function|the class)/],
    ['something else', new Map(), /received an instance of Map/]
  ])('is refused when a store or a throttle is made: %s', (_, given: unknown, message) => {
    const client = given as RedisClient
    const wanted = /^client must be a client of redis 5 or 6 \(createClient\) or of ioredis \(new Redis\), received /

    for (const make of [() => new RedisSessionStore({ client }), () => new RedisLoginThrottle({ client })]) {
      expect(make).toThrow(wanted)
      expect(make).toThrow(message)
      expect(make).not.toThrow(/secret/)
    }
  })

  it.each([
    ['a pool', createClientPool({ socket: nowhere }), 'a pool'],
    ['a cluster client of redis', createCluster(cluster), 'a cluster'],
    ['a cluster client of ioredis', new Cluster([nowhere], { lazyConnect: true }), 'a cluster'],
    ['a sentinel client of redis', createSentinel({ name: 'main', sentinelRootNodes: [nowhere] }), 'a sentinel client'],
    ['ioredis asking sentinels', new Redis({ sentinels: [nowhere], name: 'main', lazyConnect: true }), 'a sentinel client']
  ])('is refused with minReplicas, and taken without: %s', (_, client, kind) => {
    expect(() => new RedisSessionStore({ client, minReplicas: 1 })).toThrow(
      `minReplicas needs a client of one connection (createClient or new Redis), received ${kind}`
    )
    expect(() => new RedisSessionStore({ client })).not.toThrow()
  })

  it.each([
    ['slideAfterSeconds', { slideAfterSeconds: -1 }],
    ['slideAfterSeconds', { slideAfterSeconds: 0.5 }],
    ['maxUnconfirmed', { maxUnconfirmed: 0 }],
    ['minReplicas', { minReplicas: '1' as unknown as number }],
    ['slideSeconds', { slideSeconds: 1 }]
  ])('is not the only thing checked: %s', (name, options) => {
    expect(() => new RedisSessionStore({ client: createClient(), ...options })).toThrow(name)
  })
})

describe('a plain read', () => {
  it.each([
    ['a client of redis', createClient({ socket: nowhere }), false],
    ['a pool', createClientPool({ socket: nowhere }), false],
    ['a client of ioredis', new Redis({ lazyConnect: true }), false],
    ['ioredis asking sentinels', new Redis({ sentinels: [nowhere], name: 'main', lazyConnect: true }), false],
    ['a cluster', createCluster(cluster), false],
    ['a cluster that reads from replicas', createCluster({ ...cluster, useReplicas: true }), true],
    ['a cluster of ioredis', new Cluster([nowhere], { lazyConnect: true }), false],
    ['a cluster of ioredis that reads from replicas', new Cluster([nowhere], { lazyConnect: true, scaleReads: 'slave' }), true],
    ['a cluster of ioredis that reads from all', new Cluster([nowhere], { lazyConnect: true, scaleReads: 'all' }), true],
    ['a sentinel client', createSentinel({ name: 'main', sentinelRootNodes: [nowhere] }), true]
  ])('may be answered by a replica that has not heard of a logout yet, with %s: %s', (_, client, expected) => {
    expect(mayReadFromReplicas(client)).toBe(expected)
  })
})
