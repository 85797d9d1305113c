import type { Server } from 'node:http'

import { afterAll, onTestFinished } from 'vitest'

import { demoApp } from '../../demo/app.js'
import { authentify } from '../../demo/authentify.js'
import { smallDirectory } from '../../demo/small-directory.js'
import {
  BcryptPool,
  directoryRouter,
  type DirectoryRouterOptions,
  MemoryLoginThrottle,
  type RestDirectory,
  StaticProvider
} from '../../lib/index.js'
import { groups, users } from './seed-directory.js'
import { listen } from './serve.js'

export interface ServedDemo {
  readonly url: string
  readonly directory: RestDirectory
  /** Ends the server, as `npm start` ends by Ctrl+C. */
  readonly stop: () => Promise<void>
}

/** One for all specs of a file, at the lowest cost: what is looked at here is not the hashing. */
const passwords = new BcryptPool({ cost: 4, threads: 1 })
afterAll(() => passwords.close())

/** The demo as `npm start` serves it, on a clock that goes, with the people of the seeds. */
export async function serveDemo(options: Partial<DirectoryRouterOptions> = {}): Promise<ServedDemo> {
  const provider = new StaticProvider({ users, groups })
  const directory = directoryRouter({
    provider,
    passwords,
    throttle: new MemoryLoginThrottle(),
    rest: { datastoreFunctions: { authentify } },
    ...options
  })
  const small = smallDirectory(provider, passwords)
  const { server, url } = await listen(demoApp(directory, small, { groupsOf: (user) => provider.groupsOf(user) }))
  onTestFinished(async () => {
    await stop(server)
    await Promise.all([directory.close(), small.close()])
  })
  return { url, directory, stop: () => stop(server) }
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
