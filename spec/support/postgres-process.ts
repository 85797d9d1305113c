import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { Client } from 'pg'

import { freePort } from './free-port.js'
import { isServerThere } from './required-server.js'

/** A real PostgreSQL with an empty database, on a loopback port of its own. It forgets nothing over `restart`. */
export class PostgresServer {
  readonly port: number
  readonly #directory: string
  readonly #options: readonly string[]
  #guard: ChildProcess | null = null
  #processId = 0
  #frozen: readonly number[] = []

  private constructor(port: number, directory: string, options: readonly string[]) {
    this.port = port
    this.#directory = directory
    this.#options = options
  }

  /** Starts a server and waits until it answers. `options` are settings: `'max_connections=5'`. */
  static async start(...options: string[]): Promise<PostgresServer> {
    const directory = newDirectory()
    run('initdb', ['-D', join(directory, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'], directory)
    const server = new PostgresServer(await freePort(), directory, options)
    await server.restart()
    return server
  }

  /** Starts a read-only copy that follows another server until it is promoted. */
  static async startStandbyOf(primary: PostgresServer): Promise<PostgresServer> {
    const directory = newDirectory()
    run('pg_basebackup', ['-d', primary.url, '-D', join(directory, 'data'), '-c', 'fast', '-X', 'stream', '-R', '--no-sync'], directory)
    const standby = new PostgresServer(await freePort(), directory, [])
    await standby.restart()
    return standby
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`
  }

  /** What the server has written to its log. */
  get log(): string {
    return readFileSync(join(this.#directory, 'log'), 'utf8')
  }

  /** Starts the server, ending it first where it runs. */
  async restart(): Promise<void> {
    await this.kill()
    const settings = [
      'listen_addresses=127.0.0.1',
      `port=${this.port}`,
      'unix_socket_directories=',
      'fsync=off',
      'full_page_writes=off',
      'shared_buffers=16MB',
      'log_line_prefix=%a %e ',
      ...this.#options
    ].flatMap((setting) => ['-c', setting])
    // The guard ends the server when its own input ends: when the process of the specs dies, however it does.
    const guarding =
      '"$@" >>../log 2>&1 & echo $!; cat >/dev/null; kill -9 $(ps -A -o pid=,ppid= | awk -v p=$! \'$1 == p || $2 == p {print $1}\'); wait'
    const guard = spawn('sh', ['-c', guarding, 'sh', binary('postgres'), '-D', '.', ...settings], {
      ...unprivilegedAccount(),
      cwd: join(this.#directory, 'data'),
      stdio: ['pipe', 'pipe', 'ignore']
    })
    this.#guard = guard
    const [line] = (await once(guard.stdout, 'data')) as [Buffer]
    this.#processId = Number(line.toString())
    await this.#answers()
  }

  /** Ends the server at once, as a power cut does. */
  async kill(): Promise<void> {
    if (this.#guard === null) return
    const ended = once(this.#guard, 'exit')
    process.kill(this.#processId, 'SIGQUIT')
    this.thaw()
    // An immediate shutdown takes its children along. The port must be free before anybody starts it again.
    while (isAlive(this.#processId)) await wait(5)
    this.#guard.stdin?.end()
    this.#guard = null
    await ended
  }

  /** Stops the server and every process of its connections in the middle of whatever they do; what is sent meanwhile waits in the sockets. */
  freeze(): void {
    const family = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).stdout.trim().split('\n')
    const children = family.map((line) => line.trim().split(/\s+/).map(Number)).filter(([, parent]) => parent === this.#processId)
    this.#frozen = [this.#processId, ...children.map(([id]) => id ?? 0)]
    for (const id of this.#frozen) process.kill(id, 'SIGSTOP')
  }

  thaw(): void {
    for (const id of this.#frozen) if (isAlive(id)) process.kill(id, 'SIGCONT')
    this.#frozen = []
  }

  /** Ends the server and removes its directory. */
  async stop(): Promise<void> {
    await this.kill()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #answers(): Promise<void> {
    for (let attempt = 0; attempt < 500; attempt++) {
      const client = new Client({ connectionString: this.url })
      client.on('error', () => undefined)
      try {
        await client.connect()
        await client.end()
        return
      } catch {
        await wait(20)
      }
    }
    await this.kill()
    throw new Error(`PostgreSQL did not answer on port ${this.port} within 10 seconds: ${this.log}`)
  }
}

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'postgres-server-'))
  const account = unprivilegedAccount()
  if ('uid' in account) chownSync(directory, account.uid, account.gid)
  return directory
}

function run(program: string, args: readonly string[], directory: string): void {
  const { status, stderr } = spawnSync(binary(program), args, { ...unprivilegedAccount(), cwd: directory, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`)
}

export function hasPostgres(): boolean {
  return isServerThere('postgres', spawnSync(binary('postgres'), ['--version'], { stdio: 'ignore' }).status === 0, 'postgresql')
}

/** Of the folder `SPEC_POSTGRES_BIN`, to try another version; else Debian's newest, which are kept apart from everybody else's. */
function binary(name: string): string {
  const folder = process.env['SPEC_POSTGRES_BIN']
  if (folder) return join(folder, name)
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : []
  const found = versions.map((version) => join(root, version, 'bin', name)).find((path) => existsSync(path))
  return found ?? name
}

/** PostgreSQL refuses to run as root. */
function unprivilegedAccount(): { readonly uid: number; readonly gid: number } | Record<string, never> {
  if (process.getuid?.() !== 0) return {}
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout))
  if (!uid || !gid) throw new Error('PostgreSQL does not run as root, and there is no user postgres to run it as')
  return { uid, gid }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch {
    return false
  }
}
