import type { AddressInfo } from 'node:net'

import express from 'express'
import { Pool } from 'pg'
import { createClient } from 'redis'

import { BcryptPool, directoryRouter, StaticProvider, type SessionStore } from '../../lib/index.js'
import { PostgresSessionStore } from '../../lib/postgres.js'
import { RedisLoginThrottle, RedisSessionStore } from '../../lib/redis.js'
import { counterRoutes } from './counter-routes.js'
import { Gate } from './gate.js'
import { patience } from './patience.js'
import { groups, users } from './seed-directory.js'

// A server in a process of its own, for specs of several: `directory-process.ts STORE_URL [SESSIONS]` says its address in a line.
const [storeUrl = '', sessions] = process.argv.slice(2)
const gate = new Gate()

async function start(): Promise<void> {
  const { store, throttle } = await open()
  const directory = directoryRouter({
    provider: new StaticProvider({ users, groups }),
    store,
    passwords: new BcryptPool({ cost: 4, threads: 1, maxWaiting: 1000 }),
    ...(throttle && { throttle }),
    ...(sessions !== undefined && { quotas: { sessions: Number(sessions) } })
  })
  const app = express()
  counterRoutes(gate)(app, directory)
  app.get('/open', (_req, res) => {
    gate.open()
    res.end()
  })
  app.get('/reached', (_req, res) => {
    void gate.reached.then(() => res.end())
  })
  const server = app.listen(0, '127.0.0.1', () => {
    console.log(`at http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  })
}

async function open(): Promise<{ store: SessionStore; throttle?: RedisLoginThrottle }> {
  const timeoutMilliseconds = patience
  if (storeUrl.startsWith('postgres')) {
    return { store: new PostgresSessionStore({ pool: new Pool({ connectionString: storeUrl }), timeoutMilliseconds }) }
  }
  const client = createClient({ url: storeUrl })
  client.on('error', () => undefined)
  await client.connect()
  return {
    store: new RedisSessionStore({ client, timeoutMilliseconds }),
    throttle: new RedisLoginThrottle({ client, timeoutMilliseconds })
  }
}

void start()
