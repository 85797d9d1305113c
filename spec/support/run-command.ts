import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

import { runCommand } from '../../lib/command/run-command.js'

export interface CommandOutcome {
  readonly exitCode: number
  readonly printed: string
  readonly complaint: string
}

/** Runs the command line in this process. `terminal`: its stderr says that it is one. `input`: what it reads. */
export async function run(
  args: readonly string[],
  { terminal = false, input }: { terminal?: boolean; input?: string | Buffer } = {}
): Promise<CommandOutcome> {
  const [stdout, stderr] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY: terminal })]
  const written = Promise.all([text(stdout), text(stderr)])
  const exitCode = await runCommand(args, { stdin: Readable.from(input === undefined ? [] : [Buffer.from(input)]), stdout, stderr })
  stdout.end()
  stderr.end()
  const [printed, complaint] = await written
  return { exitCode, printed, complaint }
}
