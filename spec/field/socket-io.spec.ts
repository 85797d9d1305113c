import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { Server, type Socket } from 'socket.io'
import { io as connectTo, type Socket as ClientSocket } from 'socket.io-client'
import { describe, expect, it, onTestFinished } from 'vitest'

import { directoryRouter, type RequestDirectory, type RestDirectory, StaticProvider } from '../../lib/index.js'
import { openSession } from '../../lib/testing.js'
import { groups, users } from '../support/seed-directory.js'
import { expectWarnings } from '../support/quiet-warnings.js'
import { ask } from '../support/visitor.js'

expectWarnings('EXPRESS_4D_DIRECTORY_LATE')

const [jsmith] = users

type Middleware = 'sessionMiddleware' | 'resumeMiddleware'

interface SocketServer {
  readonly directory: RestDirectory
  readonly url: string
  readonly connect: (transport: string, headers: Readonly<Record<string, string>>) => ClientSocket
}

/** A socket.io server that tells each client who it is, and does with its directory what the client asks for. */
async function serveSockets(middleware: Middleware, options: ConstructorParameters<typeof Server>[1] = {}): Promise<SocketServer> {
  const directory = directoryRouter({ provider: new StaticProvider({ users, groups }), cookie: { secure: false } })
  const server = createServer()
  const io = new Server(server, options)
  io.engine.use(directory[middleware])
  io.on('connection', (socket) => {
    const own = directoryOf(socket)
    socket.emit('user', own.user?.userName ?? null)
    socket.on('sign in', (answer: (said: string) => void) => {
      own.signIn(jsmith).then(
        () => answer('signed in'),
        (error: unknown) => answer(String(error))
      )
    })
    socket.on('count', (answer: (said: unknown) => void) => {
      void own.session?.update((storage) => void (storage.count = (storage.count ?? 0) + 1)).then(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  onTestFinished(async () => {
    await io.close()
    await directory.close()
  })
  const connect = (transport: string, extraHeaders: Readonly<Record<string, string>>) => {
    const client = connectTo(url, { transports: [transport], extraHeaders, reconnection: false, forceNew: true })
    onTestFinished(() => void client.close())
    return client
  }
  return { directory, url, connect }
}

function directoryOf({ request }: Socket): RequestDirectory {
  return (request as typeof request & { readonly directory: RequestDirectory }).directory
}

/** Who the server says that the client is; an error where it lets nobody in. */
function userOf(client: ClientSocket): Promise<string | null> {
  return new Promise((resolve, reject) => {
    client.on('user', resolve)
    client.on('connect_error', reject)
  })
}

const forwarded = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' }

describe.each(['polling', 'websocket'])('socket.io by %s', (transport) => {
  it.each<Middleware>(['sessionMiddleware', 'resumeMiddleware'])('knows by io.engine.use(%s) whose its sockets are', async (middleware) => {
    const { directory, connect } = await serveSockets(middleware)
    const { cookie } = await openSession(directory, jsmith)

    const names = [await userOf(connect(transport, { cookie, ...forwarded })), await userOf(connect(transport, forwarded))]

    expect(names).toEqual(['jsmith', null])
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
  })

  it('may update the session of a socket', async () => {
    const { directory, connect } = await serveSockets('sessionMiddleware')
    const { cookie } = await openSession(directory, jsmith)
    const client = connect(transport, { cookie })
    await userOf(client)

    const counts = [await client.emitWithAck('count'), await client.emitWithAck('count')] as unknown[]

    expect(counts).toEqual([{ count: 1 }, { count: 2 }])
  })

  it('cannot log in by a socket, whose handshake has been answered: no cookie could go out', async () => {
    const { directory, connect } = await serveSockets('sessionMiddleware')
    const client = connect(transport, {})
    await userOf(client)

    const said = (await client.emitWithAck('sign in')) as unknown

    expect(said).toMatch(/signIn came after the headers of the answer/)
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it('A4.4.2: lets no page of another site in with the cookie of a user', async () => {
    const { directory, connect } = await serveSockets('sessionMiddleware', { cors: { origin: true, credentials: true } })
    const { cookie } = await openSession(directory, jsmith)

    await expect(userOf(connect(transport, { cookie, origin: 'https://evil.example' }))).rejects.toThrow()
  })
})

describe('the handshake of socket.io', () => {
  it('sends its own cookie after ours, and both as they are', async () => {
    const { directory, url } = await serveSockets('sessionMiddleware', { cookie: true })
    const { cookie } = await openSession(directory, jsmith)

    const { setCookies } = await ask(`${url}/socket.io/?EIO=4&transport=polling`, { headers: { cookie } })

    expect(setCookies).toEqual([expect.stringMatching(/^WASID4D=[0-9A-F]{32}; /), expect.stringMatching(/^io=/)])
  })
})
