import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  readonly status: number
  /** What a browser would send back: of every `Set-Cookie` the name and the value. */
  readonly cookie: string | null
}

/** One connection that is kept alive and has one request under way at a time. Reads no more of an answer than it needs: the servers are measured. */
export class Connection {
  readonly #socket: Socket
  #received = ''
  #waiting: { resolve: (answer: RawAnswer) => void; reject: (error: Error) => void } | null = null

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    // Header names and numbers are all that is looked at.
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#receive(text))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the server closed the connection')))
  }

  /** `localAddress`: whom the request comes from, such as 127.0.0.7. */
  static async open(port: number, localAddress: string): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    await once(socket, 'connect')
    return new Connection(socket)
  }

  ask(request: string): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket.write(request)
    })
  }

  #receive(text: string): void {
    this.#received += text
    const headEnd = this.#received.indexOf('\r\n\r\n')
    if (headEnd === -1) return
    const head = this.#received.slice(0, headEnd)
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    if (length === undefined) {
      this.#fail(new Error(`an answer without Content-Length: ${head}`))
      return
    }
    const end = headEnd + 4 + Number(length)
    if (this.#received.length < end) return
    this.#received = this.#received.slice(end)
    const waiting = this.#waiting
    this.#waiting = null
    const cookies = Array.from(head.matchAll(/\r\nset-cookie: *([^;\r]*)/gi), ([, cookie]) => cookie)
    waiting?.resolve({ status: Number(head.slice(9, 12)), cookie: cookies.length > 0 ? cookies.join('; ') : null })
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error)
    this.#waiting = null
  }
}
