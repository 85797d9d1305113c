import { get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'

import { onTestFinished } from 'vitest'

export interface StreamMessage {
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}

/** A stream of server-sent events, read as a browser does. Closed when the spec has finished. */
export class EventStream {
  readonly messages: StreamMessage[] = []
  readonly ended: Promise<void>
  readonly #incoming: IncomingMessage
  #text = ''
  #wake: () => void = () => undefined

  private constructor(incoming: IncomingMessage) {
    this.#incoming = incoming
    incoming.setEncoding('utf8')
    incoming.on('data', (text: string) => {
      this.#read(text)
    })
    incoming.on('error', () => undefined)
    this.ended = new Promise((resolve) => incoming.once('close', () => resolve()))
    onTestFinished(() => {
      this.close()
    })
  }

  static open(url: string, headers: Readonly<Record<string, string>>): Promise<EventStream> {
    return new Promise((resolve, reject) => {
      get(url, { headers, agent: false }, (incoming) => resolve(new EventStream(incoming))).on('error', reject)
    })
  }

  get status(): number {
    return this.#incoming.statusCode ?? 0
  }

  get headers(): IncomingHttpHeaders {
    return this.#incoming.headers
  }

  /** The last value of a member of the state; `undefined` where none has been sent. */
  latest(member: string): unknown {
    return this.messages.findLast(({ data }) => member in data)?.data[member]
  }

  /** Resolves once the condition holds, which is looked at with each message. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.#wake = resolve))
  }

  close(): void {
    this.#incoming.destroy()
  }

  #read(text: string): void {
    const parts = (this.#text + text).split('\n\n')
    this.#text = parts.pop() ?? ''
    for (const part of parts) {
      const found = /^event: (\w+)\ndata: (.*)$/.exec(part)
      if (found) this.messages.push({ event: found[1] ?? '', data: JSON.parse(found[2] ?? '{}') as Record<string, unknown> })
    }
    this.#wake()
  }
}
