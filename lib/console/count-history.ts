/** How far back the chart goes. */
const historyMilliseconds = 10 * 60_000
/** A quiet time needs no points: the line goes on. */
const quietMilliseconds = 15_000
/** Nor does a busy time need more of them than the chart has pixels. */
const busyMilliseconds = 2000

/** How many sessions there were at a time. */
export interface CountPoint {
  readonly time: number
  readonly signedIn: number
  readonly guests: number
}

/** The counts of the last minutes with these. */
export function withCounts(points: readonly CountPoint[], point: CountPoint): readonly CountPoint[] {
  const last = points.at(-1)
  const changed = last?.signedIn !== point.signedIn || last.guests !== point.guests
  if (!changed && point.time - last.time < quietMilliseconds) return points
  const from = point.time - historyMilliseconds
  // The last point before the chart's left edge says where the line comes in.
  const first = points.findLastIndex(({ time }) => time <= from)
  const kept = points.slice(Math.max(first, 0))
  const beforeLast = kept.at(-2)
  if (last && beforeLast && last.time - beforeLast.time < busyMilliseconds) kept.pop()
  return [...kept, point]
}
