import type { Spread } from './measure/median.js'

export type Verdict = 'reached' | 'missed' | 'too noisy to tell'

/** A number of design section 9, and what became of it. */
export interface Target {
  readonly what: string
  readonly wanted: string
  readonly measured: number
  readonly verdict: Verdict
}

export interface Row {
  readonly label: string
  /** By column; `null`: not measured here. */
  readonly figures: Readonly<Record<string, number | null>>
}

/** What a scenario found out. */
export interface ScenarioResult {
  readonly name: string
  readonly title: string
  /** What the columns are, and in which unit. */
  readonly columns: Readonly<Record<string, string>>
  readonly rows: readonly Row[]
  readonly targets: readonly Target[]
  /** What speaks against trusting this run; empty: nothing did. */
  readonly noise: readonly string[]
}

/** Judges a measured spread by a limit: a limit that lies within it, or a noisy run, cannot be told. */
export function judge(
  what: string,
  bound: 'at most' | 'at least',
  limit: number,
  { median, low, high }: Spread,
  noise: readonly string[] = []
): Target {
  const isReached = bound === 'at most' ? median <= limit : median >= limit
  const isUnsure = noise.length > 0 || (low < limit && limit < high)
  return { what, wanted: `${bound} ${limit}`, measured: median, verdict: isUnsure ? 'too noisy to tell' : isReached ? 'reached' : 'missed' }
}

/** How far an app may seem to be from itself before nothing can be told of others. */
const tolerance = 0.02

/** What a comparison of an app with itself says of the machine. */
export function noiseOf({ median, low, high }: Spread): readonly string[] {
  const complaints: string[] = []
  if (Math.abs(median - 1) > tolerance) complaints.push(`bare Express against itself came out at ${median.toFixed(3)}, not at 1`)
  if (high - low > 2 * tolerance)
    complaints.push(`ratios scatter: bare Express against itself is between ${low.toFixed(3)} and ${high.toFixed(3)}`)
  return complaints
}
