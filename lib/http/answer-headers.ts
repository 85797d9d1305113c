import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** The headers of an answer while they are decided about: read at one go, since each look at an answer of Express' costs as much (see `RequestFacts`). */
export class AnswerHeaders {
  readonly #res: ServerResponse
  readonly #values: OutgoingHttpHeaders

  constructor(res: ServerResponse) {
    this.#res = res
    this.#values = res.getHeaders()
  }

  /** In lower case, as `get` takes them. */
  get names(): readonly string[] {
    return Object.keys(this.#values).filter((name) => this.#values[name] !== undefined)
  }

  get(name: string): OutgoingHttpHeader | undefined {
    return this.#values[name]
  }

  /** `name` as it goes out. */
  set(name: string, value: string | readonly string[]): void {
    this.#values[name.toLowerCase()] = typeof value === 'string' ? value : [...value]
    this.#res.setHeader(name, value)
  }

  remove(name: string): void {
    this.#values[name] = undefined
    this.#res.removeHeader(name)
  }
}
