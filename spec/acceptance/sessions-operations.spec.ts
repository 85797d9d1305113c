import { once } from 'node:events'
import { createServer } from 'node:http'

import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'

import { collect } from '../support/collect.js'
import { counterRoutes } from '../support/counter-routes.js'
import { serve } from '../support/serve.js'
import { users } from '../support/seed-directory.js'
import { ask, Visitor } from '../support/visitor.js'

const jsmith = users[0].ID

/** Two sessions of jsmith, one of john and a guest. */
async function fourSessions() {
  const served = await serve({}, counterRoutes())
  const [laptop, phone, john, guest] = [new Visitor(served.url), new Visitor(served.url), new Visitor(served.url), new Visitor(served.url)]
  await laptop.logsInAs('jsmith', 'smith', { 'user-agent': 'laptop' })
  await phone.logsInAs('jsmith', 'smith', { 'user-agent': 'phone' })
  await john.logsInAs('john', '123')
  await guest.isKnownAs()
  const known = () => Promise.all([laptop, phone, john].map((visitor) => visitor.isKnownAs()))
  return { ...served, laptop, phone, john, guest, known }
}

async function handleOf(visitor: Visitor): Promise<string> {
  return (await visitor.asks('/rest/handle')).body as string
}

describe('A7.5.2: the list of sessions', () => {
  it('shows created, last seen, address and user agent, and never an id', async () => {
    const { url, clock, directory } = await serve()
    const visitor = new Visitor(url)
    const createdAt = clock.now()
    await visitor.logsInAs('jsmith', 'smith', { 'user-agent': `Browser ${'x'.repeat(300)}` })
    clock.passMinutes(10)
    await visitor.isKnownAs()

    const sessions = await collect(directory.sessions.list())

    expect(sessions).toEqual([
      {
        handle: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown,
        userID: jsmith,
        userName: 'jsmith',
        ip: expect.stringContaining('127.0.0.1') as unknown,
        userAgent: `Browser ${'x'.repeat(300)}`.slice(0, 200),
        createdAt: new Date(createdAt),
        lastSeenAt: new Date(clock.now()),
        expirationDate: new Date(clock.now() + 60 * 60_000),
        confirmed: true
      }
    ])
    expect(JSON.stringify(sessions)).not.toContain(visitor.sessionId)
  })

  it('is of all, or of one user, by ID', async () => {
    const { directory } = await fourSessions()

    const names = async (userID?: string) =>
      (await collect(directory.sessions.list(userID === undefined ? {} : { userID }))).map(({ userName }) => userName)

    expect((await names()).sort()).toEqual(['', 'john', 'jsmith', 'jsmith'])
    expect(await names(jsmith)).toEqual(['jsmith', 'jsmith'])
    expect(await names('nobody')).toEqual([])
    expect(await directory.sessions.count()).toEqual({ signedIn: 3, guests: 1 })
  })
})

describe("A7.4.3: ending a user's sessions", () => {
  it('but one keeps the caller and nobody else of that user', async () => {
    const { directory, laptop, known } = await fourSessions()

    const ended = await directory.sessions.endUser(jsmith, { except: await handleOf(laptop) })

    expect(ended).toBe(1)
    expect(await known()).toEqual(['jsmith', null, 'john'])
  })
})

describe('A7.4.5: an operator', () => {
  it('ends all sessions of a user', async () => {
    const { directory, known } = await fourSessions()

    expect(await directory.sessions.endUser(jsmith)).toBe(2)
    expect(await known()).toEqual([null, null, 'john'])
  })

  it('ends all sessions, guests included', async () => {
    const { directory, known } = await fourSessions()

    expect(await directory.sessions.endAll()).toBe(4)
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
    expect(await known()).toEqual([null, null, null])
  })

  it('ends one session by its handle, once', async () => {
    const { directory, phone, known } = await fourSessions()
    const handle = await handleOf(phone)

    expect([await directory.sessions.end(handle), await directory.sessions.end(handle)]).toEqual([true, false])
    expect(await known()).toEqual(['jsmith', null, 'john'])
  })

  it('cannot end or take over a session by what is not its handle, nor use a handle as a cookie', async () => {
    const { directory, url, phone } = await fourSessions()
    const handle = await handleOf(phone)

    expect(await directory.sessions.end(phone.sessionId ?? '')).toBe(false)
    const { body } = await ask(`${url}/rest/$directory/currentUser`, {
      headers: { cookie: `WASID4D=${handle.toUpperCase()}${handle.toUpperCase()}` }
    })

    expect(body).toEqual({ result: null })
    expect(await phone.isKnownAs()).toBe('jsmith')
  })
})

describe('a WebSocket upgrade', () => {
  /** A WebSocket server of the host's, which tells each client who it is and counts in its session. */
  async function serveSockets(options: Parameters<typeof serve>[0] = {}) {
    const served = await serve(options, counterRoutes())
    const server = createServer()
    const sockets = new WebSocketServer({ noServer: true })
    server.on('upgrade', (request, socket, head) => {
      void served.directory.sessions.resume(request).then(
        (resumed) => {
          if (resumed === null) {
            socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n')
            return
          }
          sockets.handleUpgrade(request, socket, head, (client) => {
            client.on('message', () => {
              void resumed.session
                .update((storage) => void (storage.count = (storage.count ?? 0) + 1))
                .then((storage) => client.send(JSON.stringify(storage)))
            })
            client.send(JSON.stringify(resumed.user?.userName ?? null))
          })
        },
        () => socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n')
      )
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      for (const client of sockets.clients) client.terminate()
      sockets.close()
      server.close()
    })
    const { port } = server.address() as { port: number }
    const connect = (sessionId: string | null) =>
      new WebSocket(`ws://127.0.0.1:${port}/`, { headers: sessionId === null ? {} : { cookie: `WASID4D=${sessionId}` } })
    return { ...served, connect }
  }

  async function nextMessage(socket: WebSocket): Promise<unknown> {
    const [data] = (await once(socket, 'message')) as [Buffer]
    return JSON.parse(data.toString()) as unknown
  }

  it('finds the user and the session of its cookie, slides it, and may update it', async () => {
    const { url, clock, connect } = await serveSockets()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    clock.passMinutes(59)

    const socket = connect(visitor.sessionId)
    expect(await nextMessage(socket)).toBe('jsmith')
    clock.passMinutes(59)
    socket.send('count')

    expect(await nextMessage(socket)).toEqual({ count: 1 })
    expect((await visitor.asks('/rest/storage')).body).toEqual({ count: 1 })
  })

  it('of which the session ends meanwhile updates nothing any more', async () => {
    const { url, connect } = await serveSockets()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    const socket = connect(visitor.sessionId)
    await nextMessage(socket)

    await visitor.logsOut()
    socket.send('count')

    expect(await nextMessage(socket)).toBeNull()
  })

  it.each([
    ['no cookie', null],
    ['a made-up cookie', 'C0FFEE00C0FFEE00C0FFEE00C0FFEE00']
  ])('with %s finds nobody and opens nothing', async (_what, sessionId) => {
    const { directory, connect } = await serveSockets()

    const [request, answer] = (await once(connect(sessionId), 'unexpected-response')) as [{ destroy(): void }, { statusCode: number }]
    request.destroy()

    expect(answer.statusCode).toBe(401)
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })
})
