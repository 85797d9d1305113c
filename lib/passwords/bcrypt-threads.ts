import { join } from 'node:path'

import { Piscina } from 'piscina'

import type { BcryptOutcome, BcryptTask } from './bcrypt-worker.js'

/** The threads of a `BcryptPool`: started with the first task, one more whenever all are busy, and none of them keeps the process alive. */
export class BcryptThreads {
  readonly #threads: number
  #pool: Piscina<BcryptTask, BcryptOutcome> | null = null
  #closed = false
  #retried = 0

  constructor(threads: number) {
    this.#threads = threads
  }

  /** How many tasks lost their thread and were given to another. */
  get retried(): number {
    return this.#retried
  }

  /** Runs a task, and once more if its thread dies of it or beside it. Rejects when that fails as well, and after `close`. */
  async run(task: BcryptTask): Promise<BcryptOutcome> {
    try {
      return await this.#start().run(task)
    } catch (error) {
      if (this.#closed) throw error
      this.#retried++
      return await this.#start().run(task)
    }
  }

  /** Ends the threads, whatever they are doing. */
  async close(): Promise<void> {
    this.#closed = true
    const pool = this.#pool
    this.#pool = null
    await pool?.destroy()
  }

  #start(): Piscina<BcryptTask, BcryptOutcome> {
    if (this.#closed) throw new Error('The threads have been ended')
    if (this.#pool !== null) return this.#pool

    const pool = new Piscina<BcryptTask, BcryptOutcome>({
      filename: join(__dirname, 'bcrypt-worker.js'),
      name: 'runBcryptTask',
      minThreads: 1,
      maxThreads: this.#threads,
      idleTimeout: 60_000,
      niceIncrement: lowerPriority(),
      // What the host preloads into its own process (a compiler, a tracer) has no business in a thread that runs one file of ours.
      execArgv: [],
      recordTiming: false
    })
    // The death of an idle thread; without a listener it would end the process.
    pool.on('error', () => undefined)
    // A pool whose last thread dies while it starts neither replaces it nor rejects what was meant for it. Such a pool is given up, which
    // rejects its tasks; the next task starts another one.
    pool.on('workerDestroy', () => {
      setImmediate(() => {
        if (this.#pool !== pool || pool.threads.length > 0) return
        this.#pool = null
        void pool.destroy()
      })
    })
    this.#pool = pool
    return pool
  }
}

// So that all cores may hash, and requests still come first. Linux counts niceness by thread, Windows has priorities of its own (-1 is
// "below normal"); elsewhere `nice` would slow down the whole process, once more with every thread.
function lowerPriority(): number {
  if (process.platform === 'linux') return 10
  return process.platform === 'win32' ? -1 : 0
}
