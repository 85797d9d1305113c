import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { Bench } from './bench.js'
import { readArguments } from './command-line.js'
import { describeMachine, packageVersions } from './measure/machine.js'
import { drawChart } from './report/chart.js'
import type { SavedResults } from './report/saved-results.js'
import { renderScenario, renderTargets } from './report/table.js'
import { runScenario, scenarios } from './scenarios.js'
import { sizes } from './size.js'
import { startServers } from './start-servers.js'

// The bench runs as compiled files from somewhere else; what it reads and writes is in the package's directory, where npm starts it.
const root = process.cwd()
const resultsPath = join(root, 'bench', 'results.json')

async function main(): Promise<void> {
  const { names, json, chart, quick, save } = readArguments(process.argv.slice(2), Object.keys(scenarios))
  if (chart) {
    if (!existsSync(resultsPath)) throw new Error('there are no results to draw: npm run bench -- --save makes them')
    const saved = JSON.parse(readFileSync(resultsPath, 'utf8')) as SavedResults
    for (const theme of ['light', 'dark'] as const) writeFileSync(join(root, 'bench', `chart-${theme}.svg`), drawChart(saved, theme))
    return
  }

  const results: SavedResults = {
    date: new Date().toISOString().slice(0, 10),
    size: quick ? 'quick' : 'full',
    machine: describeMachine(),
    versions: packageVersions(root),
    scenarios: []
  }
  const tell = (text: string) => json || console.log(text)
  tell(renderMachine(results))
  const { stop, ...servers } = await startServers()
  try {
    for (const name of names) {
      const result = await runScenario(name, new Bench(quick ? sizes.quick : sizes.full, servers))
      results.scenarios.push(result)
      tell(renderScenario(result))
      // One by one: the whole takes half an hour, and may be interrupted.
      if (save) writeFileSync(resultsPath, JSON.stringify(results, null, 2) + '\n')
    }
  } finally {
    await stop()
  }
  tell(renderTargets(results.scenarios.flatMap(({ targets }) => targets)))
  if (json) console.log(JSON.stringify(results, null, 2))
}

function renderMachine({ machine, versions, date }: SavedResults): string {
  const { processor, cores, memoryGigabytes, platform, node } = machine
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [`${date}: ${processor}, ${cores} cores, ${memoryGigabytes} GB, ${platform}, Node ${node}`, packages.join(', ')].join('\n')
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
