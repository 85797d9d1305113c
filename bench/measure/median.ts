export interface Spread {
  readonly median: number
  /** The notch of a box plot: about 95 percent of the medians of such samples lie in it. */
  readonly low: number
  readonly high: number
}

export function medianOf(values: readonly number[]): number {
  return quantileOf(values, 0.5)
}

/** The median with how far it is to be trusted (McGill, Tukey and Larsen 1978: 1.57 quartile distances over the root of n). */
export function spreadOf(values: readonly number[]): Spread {
  const median = medianOf(values)
  const notch = (1.57 * (quantileOf(values, 0.75) - quantileOf(values, 0.25))) / Math.sqrt(values.length)
  return { median, low: median - notch, high: median + notch }
}

function quantileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const below = sorted[Math.floor(at)] ?? NaN
  const above = sorted[Math.ceil(at)] ?? NaN
  return below + (above - below) * (at - Math.floor(at))
}
