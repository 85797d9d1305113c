import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'

import { describe, expect, it } from 'vitest'

import { openSession } from '../../lib/testing.js'
import { channelKinds, type ChannelKind } from '../support/channels.js'
import { Gate } from '../support/gate.js'
import { users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { isDown, StoreWithFaults } from '../support/store-with-faults.js'
import { expectWarnings } from '../support/quiet-warnings.js'

expectWarnings('EXPRESS_4D_DIRECTORY_UPGRADE')

const [jsmith] = users
/** So long that no check comes in a spec that is not about them. */
const never = 1_000_000

/** A recipe's channels over an app of the spec's own, whose clock and store can be set. */
async function serveChannels(kind: ChannelKind, checkMilliseconds = never) {
  const store = new StoreWithFaults()
  const served = await serve({ store }, () => undefined)
  const attached = kind.attach(served, checkMilliseconds)
  const { cookie, handle } = await openSession(served.directory, jsmith)
  return { ...served, store, cookie, handle, connect: (headers: Record<string, string>) => attached.connect(served.url, headers) }
}

describe.each(channelKinds)('The recipe "$name"', (kind) => {
  it('ends at the logout, at the next check', async () => {
    const { directory, handle, connect: open, cookie } = await serveChannels(kind, 10)
    const channel = await open({ cookie })

    await directory.sessions.end(handle)

    expect(await channel.ended).toBe(kind.endedBySession)
  })

  it('serves nothing any more of a session that has ended, before any check', async () => {
    const { directory, handle, connect: open, cookie } = await serveChannels(kind)
    const channel = await open({ cookie })
    await directory.sessions.end(handle)

    void channel.use().catch(() => undefined)

    expect(await channel.ended).toBe(kind.endedBySession)
  })

  it('keeps its session alive while it is used, and no longer', async () => {
    const { clock, connect: open, cookie } = await serveChannels(kind)
    const channel = await open({ cookie })

    for (let hour = 0; hour < 3; hour++) {
      clock.passMinutes(59)
      expect(await channel.use()).toContain('jsmith')
    }
    clock.passMinutes(60)
    void channel.use().catch(() => undefined)

    expect(await channel.ended).toBe(kind.endedBySession)
  })

  it('does not extend the session by its checks', async () => {
    const { clock, connect: open, cookie } = await serveChannels(kind, 10)
    const channel = await open({ cookie })
    clock.passMinutes(59)
    await new Promise((resolve) => setImmediate(resolve))

    clock.passMinutes(1)

    expect(await channel.ended).toBe(kind.endedBySession)
  })

  it.each([
    ['nobody', {}],
    ['a cookie that stands for nothing', { cookie: `WASID4D=${'A'.repeat(32)}` }]
  ])('refuses %s', async (_whom, headers) => {
    const { connect: open } = await serveChannels(kind)

    await expect(open(headers)).rejects.toThrow(kind.refusal)
  })

  it('A4.4.2: gives a page of another site nothing', async () => {
    const { connect: open, cookie } = await serveChannels(kind)
    const page = { cookie, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }

    const heard = await open(page).then(
      ({ use }) => use(),
      () => 'refused'
    )

    expect(heard).not.toContain('jsmith')
  })

  it('A4.4.2: answers a client while the store is down, and serves the next when it is up again', async () => {
    const { connect: open, cookie, store } = await serveChannels(kind)
    store.fault('resume', isDown)

    await expect(open({ cookie })).rejects.toThrow(kind.unavailable)
    store.fault('resume', null)

    expect(await (await open({ cookie })).use()).toContain('jsmith')
  })

  it('outlives a store that is down while it is open', async () => {
    const { connect: open, cookie, store } = await serveChannels(kind, 10)
    const channel = await open({ cookie })
    const asked = new Promise<void>((resolve) => {
      store.fault('read', () => (resolve(), isDown(() => Promise.reject(new Error()))))
    })
    await asked
    store.fault('read', null)

    expect(await channel.use()).toContain('jsmith')
  })

  it('A4.4.2: outlives a client that resets its connection while the store is asked', async () => {
    const { server, connect: open, cookie, store } = await serveChannels(kind)
    const gate = new Gate()
    store.fault('resume', async (proceed) => (await gate.pass(), proceed()))
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const gone = new Promise((resolve) => server.once('connection', (socket) => socket.once('close', resolve)))
    await once(client, 'connect')
    client.write(`GET ${kind.rawPath} HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\n${kind.rawHeaders}\r\n\r\n`)
    await gate.reached

    client.resetAndDestroy()
    await gone
    store.fault('resume', null)
    gate.open()

    expect(await (await open({ cookie })).use()).toContain('jsmith')
  })

  it('ends with the directory', async () => {
    const { directory, connect: open, cookie } = await serveChannels(kind)
    const channel = await open({ cookie })

    await directory.close()

    expect(await channel.ended).toBe(kind.endedByClosing)
  })
})
