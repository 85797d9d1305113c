import type { Machine } from '../measure/machine.js'
import type { ScenarioResult } from '../result.js'

/** A run as `--json` prints it and `--save` keeps it. */
export interface SavedResults {
  readonly date: string
  readonly size: 'full' | 'quick'
  readonly machine: Machine
  /** Of what was measured, by package. */
  readonly versions: Readonly<Record<string, string>>
  readonly scenarios: ScenarioResult[]
}
