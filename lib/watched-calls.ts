import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel'

import { isPromise } from './when-known.js'

/**
 * What the tracing channels `express-4d-directory:login`, `:store`, `:provider` and `:hash` publish of a call: nothing that was asked or answered, since that
 * would be names, ids and hashes.
 */
export interface DirectoryTrace {
  /**
   * What was called: a verb of the store's, the provider's or the hasher's, or a function of the host's such as `onLogin`; of a login by which way in:
   * `endpoint`, `header`, `login`, `signIn`; or which step of one: `verify`, `confirmPassword`, `countFailure`.
   */
  readonly verb: string
  /** Absent until the call has come to its end. `ok` or `failed`; of a login what became of it, as in `statistics().logins`. */
  outcome?: string
  /** Absent until then. */
  milliseconds?: number
}

/** Calls since the directory was made. */
export interface CallStatistics {
  /** How many, answered or not. */
  readonly calls: number
  /** How many of them threw or rejected. */
  readonly failures: number
  /** How long an answer takes, a moving mean over about 32 of those that were not there at once; 0 before the first. */
  readonly meanMilliseconds: number
}

/** How calls of one kind are told of. */
export interface CallManner<T> {
  /** The outcome of an answer. Default `ok`. */
  readonly outcomeOf?: (answer: T) => string
  /** The outcome of an error. Default `failed`. */
  readonly outcomeOfError?: (error: unknown) => string
  /** What is thrown in place of an error. */
  readonly explain?: (error: unknown) => unknown
}

export type CallKind = 'login' | 'store' | 'provider' | 'hash'

/** Calls over which the mean moves. */
const meanOver = 32

/** Counts the calls of one kind, times those that are waited for, and publishes them to whoever has subscribed to the tracing channel of that kind. */
export class WatchedCalls {
  readonly #channel: TracingChannel<string, DirectoryTrace>
  readonly #elapsed: () => number
  readonly #noteTime: (verb: string, milliseconds: number) => void
  #calls = 0
  #failures = 0
  #timed = 0
  #meanMilliseconds = 0

  /** `noteTime` hears how long each call took that was waited for; `elapsed` is a clock that is never put back. */
  constructor(
    kind: CallKind,
    noteTime: (verb: string, milliseconds: number) => void = () => undefined,
    elapsed: () => number = () => performance.now()
  ) {
    this.#channel = tracingChannel(`express-4d-directory:${kind}`)
    this.#noteTime = noteTime
    this.#elapsed = elapsed
  }

  get statistics(): CallStatistics {
    return { calls: this.#calls, failures: this.#failures, meanMilliseconds: this.#meanMilliseconds }
  }

  /** Makes the call. What is there at once is handed on at once: the store in memory answers so on each request. */
  run<T>(verb: string, call: () => T | Promise<T>, manner: CallManner<T> = {}): T | Promise<T> {
    return isHeard(this.#channel) ? this.#trace({ verb }, call, manner) : this.#run(verb, call, manner, null)
  }

  /** As `TracingChannel.tracePromise`, but for what it publishes: that would hand the answer and the error to all subscribers. */
  #trace<T>(trace: DirectoryTrace, call: () => T | Promise<T>, manner: CallManner<T>): T | Promise<T> {
    const { start, end } = this.#channel
    return start.runStores(trace, () => {
      try {
        return this.#run(trace.verb, call, manner, trace)
      } finally {
        end.publish(trace)
      }
    })
  }

  #run<T>(verb: string, call: () => T | Promise<T>, manner: CallManner<T>, trace: DirectoryTrace | null): T | Promise<T> {
    const startedAt = this.#elapsed()
    this.#calls += 1
    let answer: T | Promise<T>
    try {
      answer = call()
    } catch (error) {
      throw this.#fail(error, manner, trace, startedAt)
    }
    if (isPromise(answer)) return this.#whenAnswered(answer, verb, manner, trace, startedAt)
    if (trace) this.#complete(trace, startedAt, manner.outcomeOf?.(answer) ?? 'ok')
    return answer
  }

  #whenAnswered<T>(answer: Promise<T>, verb: string, manner: CallManner<T>, trace: DirectoryTrace | null, startedAt: number): Promise<T> {
    return answer.then(
      (given) => {
        this.#time(verb, startedAt)
        if (trace) {
          this.#complete(trace, startedAt, manner.outcomeOf?.(given) ?? 'ok')
          this.#resume(trace)
        }
        return given
      },
      (error: unknown) => {
        this.#time(verb, startedAt)
        const thrown = this.#fail(error, manner, trace, startedAt)
        if (trace) this.#resume(trace)
        throw thrown
      }
    )
  }

  /** What to throw. */
  #fail<T>(error: unknown, manner: CallManner<T>, trace: DirectoryTrace | null, startedAt: number): unknown {
    this.#failures += 1
    if (trace) {
      this.#complete(trace, startedAt, manner.outcomeOfError?.(error) ?? 'failed')
      this.#channel.error.publish(trace)
    }
    return manner.explain === undefined ? error : manner.explain(error)
  }

  #complete(trace: DirectoryTrace, startedAt: number, outcome: string): void {
    trace.outcome = outcome
    trace.milliseconds = this.#elapsed() - startedAt
  }

  #resume(trace: DirectoryTrace): void {
    this.#channel.asyncStart.publish(trace)
    this.#channel.asyncEnd.publish(trace)
  }

  #time(verb: string, startedAt: number): void {
    const milliseconds = this.#elapsed() - startedAt
    this.#timed += 1
    this.#meanMilliseconds += (milliseconds - this.#meanMilliseconds) / Math.min(this.#timed, meanOver)
    this.#noteTime(verb, milliseconds)
  }
}

// Node 20 has `hasSubscribers` on a tracing channel, and its types have not.
function isHeard({ start, end, asyncStart, asyncEnd, error }: TracingChannel<string, DirectoryTrace>): boolean {
  return start.hasSubscribers || end.hasSubscribers || asyncEnd.hasSubscribers || asyncStart.hasSubscribers || error.hasSubscribers
}
