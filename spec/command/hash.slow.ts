import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

import { afterAll, describe, expect, it } from 'vitest'

import { BcryptPool } from '../../lib/passwords/bcrypt-pool.js'
import { run } from '../support/run-command.js'

const pool = new BcryptPool({ cost: 4, threads: 1 })
afterAll(() => pool.close())

async function hash(input: string | Buffer, ...args: string[]) {
  return await run(['hash', ...args], { input })
}

describe('the command hash, from standard input', () => {
  it.each([
    ['secret', 'secret'],
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    ['secret\n\n', 'secret\n'],
    [' secret ', ' secret '],
    ['s\u00e9cret\n', 's\u00e9cret']
  ])('hashes %j as %j', async (input, password) => {
    const { exitCode, printed, complaint } = await hash(input, '--cost', '4')

    expect({ exitCode, complaint }).toEqual({ exitCode: 0, complaint: '' })
    expect(printed).toMatch(/^bcrypt_4d\$\$2b\$04\$[./A-Za-z0-9]{53}\n$/)
    expect(await pool.verify(password, printed.trim())).toBe(true)
  })

  it('hashes at cost 10 unless told otherwise', async () => {
    const { printed } = await hash('secret')

    expect(printed).toMatch(/^bcrypt_4d\$\$2b\$10\$/)
  })

  it.each([
    ['nothing', ''],
    ['an empty line', '\n'],
    ['what is not UTF-8', Buffer.from([0x73, 0xe9, 0x0a])]
  ])('prints no hash of %s', async (_what, input) => {
    const { exitCode, printed, complaint } = await hash(input, '--cost', '4')

    expect({ exitCode, printed }).toEqual({ exitCode: 1, printed: '' })
    expect(complaint).not.toBe('')
  })
})

describe('the arguments of the command hash', () => {
  it.each([[['--cost', '3']], [['--cost', '16']], [['--cost', 'ten']], [['--cost']], [['--password', 'secret']], [['secret']]])(
    'are refused where it does not know them: %j',
    async (args) => {
      const { exitCode, printed, complaint } = await hash('secret', ...args)

      expect({ exitCode, printed }).toEqual({ exitCode: 2, printed: '' })
      expect(complaint).toContain('Usage: ')
    }
  )

  it('are shown with --help', async () => {
    const { exitCode, printed } = await hash('', '--help')

    expect(exitCode).toBe(0)
    expect(printed).toContain('Usage: ')
  })
})

describe.runIf(existsSync('/usr/bin/script'))('the command hash, at a terminal', () => {
  /** Runs the command at a pseudo-terminal, types once it asks, and returns all that the terminal shows. */
  async function typeAtTerminal(typed: string): Promise<string> {
    const command = `'${process.execPath}' --import tsx lib/command/main.ts hash --cost 4; echo "exit code $?"`
    const terminal = spawn('/usr/bin/script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd: resolve(__dirname, '../..'),
      env: { ...process.env, SHELL: '/bin/sh' },
      stdio: ['pipe', 'pipe', 'inherit']
    })
    let shown = ''
    for await (const chunk of terminal.stdout) {
      const asked = shown.includes('Password: ')
      shown += String(chunk)
      if (!asked && shown.includes('Password: ')) terminal.stdin.write(typed)
      if (shown.includes('exit code')) terminal.stdin.end()
    }
    return shown
  }

  it('reads a line without showing it', async () => {
    const shown = await typeAtTerminal('secrex\u007ft\r')

    const [, printed = ''] = /(bcrypt_4d\$\S+)/.exec(shown) ?? []
    expect(shown).not.toContain('secre')
    expect(shown).toContain('exit code 0')
    expect(await pool.verify('secret', printed)).toBe(true)
  })

  it.each([
    ['130 after Ctrl+C', 'secret\u0003', 130],
    ['1 after Ctrl+D', '\u0004', 1]
  ])('prints no hash, and the exit code is %s', async (_key, typed, exitCode) => {
    const shown = await typeAtTerminal(typed)

    expect(shown).toContain(`exit code ${exitCode}`)
    expect(shown).not.toContain('bcrypt_4d')
  })
})
