/** When a server may carry a command out: milliseconds since 1970 on its own clock. */
export interface ServerWindow {
  readonly from: number
  readonly until: number
}

/**
 * What we know of a server's clock, in terms of our own monotonic one. Nobody's clock has to be right, and the two need not agree.
 *
 * An answer says what the server's clock showed at some moment between sending and receiving, so the difference of the two clocks lies
 * in an interval as long as the round trip. We go by its lower end: then a window never closes later than we think, and what we have
 * given up is not carried out afterwards. Answers narrow the interval; one that contradicts it (the clock was set, another server took over)
 * replaces it.
 */
export class RedisServerClock {
  #lowest = Number.NEGATIVE_INFINITY
  #highest = Number.POSITIVE_INFINITY

  /** Takes the server's time, in whole milliseconds, from an answer. */
  learn(serverNow: number, sentAt: number, receivedAt: number): void {
    const lowest = serverNow - receivedAt
    const highest = serverNow + 1 - sentAt
    const agrees = lowest <= this.#highest && highest >= this.#lowest
    this.#lowest = agrees ? Math.max(lowest, this.#lowest) : lowest
    this.#highest = agrees ? Math.min(highest, this.#highest) : highest
  }

  /**
   * The window for a command that is sent now and given up at `deadline`. `marginMilliseconds` is left at its end for the answer's way back; and at its
   * beginning, so that a server whose clock is behind by more (it took over) finds itself before the window. While nothing is
   * known, an empty window: the answer will be `late`, with the time.
   */
  window(now: number, deadline: number, marginMilliseconds: number): ServerWindow {
    if (this.#lowest === Number.NEGATIVE_INFINITY) return { from: 0, until: 0 }
    return {
      from: Math.floor(this.#lowest + now - marginMilliseconds),
      until: Math.floor(this.#lowest + deadline - marginMilliseconds)
    }
  }
}
