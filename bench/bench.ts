import { type ContenderName, contenders } from './apps/contenders.js'
import { type RequestParts, requestText } from './load/request-plan.js'
import type { Side } from './measure/compare-bursts.js'
import { coresToPin } from './measure/machine.js'
import type { AppVerbs } from './processes/app-process.js'
import type { Child } from './processes/calls.js'
import type { LoadVerbs } from './processes/load-process.js'
import { startProcess } from './processes/start-process.js'
import type { Size } from './size.js'

/** Servers that run for this bench; absent: not installed here. */
export interface Servers {
  readonly redisUrl?: string
  readonly postgresUrl?: string
}

/** An app that listens, and a session in it. */
export interface OpenedApp {
  readonly name: ContenderName
  readonly port: number
  readonly process: Child<AppVerbs>
}

/** What scenarios have in common: the size, the servers, and processes that end with the bench. */
export class Bench {
  readonly size: Size
  readonly servers: Servers
  readonly #children: { end(): Promise<void> }[] = []

  constructor(size: Size, servers: Servers) {
    this.size = size
    this.servers = servers
  }

  /** Those of the contenders that can run here. */
  withServers(names: readonly ContenderName[]): readonly ContenderName[] {
    const { redisUrl, postgresUrl } = this.servers
    const isThere = { redis: redisUrl !== undefined, postgres: postgresUrl !== undefined }
    return names.filter((name) => {
      const { server } = contenders[name]
      return server === null || isThere[server]
    })
  }

  /** A process for apps, on a core of its own where that is possible; `'anywhere'`: on all of them. */
  startApps(where: 'pinned' | 'anywhere' = 'pinned'): Child<AppVerbs> {
    return this.#keep(startProcess<AppVerbs>('app-process', where === 'pinned' ? coresToPin().apps : null))
  }

  startLoad(where: 'pinned' | 'anywhere' = 'pinned'): Child<LoadVerbs> {
    return this.#keep(startProcess<LoadVerbs>('load-process', where === 'pinned' ? coresToPin().load : null))
  }

  async open(process: Child<AppVerbs>, name: ContenderName): Promise<OpenedApp> {
    const port = await process.ask('open', { name, options: { cost: this.size.cost, ...this.servers } })
    return { name, port, process }
  }

  /** Signs somebody in without a password; the cookie. */
  async enter(load: Child<LoadVerbs>, app: OpenedApp): Promise<string | null> {
    const [cookie = null] = await this.enterAll(load, app, 1)
    return cookie
  }

  async enterAll(load: Child<LoadVerbs>, { port }: OpenedApp, count: number): Promise<readonly (string | null)[]> {
    const requests = [requestText({ method: 'POST', path: '/rest/enter' })]
    const { connections } = this.size
    return (await load.ask('burst', { port, requests, status: 200, connections, count })).cookies
  }

  /** A side of a comparison that sends the same request all the time. */
  side(load: Child<LoadVerbs>, app: OpenedApp, request: RequestParts): Side<ContenderName> {
    const { connections, requestsPerBurst: count } = this.size
    return {
      name: app.name,
      cpuMicroseconds: () => app.process.ask('cpuMicroseconds', undefined),
      burst: async () => {
        await load.ask('burst', { port: app.port, requests: [requestText(request)], status: 200, connections, count })
        return count
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.splice(0).map((child) => child.end()))
  }

  #keep<C extends { end(): Promise<void> }>(child: C): C {
    this.#children.push(child)
    return child
  }
}
