import type { OutgoingHttpHeader, ServerResponse } from 'node:http'

/** The headers of an answer while they are decided about: read at one go, since each look at an answer of Express' costs as much (see `RequestFacts`). */
export class AnswerHeaders {
  readonly #res: ServerResponse
  readonly #values: Map<string, OutgoingHttpHeader | undefined>

  constructor(res: ServerResponse) {
    this.#res = res
    this.#values = new Map(Object.entries(res.getHeaders()))
  }

  /** In lower case, as `get` takes them. */
  get names(): readonly string[] {
    return [...this.#values.keys()]
  }

  get(name: string): OutgoingHttpHeader | undefined {
    return this.#values.get(name)
  }

  /** `name` as it goes out. */
  set(name: string, value: string | readonly string[]): void {
    this.#values.set(name.toLowerCase(), typeof value === 'string' ? value : [...value])
    this.#res.setHeader(name, value)
  }

  remove(name: string): void {
    this.#values.delete(name)
    this.#res.removeHeader(name)
  }
}
