import { createServer, type RequestListener, type Server } from 'node:http'

import { CommandError } from '../command-error.js'

/** How long answers under way may take once the server has been told to end. */
const patienceMilliseconds = 1000

export interface ListenAt {
  /** A number, or the path of a socket or pipe, for which the host means nothing. */
  readonly port: number | string
  readonly host: string
}

/** A listening server, or a `CommandError` that says in one line why there is none. */
export async function listen(app: RequestListener, { port, host }: ListenAt): Promise<Server> {
  const server = createServer(app)
  return await new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new CommandError(describeFailure(error, { port, host }))))
    server.listen(typeof port === 'string' ? { path: port } : { port, host }, () => resolve(server))
  })
}

/** Resolves when SIGINT or SIGTERM has come, which `onSignal` is told of, and the last answer is out. A second signal ends the process at once. */
export async function untilSignal(server: Server, onSignal: () => void): Promise<void> {
  await new Promise<void>((resolve) => {
    function end() {
      process.off('SIGINT', end)
      process.off('SIGTERM', end)
      server.close(() => resolve())
      onSignal()
      setTimeout(() => server.closeAllConnections(), patienceMilliseconds).unref()
    }
    process.on('SIGINT', end)
    process.on('SIGTERM', end)
  })
}

function describeFailure({ code, message }: NodeJS.ErrnoException, { port, host }: ListenAt): string {
  const place = typeof port === 'string' ? port : `Port ${port} on ${host}`
  switch (code) {
    case 'EADDRINUSE':
      return `${place} is in use; choose another with --port`
    case 'EACCES':
      return `${place} is not for everybody to use; choose another with --port`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine; choose another with --host`
    default:
      return `Cannot listen: ${message}`
  }
}
