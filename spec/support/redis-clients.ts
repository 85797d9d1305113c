import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { createClient as createClient5 } from 'redis5'

import type { RedisClient } from '../../lib/stores/redis/client.js'

/** A client of one of the libraries, as a host makes it, and how the host ends it. */
export interface OpenedClient {
  readonly client: RedisClient
  close(): void
}

/** The clients that hosts use, each with the settings that it comes with: all of them queue and reconnect for ever. */
export const redisLibraries = [
  { library: 'redis 6', open: (url: string) => openNodeRedis(createClient({ url })) },
  { library: 'redis 5', open: (url: string) => openNodeRedis(createClient5({ url })) },
  { library: 'ioredis', open: openIoredis }
] as const

/** What specs use of `redis` 5 and 6, clients and clusters: their own types take the compiler half a minute to tell apart. */
export type NodeRedis = RedisClient & {
  on(event: 'error', listener: () => void): unknown
  connect(): Promise<unknown>
  destroy(): void
}

function openNodeRedis(client: NodeRedis): OpenedClient {
  client.on('error', () => undefined)
  client.connect().catch(() => undefined)
  return { client, close: () => client.destroy() }
}

function openIoredis(url: string): OpenedClient {
  const client = new Redis(url)
  client.on('error', () => undefined)
  return { client, close: () => client.disconnect() }
}
