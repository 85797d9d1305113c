import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { Command, CommanderError, type Option } from 'commander'

import { DirectoryFileError } from '../providers/directory-file/error.js'
import { checkedByPackage, CommandError, UsageError } from './command-error.js'
import { costOption, exportOptions, schemaOption, serveOptions } from './command-options.js'
import type { CommandStreams } from './command-streams.js'
import type { ExportSettings } from './export.js'
import type { ServeSettings } from './serve/serve-settings.js'

/** The command line: `express-4d-directory COMMAND ...`. Resolves to the exit code: 0, 1 for what went wrong, 2 for wrong arguments. */
export async function runCommand(args: readonly string[], streams: CommandStreams): Promise<number> {
  const outcome = { exitCode: 0 }
  const program = commandLine(streams, outcome)
  try {
    if (args.length === 0) program.error('error: a command is missing')
    await program.parseAsync(args.flatMap(splitAtEqualsSign), { from: 'user' })
    return outcome.exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!(error instanceof CommandError) && !(error instanceof DirectoryFileError)) throw error
    streams.stderr.write(`${error.message}\n`)
    return 1
  }
}

/** All commands. What one does is imported when it is called: `serve` needs Express, and none of the others does. */
function commandLine(streams: CommandStreams, outcome: { exitCode: number }): Command {
  const program = new Command('express-4d-directory')
    .description("Serves a 4D project's users and groups, or moves them to a table of your own.")
    .version(readVersion(), '-v, --version', 'print the version of this package')
    .helpOption('-h, --help', 'print what a command does and takes')
    .exitOverride()
    .showHelpAfterError()
    .configureOutput({ writeOut: (text) => streams.stdout.write(text), writeErr: (text) => streams.stderr.write(text) })

  // `never`: commander types no values, so each command says what its options come to.
  function add(name: string, options: readonly Option[], run: (settings: never) => Promise<number>): Command {
    const command = program.command(name).allowExcessArguments()
    for (const option of options) command.addOption(option)
    return command.action(async (settings: unknown) => {
      // Here and not by `makeOptionMandatory`, which would speak before a misspelt --directory is told.
      const missing = options.find(({ long }) => long === '--directory' && command.getOptionValue('directory') === undefined)
      if (missing) command.error(`error: ${missing.flags} is missing: ${missing.description}`)
      const [excess] = command.args
      // Commander would count them and not say which.
      if (excess !== undefined) command.error(`error: unexpected argument ${JSON.stringify(excess)}`)
      try {
        outcome.exitCode = await run(settings as never)
      } catch (error) {
        if (error instanceof UsageError) command.error(`error: ${error.message}`)
        throw error
      }
    })
  }

  add('serve', serveOptions(), async (settings: ServeSettings) => {
    const { serve } = await import('./serve/serve.js')
    return await serve(settings, streams)
  })
    .summary('serve them as 4D would')
    .description(
      "Serves login, logout, current user and group membership for the users and groups of a 4D project, as 4D's REST server does: a stand-in for it " +
        'on a laptop or in CI. One line is printed for each login, logout and refusal.'
    )
    .addHelpText(
      'after',
      `
Try it from another terminal:

  curl -i -X POST -H 'username-4D: NAME' -H 'password-4D: PASSWORD' 'http://127.0.0.1:8044/rest/$directory/login'`
    )

  add('export', exportOptions(), async (settings: ExportSettings) => {
    const { runExport } = await import('./export.js')
    return await runExport(settings, streams)
  })
    .summary('print them as JSON or SQL, with safer password hashes')
    .description(
      'Prints the users, groups and password hashes of a 4D project, for a users table of your own. Every 4D digest (unsalted MD5) comes out as a ' +
        'bcrypt hash of that digest, so that everybody logs in as before. The file itself stays as it is.'
    )

  add('hash', [costOption()], async ({ cost }: { cost: number }) => {
    const { runHash } = await import('./hash.js')
    return await runHash(cost, streams)
  })
    .summary('hash a password for your users table')
    .description(
      'Reads a password from the terminal, without showing it, or from standard input (without the line end behind it), and prints its hash for the ' +
        'users table.'
    )

  add('postgres-schema', [schemaOption()], async ({ schema }: { schema: string }) => {
    const { postgresSchema } = await import('../postgres.js')
    streams.stdout.write(checkedByPackage({ schema: '--schema' }, () => postgresSchema(schema)))
    return 0
  })
    .summary('print the SQL that PostgresSessionStore needs')
    .description('Prints the SQL that PostgresSessionStore needs, for psql or your migrations.')

  return program
}

/** Commander finds the option that was probably meant only without its value, and would show the value, which may be a secret. */
function splitAtEqualsSign(arg: string): readonly string[] {
  const [, name, value] = /^(--[^=]+)=(.*)$/s.exec(arg) ?? []
  return name === undefined || value === undefined ? [arg] : [name, value]
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown'
}
