import { medianOf, type Spread, spreadOf } from './median.js'

/** One app in a comparison. */
export interface Side<Name extends string = string> {
  readonly name: Name
  /** What has to be there before a burst, such as sessions to be logged out: not measured. */
  readonly prepare?: () => Promise<void>
  /** Sends one burst, and says how many requests it was. */
  readonly burst: () => Promise<number>
  /** Of the process that holds the app, since its start. */
  readonly cpuMicroseconds: () => Promise<number>
}

export interface Comparison<Name extends string = string> {
  readonly name: Name
  /** CPU time per request. */
  readonly microseconds: number
  /** That over the reference's, taken burst by burst. */
  readonly ratio: Spread
}

/**
 * CPU time per request of each side over that of the first, the reference. Bursts alternate, reference first and last, and each is compared with its two neighbours
 * only: what slows the machine down for a second slows both down.
 */
export async function compareBursts<Name extends string>(
  all: readonly Side<Name>[],
  { rounds, warmUpBursts }: { readonly rounds: number; readonly warmUpBursts: number }
): Promise<readonly Comparison<Name>[]> {
  const [reference, ...others] = all
  if (reference === undefined) throw new Error('a comparison needs a reference')
  const costs = new Map<Side, number[]>(all.map((side) => [side, []]))
  const ratios = new Map<Side, number[]>(all.map((side) => [side, []]))
  for (let burst = 0; burst < warmUpBursts; burst++) for (const side of all) await costOf(side)

  for (let round = 0; round < rounds; round++) {
    let before = await costOf(reference)
    for (const side of others) {
      const cost = await costOf(side)
      const after = await costOf(reference)
      costs.get(side)?.push(cost)
      costs.get(reference)?.push(after)
      ratios.get(side)?.push((2 * cost) / (before + after))
      ratios.get(reference)?.push(1)
      before = after
    }
  }
  return all.map((side) => ({
    name: side.name,
    microseconds: medianOf(costs.get(side) ?? []),
    ratio: spreadOf(ratios.get(side) ?? [])
  }))
}

async function costOf(side: Side): Promise<number> {
  await side.prepare?.()
  const before = await side.cpuMicroseconds()
  const requests = await side.burst()
  return ((await side.cpuMicroseconds()) - before) / requests
}
