// https://github.com/gx0r/connect-session-knex/issues/72: a promise that nobody awaits rejects, and ends the process.
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { resolve } from 'node:path'

import { afterEach, describe, expect, it } from 'vitest'

import { Program } from '../support/program.js'
import { serve } from '../support/serve.js'
import { StoreWithFaults } from '../support/store-with-faults.js'
import { Visitor } from '../support/visitor.js'

const programs: Program[] = []
afterEach(() => Promise.all(programs.splice(0).map((program) => program.kill())))

describe('a host that awaits nothing', () => {
  it.each([
    ['a visitor', false],
    ['a user', true]
  ])('lives on when its store and its provider are down in the middle of a request of %s', async (_whose, isLoggedIn) => {
    const host = new Program(process.execPath, '--import', 'tsx', resolve('spec/support/forgetful-host.ts'))
    programs.push(host)
    const visitor = new Visitor((await host.says(/at (?<url>\S+)/)).groups?.['url'] ?? '')
    if (isLoggedIn) await visitor.logsInAs('jsmith', 'smith')

    const called = await visitor.asks('/rest/forget')
    // A rejection that nobody has handled ends the process within a few turns of its event loop.
    for (let turn = 0; turn < 50; turn++) await visitor.asks('/still-there')

    expect(called.body).toEqual(expect.arrayContaining(['login', 'signIn', 'logout', 'belongsTo']))
    expect((await visitor.asks('/still-there')).text).toBe('yes')
    expect(host.complaint).not.toContain('nhandled')
  })
})

describe('a host that listens to no error of the sockets that it upgrades', () => {
  // https://github.com/SignalK/signalk-server/issues/751
  it('lives on when a client resets its connection while the session is looked up', async () => {
    const store = new StoreWithFaults()
    const { server, directory } = await serve({ store })
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const socketClosed = new Promise((resolve) => server.once('connection', (socket) => socket.once('close', resolve)))
    const asked = new Promise<unknown>((done) => {
      store.fault('resume', async (proceed) => {
        client.resetAndDestroy()
        await socketClosed
        return proceed()
      })
      server.on('upgrade', (request) => done(directory.sessions.resume(request)))
    })
    await once(client, 'connect')

    client.write(`GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nCookie: WASID4D=${'A'.repeat(32)}\r\n\r\n`)

    // Without a listener, the reset would be an uncaught exception.
    expect(await asked).toBeNull()
  })
})
