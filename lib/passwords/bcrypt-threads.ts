import { Worker } from 'node:worker_threads'

import { DirectoryError } from '../errors.js'
import { bcryptThreadText } from './bcrypt-thread.generated.js'

/** What a thread is asked to do. */
export type BcryptTask =
  /** Make a hash of the text. */
  | { readonly kind: 'hash'; readonly text: string; readonly cost: number }
  /** Compare the text with the hash, or nothing where it is `null`, and do the work of exactly one hash at `targetCost` in all. */
  | { readonly kind: 'compare'; readonly text: string; readonly hash: string | null; readonly cost: number; readonly targetCost: number }

/** What a thread answers. */
export interface BcryptOutcome {
  /** '' after a comparison. */
  readonly hash: string
  readonly matches: boolean
  /** The sum of 2^cost of all the hashes that were made. */
  readonly work: number
  readonly milliseconds: number
}

/** The threads of a `BcryptPool`: one more whenever all are busy, kept for the next task, and none of them keeps the process alive when it is idle. */
export class BcryptThreads {
  /** A thread ends when it has had nothing to do for so long. */
  readonly #idleMilliseconds: number
  readonly #all = new Set<BcryptThread>()
  // The last one that became idle is the first to work again, so that the others come to their end.
  readonly #idle: BcryptThread[] = []
  #closed = false
  /** How many tasks lost their thread and were given to another. */
  retried = 0

  constructor({ idleMilliseconds = 60_000 }: { readonly idleMilliseconds?: number } = {}) {
    this.#idleMilliseconds = idleMilliseconds
  }

  /** How many there are, idle ones included. */
  get size(): number {
    return this.#all.size
  }

  /**
   * Runs a task, and once more if its thread dies of it or beside it. Rejects when that fails as well, when no thread can be started, and after `close`.
   * The error's message goes on "The password could not be checked: ".
   */
  async run(task: BcryptTask): Promise<BcryptOutcome> {
    const thread = this.#take()
    try {
      return await this.#runOn(thread, task)
    } catch (error) {
      if (this.#closed) throw error
      this.retried++
      return await this.#runOn(this.#take(), task)
    }
  }

  /** Ends the threads, whatever they are doing. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#all].map((thread) => thread.end()))
  }

  #take(): BcryptThread {
    if (this.#closed) throw new Error('the threads have been ended')
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle

    const thread = new BcryptThread(() => this.#remove(thread))
    this.#all.add(thread)
    return thread
  }

  async #runOn(thread: BcryptThread, task: BcryptTask): Promise<BcryptOutcome> {
    const outcome = await thread.run(task)
    if (this.#all.has(thread)) {
      this.#idle.push(thread)
      thread.endAfter(this.#idleMilliseconds)
    }
    return outcome
  }

  #remove(thread: BcryptThread): void {
    this.#all.delete(thread)
    const index = this.#idle.indexOf(thread)
    if (index !== -1) this.#idle.splice(index, 1)
  }
}

type PendingTask = Readonly<Record<'resolve', (outcome: BcryptOutcome) => void> & Record<'reject', (error: Error) => void>>

/** One thread, with one task at a time. */
class BcryptThread {
  readonly #worker: Worker
  readonly #whenDead: () => void
  #task: PendingTask | null = null
  #idleTimer: NodeJS.Timeout | undefined

  constructor(whenDead: () => void) {
    this.#whenDead = whenDead
    this.#worker = startWorker()
    this.#worker.unref()
    this.#worker.on('message', (outcome: BcryptOutcome) => this.#endTask()?.resolve(outcome))
    // Without a listener the death of an idle thread would end the process.
    this.#worker.on('error', (cause) => this.#die(cause))
    this.#worker.on('exit', (code) => this.#die(new Error(`The thread ended with code ${code}`)))
  }

  run(task: BcryptTask): Promise<BcryptOutcome> {
    clearTimeout(this.#idleTimer)
    // The process waits for the login.
    this.#worker.ref()
    return new Promise((resolve, reject) => {
      this.#task = { resolve, reject }
      this.#worker.postMessage(task)
    })
  }

  endAfter(milliseconds: number): void {
    this.#idleTimer = setTimeout(() => {
      this.#whenDead()
      void this.end()
    }, milliseconds).unref()
  }

  async end(): Promise<void> {
    clearTimeout(this.#idleTimer)
    await this.#worker.terminate()
  }

  #die(cause: unknown): void {
    clearTimeout(this.#idleTimer)
    this.#whenDead()
    this.#endTask()?.reject(new DirectoryError('ERR_LOGIN_QUEUE_FULL', 'its thread died', { cause }))
  }

  #endTask(): PendingTask | null {
    const task = this.#task
    this.#task = null
    this.#worker.unref()
    return task
  }
}

function startWorker(): Worker {
  try {
    return new Worker(bcryptThreadText, {
      name: 'express-4d-directory bcrypt',
      // A text and no file, so that a bundle has it with it.
      eval: true,
      // What the host preloads into its own process (a compiler, a tracer, a resolver) has no business in a thread that runs one text of ours, and neither
      // have its environment's secrets and its NODE_OPTIONS.
      execArgv: [],
      env: {},
      argv: []
    })
  } catch (cause) {
    const { code } = cause as { readonly code?: unknown }
    const reason = code === 'ERR_ACCESS_DENIED' ? ". Node's permission model forbids it: start Node with --allow-worker" : ''
    throw new DirectoryError('ERR_LOGIN_QUEUE_FULL', `no thread can be started${reason}`, { cause })
  }
}
