import type { Request, RequestHandler, Response } from 'express'
import { Router } from 'express'

const rememberedExchanges = 200

interface Exchange {
  readonly request: string
  readonly response: string
}

/**
 * Keeps what went over the wire for requests that ask for it by a header `Demo-Exchange`, since a page does not get to see cookies in either
 * direction. Their values are cut: whoever reads one may use the session.
 */
export class WireLog {
  readonly #exchanges = new Map<string, Exchange>()

  readonly middleware: RequestHandler = (req, res, next) => {
    const id = req.get('demo-exchange')
    if (id !== undefined && /^[0-9a-f-]{36}$/.test(id)) {
      res.on('finish', () => {
        this.#keep(id, { request: requestHead(req), response: responseHead(res) })
      })
    }
    next()
  }

  readonly router = Router().get('/exchanges/:id', (req, res) => {
    const exchange = this.#exchanges.get(req.params.id)
    if (exchange) res.set('Cache-Control', 'no-store').json(exchange)
    else res.sendStatus(404)
  })

  #keep(id: string, exchange: Exchange): void {
    this.#exchanges.set(id, exchange)
    const [oldest] = this.#exchanges.keys()
    if (this.#exchanges.size > rememberedExchanges && oldest !== undefined) this.#exchanges.delete(oldest)
  }
}

const dullHeader = /^(?:demo-exchange|sec-ch-|accept-|user-agent|dnt|priority|pragma|cache-control|connection|referer)/i

function requestHead(req: Request): string {
  const lines = headerLines(req.rawHeaders).filter((line) => !dullHeader.test(line))
  return [`${req.method} ${req.originalUrl} HTTP/${req.httpVersion}`, ...lines].join('\n')
}

function responseHead(res: Response): string {
  // Names as they were written. Node has it for every outgoing message, its types only for requests.
  const names = (res as unknown as { getRawHeaderNames(): readonly string[] }).getRawHeaderNames()
  const lines = names.flatMap((name) => [res.getHeader(name) ?? []].flat().map((value) => `${name}: ${cutCookie(String(value))}`))
  return [`HTTP/1.1 ${res.statusCode} ${res.statusMessage}`, ...lines].join('\n')
}

function headerLines(rawHeaders: readonly string[]): string[] {
  return Array.from(
    { length: rawHeaders.length / 2 },
    (_, index) => `${rawHeaders[index * 2]}: ${cutCookie(rawHeaders[index * 2 + 1] ?? '')}`
  )
}

function cutCookie(value: string): string {
  return value.replace(/\b((?:WASID|SMALL)4D=[0-9A-F]{4})[0-9A-F]{28}/g, '$1...')
}
