import type { IncomingMessage, ServerResponse } from 'node:http'

import type { DirectoryUser, RequestDirectory, RestDirectory } from 'express-4d-directory'
import type { Server, Socket } from 'socket.io'

/**
 * Lets who is logged in connect, and disconnects each socket when its session ends. An event counts as a request: it extends the session, and from an ended one none
 * is heard. A socket that is merely connected does not, nor does its heartbeat.
 */
export function serveSessions(io: Server, directory: RestDirectory, checkMilliseconds: number): void {
  // A page of another site gets no further, and a store that is down is a handshake that has failed, which clients repeat by themselves. The handshake alone: each poll
  // after it would extend the session.
  io.engine.use((req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => {
    if (/[?&]sid=/.test(req.url ?? '')) next()
    else directory.resumeMiddleware(req, res, next)
  })

  io.use((socket, next) => {
    if (userOf(socket) === null) next(new Error('Log in first'))
    else next()
  })

  io.on('connection', (socket) => {
    const { session } = directoryOf(socket)
    socket.use((_event, next) => {
      directory.sessions.resume(socket.request).then((resumed) => {
        if (resumed?.user == null) end(socket)
        else next()
      }, next)
    })
    const timer = setInterval(() => {
      // "Could not find out" is not "there is none": the next check says.
      session?.isLive().then(
        (lives) => lives || end(socket),
        () => undefined
      )
    }, checkMilliseconds)
    socket.on('disconnect', () => clearInterval(timer))
    // The store was down when an event came.
    socket.on('error', () => socket.emit('refused', 'Try again in a moment'))
  })

  directory.closing.addEventListener('abort', () => void io.close())
}

/** Whose the socket is; `null`: nobody's. */
export function userOf(socket: Socket): DirectoryUser | null {
  return directoryOf(socket).user
}

function end(socket: Socket): void {
  socket.emit('session ended')
  socket.disconnect(true)
}

function directoryOf({ request }: Socket): RequestDirectory {
  return (request as IncomingMessage & { readonly directory: RequestDirectory }).directory
}
