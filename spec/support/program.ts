import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

/** The command line from source, as `new Program(...fromSource, 'serve', ...)`. */
export const fromSource = [process.execPath, '--import', 'tsx', resolve('lib/command/main.ts')] as const

/** A program in a process of its own, and what it has written. */
export class Program {
  readonly #process: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #waiting = new Set<() => void>()
  /** Standard output. */
  printed = ''
  /** Standard error. */
  complaint = ''

  constructor(file: string, ...args: readonly string[]) {
    this.#process = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    // `close` and not `exit`: only then is all of the output there.
    this.#exited = once(this.#process, 'close').finally(() => this.#look())
    this.#process.stdout?.on('data', (chunk: Buffer) => {
      this.printed += chunk.toString()
      this.#look()
    })
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.complaint += chunk.toString()
      this.#look()
    })
  }

  /** Waits until something matches what has been written to either output; rejects when the program ends without. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.printed) ?? pattern.exec(this.complaint)
      if (found) return found
      if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
        await this.#exited
        const last = pattern.exec(this.printed) ?? pattern.exec(this.complaint)
        if (last) return last
        throw new Error(`The program ended without saying ${String(pattern)}:\n${this.printed}${this.complaint}`)
      }
      await new Promise<void>((resume) => this.#waiting.add(resume))
    }
  }

  send(signal: NodeJS.Signals): void {
    this.#process.kill(signal)
  }

  /** Waits for the end: the exit code, or the signal that ended it. */
  async ends(): Promise<number | NodeJS.Signals | null> {
    await this.#exited
    return this.#process.exitCode ?? this.#process.signalCode
  }

  /** Ends it at once, where it still runs. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#exited
  }

  #look(): void {
    for (const resume of this.#waiting) resume()
    this.#waiting.clear()
  }
}
