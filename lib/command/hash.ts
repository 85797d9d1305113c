import { createInterface } from 'node:readline'
import { Writable, type Readable } from 'node:stream'
import { parseArgs } from 'node:util'

import { hashPassword } from '../passwords/hash-password.js'

/** What a command reads and writes: `process` has all three. */
export interface CommandStreams {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable
  readonly stderr: Writable
}

const usage = `Usage: express-4d-directory hash [--cost N]

Reads a password from the terminal, without showing it, or from standard input (without the line end behind it),
and prints its hash for the users table.

  --cost N   the work of the hash: 4 to 15, each the double of the one before; default 10
`

/** The command `hash`. Resolves to the exit code: 0; 1 where there is no password to hash; 2 for arguments that it does not know; 130 after Ctrl+C. */
export async function runHash(args: readonly string[], streams: CommandStreams): Promise<number> {
  const order = readOrder(args)
  if ('help' in order) {
    streams.stdout.write(usage)
    return 0
  }
  if ('complaint' in order) {
    streams.stderr.write(`${order.complaint}\n\n${usage}`)
    return 2
  }

  let password: string | null
  try {
    password = streams.stdin.isTTY ? await askForPassword(streams) : await readPassword(streams.stdin)
  } catch {
    streams.stderr.write('Standard input could not be read as UTF-8\n')
    return 1
  }
  if (password === null) return 130
  if (password === '') {
    streams.stderr.write('The password is empty, and nobody logs in with an empty password\n')
    return 1
  }
  streams.stdout.write(`${await hashPassword(password, order)}\n`)
  return 0
}

function readOrder(args: readonly string[]): { readonly cost?: number } | { readonly help: true } | { readonly complaint: string } {
  try {
    const { values } = parseArgs({ args: [...args], options: { cost: { type: 'string' }, help: { type: 'boolean', short: 'h' } } })
    if (values.help) return { help: true }
    if (values.cost === undefined) return {}
    return /^([4-9]|1[0-5])$/.test(values.cost)
      ? { cost: Number(values.cost) }
      : { complaint: '--cost must be a whole number from 4 to 15' }
  } catch (error) {
    return { complaint: error instanceof Error ? error.message : String(error) }
  }
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
  const chunks: Buffer[] = []
  for await (const chunk of stdin) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  // Strict: what another encoding meant would become other characters, and a hash that no password fits.
  const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  return text.replace(/\r?\n$/, '')
}
