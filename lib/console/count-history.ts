/** How far back the chart goes. */
const historyMilliseconds = 10 * 60_000
/** A quiet time needs no points: the line goes on. */
const quietMilliseconds = 15_000
/** Nor does a busy time need more of them than the chart has pixels. */
const busyMilliseconds = 2000

export interface CountPoint {
  readonly time: number
  readonly signedIn: number
  readonly guests: number
}

/** How many sessions there were over the last minutes. */
export class CountHistory {
  #points: CountPoint[] = []

  note(point: CountPoint): void {
    const last = this.#points.at(-1)
    const changed = last?.signedIn !== point.signedIn || last.guests !== point.guests
    if (!changed && point.time - last.time < quietMilliseconds) return
    const from = point.time - historyMilliseconds
    // The last point before the chart's left edge says where the line comes in.
    const first = this.#points.findLastIndex(({ time }) => time <= from)
    const kept = this.#points.slice(Math.max(first, 0))
    const beforeLast = kept.at(-2)
    if (last && beforeLast && last.time - beforeLast.time < busyMilliseconds) kept.pop()
    this.#points = [...kept, point]
  }

  points(): readonly CountPoint[] {
    return this.#points
  }
}
