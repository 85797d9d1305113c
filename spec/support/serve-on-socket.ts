import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { onTestFinished } from 'vitest'

import { BcryptPool, directoryRouter, type RestDirectory, StaticProvider } from '../../lib/index.js'
import { users } from './seed-directory.js'

/** A server on a unix socket, as behind a proxy on the same machine. Closed when the spec has finished. */
export async function serveOnSocket(
  listenerFor: (directory: RestDirectory) => RequestListener
): Promise<{ socketPath: string; directory: RestDirectory }> {
  const folder = mkdtempSync(join(tmpdir(), 'on-socket-'))
  const socketPath = join(folder, 'app.sock')
  const directory = directoryRouter({ provider: new StaticProvider({ users }), passwords: new BcryptPool({ cost: 4, threads: 1 }) })
  const server = createServer(listenerFor(directory)).listen(socketPath)
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    await Promise.all([directory.close(), directory.passwords.close?.()])
    rmSync(folder, { recursive: true })
  })
  return { socketPath, directory }
}
