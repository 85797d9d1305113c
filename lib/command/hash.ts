import { createInterface } from 'node:readline'
import { buffer } from 'node:stream/consumers'
import { Writable } from 'node:stream'

import { hashPassword } from '../passwords/hash-password.js'
import { CommandError } from './command-error.js'
import type { CommandStreams } from './command-streams.js'

/** The command `hash`. Resolves to the exit code: 0, or 130 after Ctrl+C. */
export async function runHash(cost: number, streams: CommandStreams): Promise<number> {
  const password = streams.stdin.isTTY ? await askForPassword(streams) : await readPassword(streams)
  if (password === null) return 130
  if (password === '') throw new CommandError('The password is empty, and nobody logs in with an empty password')
  streams.stdout.write(`${await hashPassword(password, { cost })}\n`)
  return 0
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

async function readPassword({ stdin }: CommandStreams): Promise<string> {
  try {
    // Strict: what another encoding meant would become other characters, and a hash that no password fits.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await buffer(stdin))
    return text.replace(/\r?\n$/, '')
  } catch {
    throw new CommandError('Standard input could not be read as UTF-8')
  }
}
