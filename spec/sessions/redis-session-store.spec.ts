import { randomBytes } from 'node:crypto'

import { afterAll, beforeAll, describe, it } from 'vitest'

import { RedisSessionStore } from '../../lib/sessions/redis-session-store.js'
import { behavesLikeASessionStore } from '../../lib/testing/behaves-like-a-session-store.js'
import { redisLibraries, type OpenedClient } from '../support/redis-clients.js'
import { describeWithRedis } from '../support/redis-server.js'

describeWithRedis('RedisSessionStore', (server) => {
  for (const { library, open } of redisLibraries) {
    describe(`through ${library}`, () => {
      let opened: OpenedClient

      beforeAll(() => {
        opened = open(server().url)
      })

      afterAll(() => opened.close())

      behavesLikeASessionStore({ describe, it }, () => newStore(opened))
    })
  }
})

function newStore({ client }: OpenedClient): RedisSessionStore {
  return new RedisSessionStore({ client, prefix: `spec-${randomBytes(6).toString('hex')}:` })
}
