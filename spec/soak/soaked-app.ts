import { Agent, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import express from 'express'

import { digest4D, directoryRouter, type PasswordHasher, type RestDirectory, type SessionStore, StaticProvider } from '../../lib/index.js'
import { counterRoutes } from '../support/counter-routes.js'
import { listen } from '../support/serve.js'
import { HastenedClock } from './hastened-clock.js'

export const userNames: readonly string[] = Array.from({ length: 40 }, (_, index) => `user ${index}`)

export interface SoakAnswer {
  readonly status: number
  readonly body: unknown
  /** The value of our cookie; `null`: none was set. */
  readonly cookie: string | null
}

/** An app with counters in its sessions, and the connections of its clients. */
export class SoakedApp {
  readonly directory: RestDirectory
  readonly clock: HastenedClock
  readonly port: number
  /** What no client may cause: `sys_degraded`, by reason. */
  readonly degraded: string[] = []
  answers = 0
  #agent = new Agent({ keepAlive: true, maxSockets: 50 })
  readonly #server: Server

  private constructor(server: Server, directory: RestDirectory, clock: HastenedClock) {
    this.#server = server
    this.directory = directory
    this.clock = clock
    this.port = (server.address() as AddressInfo).port
    directory.events.on('sys_degraded', ({ reason }) => this.degraded.push(reason))
  }

  static async start(store: SessionStore, passwords: PasswordHasher): Promise<SoakedApp> {
    const clock = new HastenedClock()
    const users = userNames.map((userName) => ({ ID: `ID of ${userName}`, userName, fullName: '', passwordHash: digest4D('right') }))
    const directory = directoryRouter({
      provider: new StaticProvider({ users }),
      store,
      passwords,
      throttle: false,
      session: { idleMinutes: 2, absoluteMinutes: 60 },
      rest: { minIdleMinutes: 1 },
      now: clock.now
    })
    const app = express()
    counterRoutes()(app, directory)
    const { server } = await listen(app)
    return new SoakedApp(server, directory, clock)
  }

  /** One request, over a connection that others use before and after. */
  ask(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<SoakAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port: this.port, path, method, headers, agent: this.#agent }, (incoming) => {
        let text = ''
        incoming.setEncoding('utf8')
        incoming.on('data', (part: string) => (text += part))
        incoming.on('error', reject)
        incoming.on('end', () => {
          this.answers += 1
          const cookie = /^WASID4D=([^;]*);/.exec(incoming.headers['set-cookie']?.[0] ?? '')?.[1] ?? null
          resolve({ status: incoming.statusCode ?? 0, body: JSON.parse(text) as unknown, cookie })
        })
      })
      outgoing.on('error', reject)
      outgoing.end()
    })
  }

  /** Closes the connections of all clients. */
  hangUp(): void {
    this.#agent.destroy()
    this.#agent = new Agent({ keepAlive: true, maxSockets: 50 })
    this.#server.closeAllConnections()
  }

  async close(): Promise<void> {
    this.hangUp()
    await new Promise((resolve) => this.#server.close(resolve))
    await this.directory.close()
  }
}
