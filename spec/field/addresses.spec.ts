// https://github.com/jshttp/proxy-addr/issues/9: what a server takes for the address of its clients.
import { once } from 'node:events'
import { request, type RequestListener } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

import express, { type Express } from 'express'
import { describe, expect, it } from 'vitest'

import type { RestDirectory } from '../../lib/index.js'
import { collect } from '../support/collect.js'
import { hearWarnings } from '../support/hear-warnings.js'
import { users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { serveOnSocket } from '../support/serve-on-socket.js'
import { ask, Visitor } from '../support/visitor.js'

/** The server, and how a proxy logs somebody in through its socket. */
async function serveProxied(listenerFor: (directory: RestDirectory) => RequestListener) {
  const { socketPath, directory } = await serveOnSocket(listenerFor)
  const logIn = (userName: string, password: string, from: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const headers = { host: 'localhost', 'x-forwarded-for': from, 'username-4D': userName, 'password-4D': password }
      const asked = request({ socketPath, path: '/rest/$directory/login', method: 'POST', headers, agent: false }, (answer) => {
        resolve(answer.resume().statusCode)
      })
      asked.on('error', reject).end()
    })
  return { directory, logIn }
}

function withTrust(setting: unknown): (directory: RestDirectory) => Express {
  return (directory) => {
    const app = express()
    if (setting !== undefined) app.set('trust proxy', setting)
    return app.use('/rest', directory)
  }
}

describe('a server on a unix socket', () => {
  it.each([[undefined], ['loopback'], [['127.0.0.1', '10.0.0.0/8']]])(
    'under trust proxy %j warns once that no request has an address, and counts none',
    async (setting) => {
      const warnings = hearWarnings()
      const { directory, logIn } = await serveProxied(withTrust(setting))

      for (const turn of [1, 2, 3]) await logIn(`guess ${turn}`, 'x', `203.0.113.${turn}`)
      const status = await logIn('jsmith', 'smith', '198.51.100.9')

      expect(status).toBe(200)
      expect((await collect(directory.sessions.list())).map(({ ip }) => ip)).toEqual([''])
      const ofAddresses = warnings.filter(({ code }) => code === 'NO_ADDRESS')
      expect(ofAddresses).toHaveLength(1)
      expect(ofAddresses[0]?.message).toContain("app.set('trust proxy', 1)")
    }
  )

  it('under trust proxy 1, as the warning says, counts each client by its own address', async () => {
    const warnings = hearWarnings()
    const { directory, logIn } = await serveProxied(withTrust(1))

    for (let turn = 0; turn < 100; turn++) await logIn(`guess ${turn}`, 'x', '203.0.113.7')
    const statuses = [await logIn('jsmith', 'smith', '203.0.113.7'), await logIn('jsmith', 'smith', '198.51.100.9')]

    expect(statuses).toEqual([429, 200])
    expect((await collect(directory.sessions.list())).map(({ ip }) => ip)).toEqual(['198.51.100.9'])
    expect(warnings).toEqual([])
  })

  it.each(['unix:', 'unknown'])('behind a proxy that says %j for where it was asked from warns, and counts none', async (said) => {
    const warnings = hearWarnings()
    const { logIn } = await serveProxied(withTrust(1))

    for (let turn = 0; turn < 100; turn++) await logIn(`guess ${turn}`, 'x', said)

    expect(await logIn('jsmith', 'smith', said)).toBe(200)
    expect(warnings.map(({ code }) => code)).toEqual(['NO_ADDRESS'])
  })

  it('that is not Express warns as well', async () => {
    const warnings = hearWarnings()
    const { logIn } = await serveProxied((directory) => (req, res) => {
      directory.sessionMiddleware(req, res, () => res.end())
    })

    await logIn('jsmith', 'smith', '203.0.113.7')

    expect(warnings.map(({ code }) => code)).toEqual(['NO_ADDRESS'])
  })
})

describe('a client over the network', () => {
  it('that has hung up by the time its request is served is no reason to warn of missing addresses', async () => {
    const warnings = hearWarnings()
    let served: unknown
    const { server } = await serve({}, (app, directory) => {
      app.use((req, _res, next) => {
        req.socket.once('close', () => next())
      })
      app.use(directory.sessionMiddleware)
      app.use((req, res) => {
        served = req.directory.user
        res.end()
      })
    })
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(server, 'request')

    client.destroy()

    await expect.poll(() => served).toBeNull()
    expect(warnings).toEqual([])
  })
})

describe("Express' trust proxy", () => {
  it.each([
    ['true', true],
    ['a function that says yes', () => true],
    ['every address there is', '0.0.0.0/1, 128.0.0.0/1'],
    ['every address of one family', ['2000::/3']],
    ['more proxies than there can be', 1000]
  ])('that is %s lets clients choose their address, which is warned of once', async (_what, setting) => {
    const warnings = hearWarnings()
    const { url } = await serve({}, (app, directory) => app.set('trust proxy', setting).use('/rest', directory))

    for (const path of ['currentUser', 'logout', 'currentUser']) await ask(`${url}/rest/$directory/${path}`)

    expect(warnings.map(({ code }) => code)).toEqual(['TRUST_EVERYBODY'])
    expect(warnings[0]?.message).toContain("app.set('trust proxy', 1)")
  })

  it.each([
    ['one proxy', 1],
    ['three', 3],
    ['this host', 'loopback'],
    ['a list', ['10.0.0.0/8', 'uniquelocal']],
    ['a function that knows its proxies', (address: string) => address === '10.1.2.3'],
    [
      'a function that knows of no others',
      (address: string) => {
        if (!address.startsWith('127.')) throw new Error('not ours')
        return true
      }
    ],
    ['false', false]
  ])('that is %s is not', async (_what, setting) => {
    const warnings = hearWarnings()
    const { url } = await serve({}, (app, directory) => app.set('trust proxy', setting).use('/rest', directory))

    const { status } = await ask(`${url}/rest/$directory/currentUser`)

    expect([status, warnings]).toEqual([200, []])
  })
})

describe('an address of 15 KB, which a proxy passes on', () => {
  it('is cut wherever it goes: to the provider, into the session and into the events', async () => {
    const madeUp = '203.0.113.7'.repeat(1400)
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
