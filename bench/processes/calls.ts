import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** What a child process can be asked for: each takes one argument and answers with something that survives JSON. */
export type Verbs = Readonly<Record<string, (argument: never) => unknown>>

interface Call {
  readonly number: number
  readonly verb: string
  readonly argument: unknown
}

interface Answer {
  readonly number: number
  readonly value?: unknown
  readonly error?: string
}

/** Answers the calls of the process that started this one, and ends when that is gone. */
export function answerCalls(verbs: Verbs): void {
  process.on('message', ({ number, verb, argument }: Call) => {
    carryOut(verbs, verb, argument).then(
      (value) => process.send?.({ number, value } satisfies Answer),
      (error: unknown) => process.send?.({ number, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    )
  })
  process.on('disconnect', () => process.exit(0))
}

async function carryOut(verbs: Verbs, verb: string, argument: unknown): Promise<unknown> {
  const perform = verbs[verb] as ((argument: unknown) => unknown) | undefined
  if (perform === undefined) throw new Error(`there is no verb ${verb}`)
  return await perform(argument)
}

/** The other end: a child process as an object that is asked. */
export class Child<V extends Verbs> {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  #calls = 0

  constructor(child: ChildProcess) {
    this.#process = child
    child.on('message', ({ number, value, error }: Answer) => {
      const waiting = this.#waiting.get(number)
      this.#waiting.delete(number)
      if (error === undefined) waiting?.resolve(value)
      else waiting?.reject(new Error(`in a process of the bench: ${error}`))
    })
    child.on('exit', (code, signal) => {
      const error = new Error(`a process of the bench ended (${signal ?? String(code)})`)
      for (const { reject } of this.#waiting.values()) reject(error)
      this.#waiting.clear()
    })
  }

  ask<K extends keyof V & string>(verb: K, argument: Parameters<V[K]>[0]): Promise<Awaited<ReturnType<V[K]>>> {
    const number = this.#calls++
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve: resolve as (value: unknown) => void, reject })
      this.#process.send({ number, verb, argument } satisfies Call)
    })
  }

  /** Ends the process by closing its channel. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.disconnect()
    await ended
  }
}
