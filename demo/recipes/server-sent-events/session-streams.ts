import type { IncomingMessage, ServerResponse } from 'node:http'

import type { RequestHandler } from 'express'
import type { RestDirectory, Session } from 'express-4d-directory'

/** `EventSource` comes back by itself after each end, and is told so that the page can close it. */
const farewell = 'event: end\ndata: The session has ended\n\n'

/**
 * Streams of server-sent events that end when their session ends. An event that goes out counts as a request of whoever it goes to: it extends the session. A stream
 * on which nothing happens does not.
 */
export class SessionStreams {
  readonly #directory: RestDirectory
  readonly #checkMilliseconds: number
  readonly #open = new Map<ServerResponse, IncomingMessage>()

  constructor(directory: RestDirectory, checkMilliseconds: number) {
    this.#directory = directory
    this.#checkMilliseconds = checkMilliseconds
    directory.closing.addEventListener('abort', () => {
      for (const res of this.#open.keys()) this.#end(res)
    })
  }

  /** The route, behind `sessionMiddleware` and a guard. */
  readonly handle: RequestHandler = (req, res) => {
    const { session } = req.directory
    // nginx would keep the events back until it has a page of them.
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' })
    res.write(': open\n\n')
    this.#open.set(res, req)
    const timer = setInterval(() => void this.#check(res, session), this.#checkMilliseconds)
    res.on('close', () => {
      clearInterval(timer)
      this.#open.delete(res)
    })
  }

  /** Sends everybody an event, whose session lives. */
  async publish(data: object): Promise<void> {
    await Promise.all(Array.from(this.#open, ([res, req]) => this.#send(res, req, `data: ${JSON.stringify(data)}\n\n`)))
  }

  async #send(res: ServerResponse, req: IncomingMessage, text: string): Promise<void> {
    try {
      const resumed = await this.#directory.sessions.resume(req)
      if (resumed?.user == null) this.#end(res, farewell)
      else if (this.#open.has(res)) res.write(text)
    } catch {
      // The store is down, so it is not known whether they may still see it. The browser comes back, and asks anew.
      this.#end(res)
    }
  }

  async #check(res: ServerResponse, session: Session | null): Promise<void> {
    try {
      if ((await session?.isLive()) !== true) this.#end(res, farewell)
    } catch {
      // "Could not find out" is not "there is none": the next check says.
    }
  }

  #end(res: ServerResponse, text = ''): void {
    if (this.#open.delete(res)) res.end(text)
  }
}
