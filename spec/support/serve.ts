import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import express, { type Express } from 'express'
import { afterAll, onTestFinished } from 'vitest'

import { BcryptPool, directoryRouter, type DirectoryRouterOptions, type RestDirectory, StaticProvider } from '../../lib/index.js'
import { groups, users } from './seed-directory.js'
import { SettableClock } from './settable-clock.js'

export interface Served {
  readonly app: Express
  readonly server: Server
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string
  readonly directory: RestDirectory
  readonly clock: SettableClock
}

/** One for all specs of a file: a thread takes longer to start than a spec to run. */
const passwordsOfFile = new BcryptPool({ cost: 4, threads: 1 })
afterAll(() => passwordsOfFile.close())

/**
 * A listening app with the directory under `/rest` and the people of the seeds in it, on a clock that stands still until it is set, and with hashes of
 * the lowest cost. `mount` replaces the mounting. Everything is closed when the spec has finished.
 */
export async function serve(
  options: Partial<DirectoryRouterOptions> = {},
  mount: (app: Express, directory: RestDirectory) => void = (app, directory) => app.use('/rest', directory)
): Promise<Served> {
  const clock = new SettableClock()
  const provider = new StaticProvider({ users, groups })
  const directory = directoryRouter({ provider, passwords: passwordsOfFile, now: clock.now, ...options })
  const app = express()
  mount(app, directory)
  const { server, url } = await listen(app)
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await directory.close()
  })
  return { app, server, url, directory, clock }
}

export async function listen(app: Parameters<typeof createServer>[1]): Promise<{ server: Server; url: string }> {
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
