import type { Reporter, TestCase, TestModule } from 'vitest/node'

import { codesOf, listedCodes } from './security-codes.js'

interface Tally {
  passed: number
  failed: number
  skipped: number
}

type Tallies = ReadonlyMap<string, Tally>

/** Lists the lines of SECURITY.md with the outcomes of their specs, and fails where one has none that ran or one that failed. */
export default class SecurityReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tallies: Tallies = new Map(listedCodes().map((code) => [code, { passed: 0, failed: 0, skipped: 0 }]))
    for (const module of modules) {
      for (const error of module.errors()) print(`${module.moduleId}: ${error.message}`)
      for (const spec of module.children.allTests()) count(spec, tallies)
    }
    for (const [code, tally] of tallies) print(`${code.padEnd(40)} ${outcome(tally)}`)
    const isShown = [...tallies.values()].every(({ passed, failed }) => passed > 0 && failed === 0)
    if (!isShown || modules.some((module) => module.errors().length > 0)) process.exitCode = 1
  }
}

function count(spec: TestCase, tallies: Tallies): void {
  const { state, errors } = spec.result()
  if (state === 'pending') return
  for (const code of codesOfSpec(spec)) {
    const tally = tallies.get(code)
    if (tally !== undefined) tally[state] += 1
  }
  for (const error of errors ?? []) print(`${spec.fullName}: ${error.message}`)
}

function outcome({ passed, failed, skipped }: Tally): string {
  if (passed + failed + skipped === 0) return 'NO SPEC'
  const word = failed > 0 ? 'FAILED' : passed > 0 ? 'passed' : 'SKIPPED'
  const parts = [`${passed} passed`, failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`].filter((part) => part !== false)
  return `${word.padEnd(8)} ${parts.join(', ')}`
}

/** Those of its own title and of the blocks around it. */
function codesOfSpec(spec: TestCase): ReadonlySet<string> {
  const codes = new Set(codesOf(spec.name))
  for (let around = spec.parent; around.type === 'suite'; around = around.parent) for (const code of codesOf(around.name)) codes.add(code)
  return codes
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
