/** When a server may carry a command out, in its own milliseconds; `clockName` says whose. */
export interface ClockWindow {
  readonly clockName: string
  readonly notBefore: number
  readonly notAfter: number
}

/** What an answer tells of the server's clock: what it showed, rounded down, and a name that another server or a restarted one does not have. */
export interface ServerTime {
  readonly clockName: string
  readonly clock: number
}

/** By how much two clocks may drift apart: 500 ppm is the most by which NTP slews one (RFC 5905, section 11.3). */
const driftRate = 0.0005

/** After so long without an answer the clock is learnt anew: it may have been set meanwhile. */
const forgottenAfterMilliseconds = 300_000

/**
 * What we know of a server's clock in terms of our own monotonic one (`performance.now()`). Neither has to be right.
 *
 * An answer tells what the server's clock showed at some moment between sending and receiving. We go by the latest moment possible, so that a window
 * closes too early by the time that the answer took, and never too late: what we have given up is not carried out afterwards.
 * The best answer so far counts, minus the drift since. An answer that contradicts it (the clock was set, another server has taken
 * over), or that has another name, replaces it.
 */
export class ServerClock {
  #name = ''
  /** The server's time minus ours, at most. */
  #offset = 0
  #learntAt = Number.NEGATIVE_INFINITY

  learn(answer: ServerTime, sentAt: number, receivedAt: number): void {
    const lowest = answer.clock - receivedAt
    const highest = answer.clock - sentAt
    const known = this.#offsetAt(receivedAt)
    const isBest = answer.clockName === this.#name && known >= lowest && known <= highest
    this.#name = answer.clockName
    this.#offset = isBest ? known : lowest
    this.#learntAt = receivedAt
  }

  /** The window for a command that is sent now. While nothing is known, an empty one: the answer will be late, with the time. */
  window(now: number, deadline: number): ClockWindow {
    if (now - this.#learntAt > forgottenAfterMilliseconds) return { clockName: '', notBefore: 0, notAfter: 0 }
    const offset = this.#offsetAt(now)
    // Earlier than it is sent, a command cannot arrive: unless the clock was set back, and then the end of the window means nothing.
    return { clockName: this.#name, notBefore: now + offset, notAfter: deadline + offset }
  }

  #offsetAt(now: number): number {
    return this.#offset - (now - this.#learntAt) * driftRate
  }
}
