import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

import { hashPassword } from '../passwords/hash-password.js'
import { highestCost, lowestCost } from '../passwords/password-formats.js'
import type { CommandStreams } from './command-streams.js'
import { CommandError, readWholeNumber, runWithOptions } from './run-with-options.js'

const usage = `Usage: express-4d-directory hash [--cost N]

Reads a password from the terminal, without showing it, or from standard input (without the line end behind it),
and prints its hash for the users table.

  --cost N   the work of the hash: 4 to 15, each the double of the one before; default 10
`

/** The command `hash`. Resolves to the exit code: 0; 1 where there is no password to hash; 2 for arguments that it does not know; 130 after Ctrl+C. */
export async function runHash(args: readonly string[], streams: CommandStreams): Promise<number> {
  return await runWithOptions(args, streams, { usage, options: { cost: { type: 'string' } } }, async (values) => {
    const cost = readWholeNumber('cost', values.cost, { lowest: lowestCost, highest: highestCost, otherwise: 10 })
    const password = streams.stdin.isTTY ? await askForPassword(streams) : await readPassword(streams.stdin)
    if (password === null) return 130
    if (password === '') throw new CommandError('The password is empty, and nobody logs in with an empty password')
    streams.stdout.write(`${await hashPassword(password, { cost })}\n`)
    return 0
  })
}

// readline takes the terminal out of its echoing mode; what it would echo in its place goes nowhere.
async function askForPassword({ stdin, stderr }: CommandStreams): Promise<string | null> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: stdin, output: nowhere, terminal: true, historySize: 0 })
  try {
    return await new Promise<string | null>((resolve) => {
      terminal.once('line', resolve)
      terminal.once('SIGINT', () => resolve(null))
      terminal.once('close', () => resolve(''))
      stderr.write('Password: ')
    })
  } finally {
    terminal.close()
    stderr.write('\n')
  }
}

async function readPassword(stdin: AsyncIterable<Buffer | string>): Promise<string> {
  try {
    const chunks: Buffer[] = []
    for await (const chunk of stdin) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
    // Strict: what another encoding meant would become other characters, and a hash that no password fits.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
    return text.replace(/\r?\n$/, '')
  } catch {
    throw new CommandError('Standard input could not be read as UTF-8')
  }
}
