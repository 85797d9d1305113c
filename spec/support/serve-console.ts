import type { DirectoryRouterOptions } from '../../lib/index.js'
import type { FeedTiming } from '../../lib/console/console-feed.js'
import { consoleRouter } from '../../lib/console/session-console.js'
import { EventStream } from './event-stream.js'
import { serve, type Served } from './serve.js'
import { type Answer, Visitor } from './visitor.js'

/** Looks at once when something happens, and never by itself: what a spec sees is what it has caused. */
const promptTiming: FeedTiming = {
  soonestRefreshMilliseconds: 1,
  latestRefreshMilliseconds: 3_600_000,
  heartbeatMilliseconds: 3_600_000,
  mostStreams: 3
}

export interface ServedConsole extends Served {
  readonly operator: Operator
}

/** The directory under `/rest` and its console under `path`, with john of the Administrators logged in. */
export async function serveConsole(
  options: Partial<DirectoryRouterOptions> = {},
  { path = '/console', timing = {} }: { path?: string; timing?: Partial<FeedTiming> } = {}
): Promise<ServedConsole> {
  const served = await serve(options, (app, directory) => {
    app.use('/rest', directory)
    app.use(path, consoleRouter(directory, { group: 'Administrators' }, { ...promptTiming, ...timing }))
  })
  const operator = new Operator(served.url, path)
  await operator.logsInAs('john', '123')
  return { ...served, operator }
}

/** Somebody before the console, logged in or not. */
export class Operator extends Visitor {
  readonly #consoleUrl: string
  readonly #path: string

  constructor(url: string, path = '/console') {
    super(url)
    this.#path = path
    this.#consoleUrl = url + path
  }

  opensConsole(): Promise<Answer> {
    return this.asks(this.#path)
  }

  sendsLoginForm(fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.asks(this.#path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(fields).toString()
    })
  }

  /** Sends the form and goes where the answer leads, as a browser does. */
  async triesToLogIn(fields: Readonly<Record<string, string>>): Promise<Answer> {
    const { headers } = await this.sendsLoginForm(fields)
    return this.asks(this.#path + (headers['location'] ?? ''))
  }

  does(action: string, body: object = {}, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.asks(`${this.#path}/${action}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body)
    })
  }

  watches(query = ''): Promise<EventStream> {
    return EventStream.open(`${this.#consoleUrl}/events?${query}`, { cookie: `WASID4D=${this.sessionId ?? ''}` })
  }
}
