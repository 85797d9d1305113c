import { parseArgs, type ParseArgsConfig } from 'node:util'

import { DirectoryFileError } from '../providers/directory-file/error.js'
import type { CommandStreams } from './command-streams.js'
import { nearestName } from './nearest-name.js'

/** The arguments are wrong: shown with the usage, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The work cannot be done: shown as one line, exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

export interface CommandDescription<T extends Options> {
  readonly usage: string
  /** `--help` is added. */
  readonly options: T
}

type Options = NonNullable<ParseArgsConfig['options']>

type Values<T extends Options> = ReturnType<typeof parseArgs<{ args: string[]; options: T; strict: true }>>['values']

/** Reads the options of a command and runs it. Resolves to the exit code; answers `--help` and tells of errors by itself. */
export async function runWithOptions<T extends Options>(
  args: readonly string[],
  streams: CommandStreams,
  { usage, options }: CommandDescription<T>,
  run: (values: Values<T>) => Promise<number>
): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    streams.stdout.write(usage)
    return 0
  }
  try {
    return await run(readOptions(args, options))
  } catch (error) {
    if (error instanceof UsageError) {
      streams.stderr.write(`${error.message}\n\n${usage}`)
      return 2
    }
    if (error instanceof CommandError || error instanceof DirectoryFileError) {
      streams.stderr.write(`${error.message}\n`)
      return 1
    }
    throw error
  }
}

/** A whole number out of an option's text. */
export function readWholeNumber(
  option: string,
  text: string | undefined,
  range: { lowest: number; highest: number; otherwise: number }
): number {
  if (text === undefined) return range.otherwise
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : NaN
  if (value >= range.lowest && value <= range.highest) return value
  throw new UsageError(`--${option} must be a whole number from ${range.lowest} to ${range.highest}, received ${JSON.stringify(text)}`)
}

function readOptions<T extends Options>(args: readonly string[], options: T): Values<T> {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true })
  const known = Object.keys(options)
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`Unexpected argument ${JSON.stringify(token.value)}`)
    if (token.kind !== 'option' || known.includes(token.name)) continue
    const meant = nearestName(token.name, known)
    throw new UsageError(`Unknown option ${token.rawName}${meant === null ? '' : `; did you mean --${meant}?`}`)
  }
  try {
    return parseArgs({ args: [...args], options, strict: true }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
