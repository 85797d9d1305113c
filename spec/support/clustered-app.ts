import cluster, { type Address } from 'node:cluster'
import { once } from 'node:events'

import express from 'express'
import { createClient } from 'redis'

import { BcryptPool, directoryRouter, StaticProvider } from '../../lib/index.js'
import { RedisSessionStore } from '../../lib/redis.js'
import { users } from './seed-directory.js'

// An app in a cluster of two workers, over Redis where a URL is given: `clustered-app.ts [REDIS_URL]` says its address in a line.
const [redisUrl] = process.argv.slice(2)

async function serveAsWorker(): Promise<void> {
  const client = redisUrl === undefined ? null : createClient({ url: redisUrl })
  client?.on('error', console.error)
  await client?.connect()
  const directory = directoryRouter({
    provider: new StaticProvider({ users }),
    passwords: new BcryptPool({ cost: 4, threads: 1 }),
    ...(client && { store: new RedisSessionStore({ client }) })
  })
  const app = express().use('/rest', directory)
  app.listen(0, '127.0.0.1')
}

async function fork(): Promise<void> {
  // Whoever listens on port 0 in a cluster is given the port of the others.
  const listening = [cluster.fork(), cluster.fork()].map((worker) => once(worker, 'listening') as Promise<[Address]>)
  const addresses = await Promise.all(listening)
  for (const [{ port }] of addresses.slice(1)) console.log(`at http://127.0.0.1:${port}`)
}

void (cluster.isPrimary ? fork() : serveAsWorker())
