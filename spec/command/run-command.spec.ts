import { readFile } from 'node:fs/promises'

import { describe, expect, it } from 'vitest'

import { postgresSchema } from '../../lib/stores/postgres/schema.js'
import { run } from '../support/run-command.js'

const commands = ['serve', 'export', 'hash', 'postgres-schema']

describe('The command line', () => {
  it.each(['--help', '-h', 'help'])('lists its commands for %s', async (argument) => {
    const { exitCode, printed, complaint } = await run([argument])

    expect({ exitCode, complaint }).toEqual({ exitCode: 0, complaint: '' })
    for (const command of commands) expect(printed).toContain(`\n  ${command} `)
  })

  it.each(['--version', '-v'])('tells the version of the package for %s', async (argument) => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string }

    const { exitCode, printed } = await run([argument])

    expect({ exitCode, printed }).toEqual({ exitCode: 0, printed: `${version}\n` })
  })

  it.each([
    [[], 'error: a command is missing\n'],
    [['sevre'], "error: unknown command 'sevre'\n(Did you mean serve?)\n"],
    [['--hepl'], "error: unknown option '--hepl'\n(Did you mean --help?)\n"],
    [['frobnicate'], "error: unknown command 'frobnicate'\n"],
    [['__proto__'], "error: unknown command '__proto__'\n"]
  ])('refuses %j with the usage, and with the nearest known word', async (args, sentence) => {
    const { exitCode, printed, complaint } = await run(args)

    expect({ exitCode, printed }).toEqual({ exitCode: 2, printed: '' })
    expect(complaint).toContain(sentence)
    expect(complaint).toContain('\nUsage: express-4d-directory [options] [command]')
  })

  it.each(commands)('explains the command %s', async (command) => {
    const { exitCode, printed, complaint } = await run([command, '--help'])

    expect({ exitCode, complaint }).toEqual({ exitCode: 0, complaint: '' })
    expect(printed).toContain(`Usage: express-4d-directory ${command} `)
  })

  it.each([
    [['serve', '--prot', '1'], "unknown option '--prot'\n(Did you mean --port?)"],
    [['serve', '--licence=5'], "unknown option '--licence'\n(Did you mean --licences?)"],
    [['serve', '--redsi=redis://me:secret@host'], "unknown option '--redsi'\n(Did you mean --redis?)"],
    [['serve', '-p', '1'], "unknown option '-p'"],
    [['serve', '--directory', 'x', 'directory.json'], 'unexpected argument "directory.json"'],
    [['serve'], '--directory <path> is missing'],
    [['serve', 'directory.json'], '--directory <path> is missing'],
    [['serve', '--directory', ''], 'must not be empty'],
    [['serve', '--directory='], 'must not be empty'],
    [['serve', '--directory'], "option '--directory <path>' argument missing"],
    [['serve', '--directory', 'x', '--watch=yes'], 'unexpected argument "yes"'],
    [['serve', '--directory', 'x', '--port', '70000'], "argument '70000' is invalid. It must be a whole number from 0 to 65535"],
    [['serve', '--directory', 'x', '--port', '80a'], 'must be a whole number'],
    [['serve', '--directory', 'x', '--licences', '0'], 'must be a whole number from 1'],
    [['serve', '--directory', 'x', '--host', ''], 'must not be empty'],
    [['export', '--directroy', 'x'], "unknown option '--directroy'\n(Did you mean --directory?)"],
    [['export'], '--directory <path> is missing'],
    [['export', '--directory', 'x', '--format', 'xml'], "argument 'xml' is invalid. Allowed choices are json, sql."],
    [['export', '--directory', 'x', '--cost', '16'], "argument '16' is invalid. It must be a whole number from 4 to 15"],
    [['postgres-schema', '--shcema', 'x'], "unknown option '--shcema'\n(Did you mean --schema?)"],
    [['postgres-schema', '--schema', 'a"b'], '--schema must be the name of a PostgreSQL schema']
  ])('refuses the arguments %j', async (args, sentence) => {
    const { exitCode, printed, complaint } = await run(args)

    expect({ exitCode, printed }).toEqual({ exitCode: 2, printed: '' })
    expect(complaint).toContain(sentence)
    expect(complaint).not.toContain('secret')
    expect(complaint).toContain(`\nUsage: express-4d-directory ${args[0] ?? ''} `)
  })

  it.each(['serve', 'export'])('tells in one line of a directory that is not there: %s', async (command) => {
    const { exitCode, printed, complaint } = await run([command, '--directory', '/no/such/directory.json'])

    expect({ exitCode, printed, complaint }).toEqual({
      exitCode: 1,
      printed: '',
      complaint: '/no/such/directory.json: there is no such file\n'
    })
  })
})

describe('The command postgres-schema', () => {
  it('prints the SQL of the store, in the schema that was asked for', async () => {
    expect((await run(['postgres-schema'])).printed).toBe(postgresSchema())
    expect((await run(['postgres-schema', '--schema', 'shop'])).printed).toBe(postgresSchema('shop'))
  })
})
