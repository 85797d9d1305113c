import { request } from 'node:http'

import { digest4D } from '../../lib/index.js'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
  /** Every `Set-Cookie`, in order. */
  readonly setCookies: readonly string[]
  readonly text: string
  /** The text as JSON; `undefined` where it is not. */
  readonly body: unknown
}

export interface AskOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Buffer
}

/** A client with a cookie jar of one cookie, over plain `node:http`, so that nothing is added to what a spec sends. */
export class Visitor {
  readonly #url: string
  readonly #cookieName: string
  sessionId: string | null = null
  /** The first id that the visitor was given. */
  firstSessionId: string | null = null

  constructor(url: string, cookieName = 'WASID4D') {
    this.#url = url
    this.#cookieName = cookieName
  }

  /** Sends one request, with the session cookie where there is one, and keeps what comes back. */
  async asks(path: string, options: AskOptions = {}): Promise<Answer> {
    const cookie = this.sessionId === null ? {} : { cookie: `${this.#cookieName}=${this.sessionId}` }
    const answer = await ask(this.#url + path, { ...options, headers: { ...cookie, ...options.headers } })
    const start = `${this.#cookieName}=`
    const setCookie = answer.setCookies.find((header) => header.startsWith(start))
    if (setCookie !== undefined) {
      const value = setCookie.slice(start.length, setCookie.indexOf(';'))
      this.sessionId = value === '' ? null : value
      this.firstSessionId ??= this.sessionId
    }
    return answer
  }

  /** 4D's dialect. */
  logsInAs(userName: string, password: string, headers: AskOptions['headers'] = {}): Promise<Answer> {
    return this.asks('/rest/$directory/login', {
      method: 'POST',
      headers: { 'username-4D': userName, 'password-4D': password, ...headers }
    })
  }

  logsInWithDigest(userName: string, password: string): Promise<Answer> {
    return this.asks('/rest/$directory/login', {
      method: 'POST',
      headers: { 'username-4D': userName, 'hashed-password-4D': digest4D(password) }
    })
  }

  /** Wakanda's dialect. */
  logsInByBody(args: unknown, headers: AskOptions['headers'] = {}): Promise<Answer> {
    return this.asks('/rest/$directory/login', {
      method: 'POST',
      body: JSON.stringify(args),
      headers: { 'content-type': 'application/json', ...headers }
    })
  }

  logsOut(): Promise<Answer> {
    return this.asks('/rest/$directory/logout')
  }

  /** The user's name, or `null` for nobody. */
  async isKnownAs(): Promise<string | null> {
    const { body } = await this.asks('/rest/$directory/currentUser')
    return (body as { result: { userName: string } | null }).result?.userName ?? null
  }
}

/** One request over `node:http`, sent as it is said. */
export function ask(url: string, { method = 'GET', headers = {}, body }: AskOptions = {}): Promise<Answer> {
  const sent = { ...headers, ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }) }
  return new Promise((resolve, reject) => {
    const { host, port, pathAndQuery } = split(url)
    const outgoing = request(
      { host, port, path: pathAndQuery, method, headers: sent as Record<string, string | string[]>, agent: false },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          const received = incoming.headers as Record<string, string | undefined>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: received,
            rawHeaders: incoming.rawHeaders,
            setCookies: incoming.headers['set-cookie'] ?? [],
            text,
            body: parse(text)
          })
        })
      }
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

// Not through URL, which would rewrite `%24directory/../` and the like.
function split(url: string): { host: string; port: number; pathAndQuery: string } {
  const found = /^http:\/\/([^:/]+):(\d+)(.*)$/s.exec(url)
  if (found === null) throw new TypeError(`not an address of a spec's own server: ${url}`)
  const [, host = '', port, pathAndQuery = ''] = found
  return { host, port: Number(port), pathAndQuery: pathAndQuery === '' ? '/' : pathAndQuery }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
