import { parseArgs } from 'node:util'

export interface BenchArguments {
  readonly names: readonly string[]
  readonly json: boolean
  readonly chart: boolean
  readonly quick: boolean
  readonly save: boolean
}

/** What was asked for; all scenarios where none is named. */
export function readArguments(args: readonly string[], known: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      chart: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false }
    }
  })
  for (const name of positionals) if (!known.includes(name)) throw new Error(`there is no scenario ${name}; there are ${known.join(', ')}`)
  return { names: positionals.length > 0 ? positionals : known, ...values }
}
