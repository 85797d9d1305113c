import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { freePort } from './free-port.js'
import { isServerThere } from './required-server.js'

/** A real redis-server on a loopback port of its own, without persistence unless `options` ask for it. */
export class RedisServer {
  readonly port: number
  readonly #directory: string
  readonly #options: readonly string[]
  #guard: ChildProcess | null = null
  #processId = 0

  private constructor(port: number, directory: string, options: readonly string[]) {
    this.port = port
    this.#directory = directory
    this.#options = options
  }

  /** Starts a server and waits until it answers. `options` are redis-server's: `'--maxmemory', '4mb'`. */
  static async start(...options: string[]): Promise<RedisServer> {
    const server = await RedisServer.prepare(...options)
    await server.restart()
    return server
  }

  /** The same without starting it: a port where nobody answers yet. */
  static async prepare(...options: string[]): Promise<RedisServer> {
    return new RedisServer(await freePort(), await mkdtemp(join(tmpdir(), 'redis-server-')), options)
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts the server, ending it first where it runs. Without persistence, everything is forgotten. */
  async restart(): Promise<void> {
    await this.kill()
    const fixed = ['--bind', '127.0.0.1', '--port', String(this.port), '--dir', this.#directory, '--save', '', '--loglevel', 'warning']
    // The guard ends the server when its own input ends: by `kill`, and when the process of the specs dies, however it does.
    const guarding = '"$@" >/dev/null 2>&1 & echo $!; cat >/dev/null; kill -9 $!; wait'
    const guard = spawn('sh', ['-c', guarding, 'sh', 'redis-server', ...fixed, ...this.#options], { stdio: ['pipe', 'pipe', 'ignore'] })
    this.#guard = guard
    const [line] = (await once(guard.stdout, 'data')) as [Buffer]
    this.#processId = Number(line.toString())
    await this.#answers()
  }

  /** Ends the server at once, as a power cut does. */
  async kill(): Promise<void> {
    if (this.#guard === null) return
    const ended = once(this.#guard, 'exit')
    this.#guard.stdin?.end()
    this.#guard = null
    await ended
  }

  /** Stops it in the middle of whatever it does; connections stay open, and what is sent waits in them. */
  freeze(): void {
    process.kill(this.#processId, 'SIGSTOP')
  }

  thaw(): void {
    process.kill(this.#processId, 'SIGCONT')
  }

  /** Ends the server and removes its directory. */
  async stop(): Promise<void> {
    await this.kill()
    await rm(this.#directory, { recursive: true, force: true })
  }

  async #answers(): Promise<void> {
    for (let attempt = 0; attempt < 500; attempt++) {
      if (await answersPing(this.port)) return
      await wait(10)
    }
    await this.kill()
    throw new Error(`redis-server did not answer on port ${this.port} within 5 seconds`)
  }
}

export function hasRedisServer(): boolean {
  const isThere = spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0
  return isServerThere('redis', isThere, 'redis-server')
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    socket.setTimeout(1000, () => socket.destroy())
    socket.once('data', (data) => {
      resolve(data.toString().startsWith('+PONG'))
      socket.destroy()
    })
    socket.once('error', () => socket.destroy())
    socket.once('close', () => resolve(false))
  })
}
