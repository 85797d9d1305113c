import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

import type { DirectoryUser, RestDirectory } from 'express-4d-directory'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'

/** What a socket is answered with; the host's own part. */
export type Talk = (user: DirectoryUser, message: string) => string

/** In the range that RFC 6455 leaves to applications: the page should log in again before it comes back. */
const sessionEnded = 4401
/** RFC 6455 section 7.4.1: the server goes away. */
const goingAway = 1001

/**
 * Opens WebSockets for who is logged in, and closes each when its session ends. A message counts as a request: it extends the session, and from an ended one none is
 * heard. A socket that is merely open does not.
 */
export function serveSockets(server: Server, directory: RestDirectory, talk: Talk, checkMilliseconds: number): WebSocketServer {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 65_536 })

  server.on('upgrade', (request, socket, head) => {
    // Node has taken its own listener off: a client that resets its connection would end the process.
    socket.on('error', () => socket.destroy())
    open(request, socket, head).catch(() => {
      // The store is down, so it is not known whose the cookie is. The client may try again.
      refuse(socket, '503 Service Unavailable', 'Retry-After: 5\r\n')
    })
  })

  async function open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // `null` also for a page of another site, which any browser lets open a WebSocket here, cookie and all.
    const resumed = await directory.sessions.resume(request)
    if (resumed?.user == null) {
      refuse(socket, '401 Unauthorized')
      return
    }
    const { user, session } = resumed
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => client.terminate())
      client.on('message', (data) => void hear(client, request, data))
      closeWhenEnded(client, () => session.isLive())
      client.send(`Hello ${user.fullName}`)
    })
  }

  async function hear(client: WebSocket, request: IncomingMessage, data: RawData): Promise<void> {
    try {
      const resumed = await directory.sessions.resume(request)
      if (resumed?.user == null) client.close(sessionEnded, 'The session has ended')
      else client.send(talk(resumed.user, textOf(data)))
    } catch {
      client.send('Try again in a moment')
    }
  }

  function closeWhenEnded(client: WebSocket, isLive: () => Promise<boolean>): void {
    let isAnswering = true
    client.on('pong', () => (isAnswering = true))
    const timer = setInterval(() => {
      // A client that is gone without a word.
      if (!isAnswering) client.terminate()
      isAnswering = false
      client.ping()
      isLive().then(
        (lives) => lives || client.close(sessionEnded, 'The session has ended'),
        // "Could not find out" is not "there is none": the next check says.
        () => undefined
      )
    }, checkMilliseconds)
    client.on('close', () => clearInterval(timer))
  }

  directory.closing.addEventListener('abort', () => {
    for (const client of sockets.clients) client.close(goingAway)
  })
  return sockets
}

function refuse(socket: Duplex, status: string, headers = ''): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n${headers}Content-Length: 0\r\n\r\n`)
}

function textOf(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString() : ''
}
