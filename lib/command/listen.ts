import { createServer, type RequestListener, type Server } from 'node:http'

import { CommandError } from './run-with-options.js'

/** How long answers under way may take once the server has been told to end. */
const patienceMilliseconds = 2000

/** A listening server, or a `CommandError` that says in one line why there is none. */
export async function listen(app: RequestListener, { port, host }: { readonly port: number; readonly host: string }): Promise<Server> {
  const server = createServer(app)
  return await new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new CommandError(describeFailure(error, port, host))))
    server.listen(port, host, () => resolve(server))
  })
}

/** Resolves when SIGINT or SIGTERM has come and the last answer is out. A second signal ends the process at once. */
export async function untilSignal(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    function end() {
      process.off('SIGINT', end)
      process.off('SIGTERM', end)
      server.close(() => resolve())
      server.closeIdleConnections()
      setTimeout(() => server.closeAllConnections(), patienceMilliseconds).unref()
    }
    process.on('SIGINT', end)
    process.on('SIGTERM', end)
  })
}

function describeFailure(error: NodeJS.ErrnoException, port: number, host: string): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use; choose another with --port`
    case 'EACCES':
      return `Port ${port} on ${host} is not for everybody to use; choose another with --port`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine; choose another with --host`
    default:
      return `Cannot listen on port ${port} of ${host}: ${error.message}`
  }
}
