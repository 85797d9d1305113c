import { inspect } from 'node:util'

/** What the demo is told by environment variables. */
export interface Settings {
  readonly host: string
  /** A number, or the path of a socket or pipe, as some hosts set it. */
  readonly port: number | string
  /** A 4D project's `directory.json`; `null`: the accounts of the seeds. */
  readonly directoryPath: string | null
  readonly redisUrl: string | null
  readonly databaseUrl: string | null
}

/** Throws an Error with one clear line for a variable that cannot be meant. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const settings = {
    host: environment['HOST'] ?? '127.0.0.1',
    port: readPort(environment['PORT'] ?? '8044'),
    directoryPath: environment['DIRECTORY'] ?? null,
    redisUrl: readUrl('REDIS_URL', environment['REDIS_URL'], ['redis:', 'rediss:']),
    databaseUrl: readUrl('DATABASE_URL', environment['DATABASE_URL'], ['postgres:', 'postgresql:'])
  }
  if (settings.redisUrl !== null && settings.databaseUrl !== null)
    throw new Error('REDIS_URL and DATABASE_URL are both set: sessions are kept in one place')
  return settings
}

function readPort(text: string): number | string {
  if (/[/\\]/.test(text)) return text
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535))
    throw new Error(`PORT must be a whole number from 0 to 65535, or the path of a socket or pipe, received ${inspect(text)}`)
  return port
}

// The value may hold a password, so it is not shown.
function readUrl(name: string, text: string | undefined, schemes: readonly string[]): string | null {
  if (text === undefined || text === '') return null
  if (!URL.canParse(text) || !schemes.includes(new URL(text).protocol))
    throw new Error(`${name} must be a URL that starts with ${schemes.join('// or ')}//`)
  return text
}
