import { Connection } from './connection.js'

/** Connections that stay open from burst to burst, so that opening them is not what is measured. */
export class ConnectionPool {
  readonly #connections = new Map<string, Connection[]>()

  /** The first so many connections to a port; the n-th comes from the n-th address, in turn. */
  async take(port: number, count: number, addresses: readonly string[] = ['127.0.0.1']): Promise<readonly Connection[]> {
    const key = `${port} ${addresses.length}`
    const open = this.#connections.get(key) ?? []
    this.#connections.set(key, open)
    while (open.length < count) open.push(await Connection.open(port, addresses[open.length % addresses.length] ?? '127.0.0.1'))
    return open.slice(0, count)
  }
}
