import { EventEmitter, once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { resolve } from 'node:path'

import express from 'express'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

import type { DirectoryEvent } from '../../lib/index.js'
import { Program } from '../support/program.js'
import { serve } from '../support/serve.js'
import { Visitor } from '../support/visitor.js'

// Browsers let any page open a WebSocket, and send our cookie along (cross-site WebSocket hijacking, CWE-1385).
describe('A4.4.2: sessions.resume', () => {
  async function logIn() {
    const { url, directory } = await serve()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    const heard: DirectoryEvent[] = []
    directory.events.on('authz_fail', (event) => heard.push(event))
    const upgrade = (headers: Record<string, string>, sessionId = visitor.sessionId ?? '') =>
      ({
        method: 'GET',
        url: '/socket?token=secret',
        headers: { host: 'own.example', upgrade: 'websocket', ...(sessionId && { cookie: `WASID4D=${sessionId}` }), ...headers },
        socket: Object.assign(new EventEmitter(), { remoteAddress: '127.0.0.1' })
      }) as unknown as IncomingMessage
    return { directory, upgrade, heard }
  }

  it.each<[string, Record<string, string>, boolean]>([
    ['the own page', { origin: 'https://own.example' }, true],
    ['a program', {}, true],
    ['another site', { origin: 'https://evil.example' }, false],
    ['a sibling host', { origin: 'https://other.own.example' }, false],
    ['another port of the host', { origin: 'http://own.example:8080' }, false],
    ['a page that hides itself', { origin: 'null' }, false],
    ['a page of another site, as its browser says', { origin: 'https://own.example', 'sec-fetch-site': 'cross-site' }, false]
  ])('is somebody for %s, or nobody', async (_who, headers, isSomebody) => {
    const { directory, upgrade } = await logIn()
    vi.spyOn(process, 'emitWarning').mockReturnValue()
    onTestFinished(() => void vi.restoreAllMocks())

    const resumed = await directory.sessions.resume(upgrade(headers))

    expect(resumed?.user?.userName ?? null).toBe(isSomebody ? 'jsmith' : null)
  })

  it('tells the audit trail of each refusal, without the query, and warns once', async () => {
    const { directory, upgrade, heard } = await logIn()
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
    onTestFinished(() => void vi.restoreAllMocks())

    for (let attempt = 0; attempt < 3; attempt++) await directory.sessions.resume(upgrade({ origin: 'https://evil.example' }))

    expect(heard.map(({ reason }) => reason)).toEqual(Array(3).fill('ERR_CROSS_SITE GET /socket'))
    expect(warned).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('allowedOrigins'), expect.anything())
  })

  it('says nothing of a page of another origin that brings no cookie of ours', async () => {
    const { directory, upgrade, heard } = await logIn()

    expect(await directory.sessions.resume(upgrade({ origin: 'https://evil.example' }, ''))).toBeNull()
    expect(heard).toEqual([])
  })

  it('believes X-Forwarded-Host where the app that it is given trusts its proxy', async () => {
    const { directory, upgrade } = await logIn()
    const [trusting, other] = [express(), express()]
    trusting.set('trust proxy', 'loopback')
    vi.spyOn(process, 'emitWarning').mockReturnValue()
    onTestFinished(() => void vi.restoreAllMocks())
    const behindProxy = upgrade({ host: '127.0.0.1:3000', 'x-forwarded-host': 'own.example', origin: 'https://own.example' })

    const names = [await directory.sessions.resume(behindProxy, trusting), await directory.sessions.resume(behindProxy, other)]

    expect(names.map((resumed) => resumed?.user?.userName)).toEqual(['jsmith', undefined])
  })
})

/** The server of the documented example, with a store that is down for one id, and slow for another. */
const program = `
const { createServer } = require('node:http')
const { directoryRouter, LruSessionStore, StaticProvider } = require(${JSON.stringify(resolve('lib/index.ts'))})

class Store extends LruSessionStore {
  async resume(ids, now) {
    if (ids[0].startsWith('D')) throw new Error('ECONNREFUSED')
    await new Promise((done) => setImmediate(done))
    console.log('asked for ' + ids[0].slice(0, 4))
    return super.resume(ids, now)
  }
}

const directory = directoryRouter({ provider: new StaticProvider({ users: [] }), store: new Store() })
const server = createServer()
server.on('upgrade', (request, socket) => {
  socket.on('error', () => socket.destroy())
  socket.on('close', () => console.log('closed'))
  directory.sessions.resume(request).then(
    (resumed) => { if (resumed?.user == null) socket.end('HTTP/1.1 401 Unauthorized\\r\\nConnection: close\\r\\n\\r\\n') },
    () => socket.end('HTTP/1.1 503 Service Unavailable\\r\\nConnection: close\\r\\n\\r\\n')
  )
})
server.listen(0, '127.0.0.1', () => console.log('listening on ' + server.address().port))
`

describe('A4.4.2: a server of WebSockets', () => {
  it('answers a refused one, a client that resets and a store that is down, and goes on', async () => {
    const server = new Program(process.execPath, '--import', 'tsx', '-e', program)
    onTestFinished(() => server.kill())
    const [, port = ''] = await server.says(/listening on (\d+)/)
    const upgrade = (id: string, headers = ''): Socket => {
      const socket = connect(Number(port), '127.0.0.1')
      socket.write(
        `GET / HTTP/1.1\r\nHost: own.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nCookie: WASID4D=${id.repeat(32)}\r\n${headers}\r\n`
      )
      return socket
    }
    const answerTo = async (socket: Socket): Promise<string> => String(((await once(socket, 'data')) as [Buffer])[0]).slice(9, 12)

    const resetting = upgrade('A')
    await once(resetting, 'connect')
    resetting.resetAndDestroy()
    await server.says(/closed/)
    const statuses = [
      await answerTo(upgrade('D')),
      await answerTo(upgrade('B', 'Origin: https://evil.example\r\n')),
      await answerTo(upgrade('C'))
    ]

    expect(statuses).toEqual(['503', '401', '401'])
    expect(server.printed).not.toContain('asked for BBBB')
  })
})
