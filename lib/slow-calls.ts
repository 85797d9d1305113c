import type { Warnings } from './warnings.js'

const slowMilliseconds = 1000
/** A call may be slow once, beside a backup. This often within this long, it is slow as a rule. */
const oftenCalls = 5
const oftenMilliseconds = 60_000

/** Warns of what often keeps logins and requests waiting for more than a second, before it does so for longer than they are given. */
export class SlowCalls {
  readonly #warnings: Warnings
  readonly #now: () => number
  readonly #slowAt = new Map<string, readonly number[]>()

  constructor(warnings: Warnings, now: () => number) {
    this.#warnings = warnings
    this.#now = now
  }

  /** Notes how long a call has taken. `verb` is one of a few, as the host's code has it: `findUser`. */
  note(verb: string, milliseconds: number): void {
    if (milliseconds <= slowMilliseconds) return
    const now = this.#now()
    const lately = (this.#slowAt.get(verb) ?? []).filter((at) => Math.abs(now - at) < oftenMilliseconds)
    const slowAt = [...lately, now].slice(-oftenCalls)
    this.#slowAt.set(verb, slowAt)
    if (slowAt.length < oftenCalls) return
    this.#warnings.onceAMinute(
      'SLOW',
      verb,
      () =>
        `${verb} has taken more than a second ${oftenCalls} times within a minute, the last time ${(milliseconds / 1000).toFixed(1)} s. ` +
        'Logins and requests wait for it, and are answered with 503 when it takes longer than providerTimeoutMilliseconds'
    )
  }
}
