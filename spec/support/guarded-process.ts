import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'

/** A server that runs until it is ended, or until the process of the specs dies, however it does. */
export class GuardedProcess {
  readonly #guard: ChildProcess
  readonly #ended: Promise<unknown>

  private constructor(guard: ChildProcess) {
    this.#guard = guard
    this.#ended = once(guard, 'exit')
  }

  /** Starts a server and waits until it takes connections on the port. It must stay in the foreground. */
  static async start(port: number, command: string, ...args: readonly string[]): Promise<GuardedProcess> {
    // The guard ends the server when its own input ends.
    const guarding = '"$@" & cat >/dev/null; kill $!; wait'
    const guard = spawn('sh', ['-c', guarding, 'sh', command, ...args], { stdio: ['pipe', 'ignore', 'pipe'] })
    const started = new GuardedProcess(guard)
    const complaint = text(guard.stderr)
    for (let attempt = 0; attempt < 500; attempt++) {
      if (await takesConnections(port)) return started
      await wait(20)
    }
    await started.end()
    throw new Error(`${command} took no connection on port ${port} within 10 seconds: ${await complaint}`)
  }

  async end(): Promise<void> {
    this.#guard.stdin?.end()
    await this.#ended
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
