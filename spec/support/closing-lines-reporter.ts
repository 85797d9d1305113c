import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** What a reader of the last screen wants to know: which specs passed only at their second try, and what brings skipped ones back. */
export default class ClosingLinesReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const specs = modules.flatMap((module) => [...module.children.allTests()])
    for (const line of [...secondTries(specs), ...missingServers(specs)]) process.stdout.write(`${line}\n`)
  }
}

function secondTries(specs: readonly TestCase[]): readonly string[] {
  const flaky = specs.filter((spec) => spec.diagnostic()?.flaky === true)
  if (flaky.length === 0) return []
  return ['Passed only at the second try:', ...flaky.map((spec) => `  ${spec.module.relativeModuleId}: ${spec.fullName}`)]
}

/** Blocks that need a server say in their title what they were skipped for. */
function missingServers(specs: readonly TestCase[]): readonly string[] {
  const skipped = specs.flatMap((spec) => (spec.result().state === 'skipped' ? (packageOf(spec) ?? []) : []))
  if (skipped.length === 0) return []
  return [`Skipped ${skipped.length} specs. To run them: apt-get install ${[...new Set(skipped)].toSorted().join(' ')}`]
}

function packageOf(spec: TestCase): string | undefined {
  return /\(skipped: apt-get install (?<name>[\w -]+)\)/.exec(spec.fullName)?.groups?.['name']
}
