// https://github.com/jshttp/proxy-addr/issues/9: what a server takes for its clients' address.
import { describe, expect, it } from 'vitest'

import { collect } from '../support/collect.js'
import { users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { Visitor } from '../support/visitor.js'

const madeUp = '203.0.113.7'.repeat(1400)

describe('an address of 15 KB, which a proxy passes on', () => {
  it('is cut wherever it goes: to the provider, into the session and into the events', async () => {
    const seen: (string | undefined)[] = []
    const provider = {
      authenticate: (_credentials: object, from: { ip: string }) => {
        seen.push(from.ip)
        return Promise.resolve(users[0])
      }
    }
    const { url, directory } = await serve({ provider }, (app, router) => app.set('trust proxy', 1).use('/rest', router))
    directory.events.on('event', ({ ip }) => seen.push(ip))

    await new Visitor(url).logsInAs('jsmith', 'smith', { 'x-forwarded-for': madeUp })

    const [session] = await collect(directory.sessions.list())
    expect([session?.ip, ...new Set(seen)]).toEqual([madeUp.slice(0, 64), madeUp.slice(0, 64)])
  })
})
