/** By how much a stored time may be ahead of the caller's clock: two hosts on NTP never differ by as much. */
export const toleratedClockLeadMilliseconds = 60_000

/** Whether something was at most that long ago. `false` where it stands ahead of the clock: a clock that ran ahead has noted it, nobody knows when. */
export function isWithin(milliseconds: number, since: number, now: number): boolean {
  const age = now - since
  return age <= milliseconds && age >= -toleratedClockLeadMilliseconds
}

/**
 * A clock for what one process remembers: it goes on from where it was when the other one is put back. Waits and intervals that were noted
 * before the jump so end as if there had been none.
 */
export class SteadyClock {
  #latest = -Infinity
  #offset = 0

  /** The time that `now` stands for. Callers that read the clock at different moments are no jump. */
  read(now: number): number {
    const time = now + this.#offset
    if (time < this.#latest - toleratedClockLeadMilliseconds) {
      this.#offset += this.#latest - time
      return this.#latest
    }
    this.#latest = Math.max(this.#latest, time)
    return time
  }
}
