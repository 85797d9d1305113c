import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { CommandStreams } from './command-streams.js'
import { nearestName } from './nearest-name.js'

type Run = (args: readonly string[], streams: CommandStreams) => Promise<number>

interface Command {
  readonly summary: string
  /** Loaded when it is called: `serve` needs Express, and none of the others does. */
  readonly load: () => Promise<Run>
}

const commands: ReadonlyMap<string, Command> = new Map([
  ['serve', { summary: "serve a 4D project's users and groups, as 4D would", load: async () => (await import('./serve.js')).runServe }],
  [
    'export',
    { summary: 'print them as JSON or SQL, with safer password hashes', load: async () => (await import('./export.js')).runExport }
  ],
  ['hash', { summary: 'hash a password for your users table', load: async () => (await import('./hash.js')).runHash }],
  [
    'postgres-schema',
    { summary: 'print the SQL that PostgresSessionStore needs', load: async () => (await import('./postgres-schema.js')).runPostgresSchema }
  ]
])

/** The command line: `express-4d-directory COMMAND ...`. Resolves to the exit code: 0, 1 for what went wrong, 2 for wrong arguments. */
export async function runCommand(args: readonly string[], streams: CommandStreams): Promise<number> {
  const [name, ...rest] = args
  if (name === '--version' || name === '-v') {
    streams.stdout.write(`${readVersion()}\n`)
    return 0
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    streams.stdout.write(usage())
    return 0
  }
  const command = name === undefined ? undefined : commands.get(name)
  if (!command) {
    streams.stderr.write(`${describeMistake(name)}\n\n${usage()}`)
    return 2
  }
  const run = await command.load()
  return await run(rest, streams)
}

function describeMistake(name: string | undefined): string {
  if (name === undefined) return 'A command is missing'
  const what = name.startsWith('-') ? 'option' : 'command'
  const meant = nearestName(name, what === 'option' ? ['--help', '--version'] : [...commands.keys()])
  return `Unknown ${what} ${JSON.stringify(name)}${meant === null ? '' : `; did you mean ${meant}?`}`
}

function usage(): string {
  const lines = [...commands].map(([name, { summary }]) => `  ${name.padEnd(15)}   ${summary}`)
  return `Usage: express-4d-directory COMMAND [OPTIONS]

${lines.join('\n')}

  COMMAND --help    what a command does and takes
  --version         the version of this package
`
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown'
}
