import { postgresSchema } from '../stores/postgres/schema.js'
import type { CommandStreams } from './command-streams.js'
import { runWithOptions, UsageError } from './run-with-options.js'

const usage = `Usage: express-4d-directory postgres-schema [--schema NAME]

Prints the SQL that PostgresSessionStore needs, for psql or your migrations.

  --schema NAME   the schema to keep sessions in; default directory
`

/** The command `postgres-schema`. Resolves to the exit code. */
export async function runPostgresSchema(args: readonly string[], streams: CommandStreams): Promise<number> {
  return await runWithOptions(args, streams, { usage, options: { schema: { type: 'string' } } }, ({ schema }) => {
    streams.stdout.write(schemaFor(schema))
    return Promise.resolve(0)
  })
}

function schemaFor(schema: string | undefined): string {
  try {
    return postgresSchema(schema)
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`--${error.message}`)
    throw error
  }
}
