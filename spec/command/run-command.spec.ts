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
    [[], 'A command is missing\n'],
    [['sevre'], 'Unknown command "sevre"; did you mean serve?\n'],
    [['--hepl'], 'Unknown option "--hepl"; did you mean --help?\n'],
    [['frobnicate'], 'Unknown command "frobnicate"\n'],
    [['__proto__'], 'Unknown command "__proto__"\n']
  ])('refuses %j with the usage, and with the nearest known word', async (args, sentence) => {
    const { exitCode, printed, complaint } = await run(args)

    expect({ exitCode, printed }).toEqual({ exitCode: 2, printed: '' })
    expect(complaint).toContain(sentence)
    expect(complaint).toContain('\nUsage: express-4d-directory COMMAND')
  })

  it.each(commands)('explains the command %s', async (command) => {
    const { exitCode, printed, complaint } = await run([command, '--help'])

    expect({ exitCode, complaint }).toEqual({ exitCode: 0, complaint: '' })
    expect(printed).toContain(`Usage: express-4d-directory ${command} `)
  })

  it.each([
    [['serve', '--prot', '1'], 'Unknown option --prot; did you mean --port?'],
    [['serve', '--licence=5'], 'Unknown option --licence; did you mean --licences?'],
    [['serve', '-p', '1'], 'Unknown option -p'],
    [['serve', 'directory.json'], 'Unexpected argument "directory.json"'],
    [['serve'], '--directory is missing'],
    [['serve', '--directory', ''], '--directory is missing'],
    [['serve', '--directory'], "Option '--directory <value>' argument missing"],
    [['serve', '--directory', 'x', '--watch=yes'], "Option '--watch' does not take an argument"],
    [['serve', '--directory', 'x', '--port', '70000'], '--port must be a whole number from 0 to 65535, received "70000"'],
    [['serve', '--directory', 'x', '--port', '80a'], '--port must be a whole number'],
    [['serve', '--directory', 'x', '--licences', '0'], '--licences must be a whole number from 1'],
    [['serve', '--directory', 'x', '--host', ''], '--host must not be empty'],
    [['export', '--directroy', 'x'], 'Unknown option --directroy; did you mean --directory?'],
    [['export'], '--directory is missing'],
    [['export', '--directory', 'x', '--format', 'xml'], '--format must be json or sql, received "xml"'],
    [['export', '--directory', 'x', '--cost', '16'], '--cost must be a whole number from 4 to 15, received "16"'],
    [['postgres-schema', '--shcema', 'x'], 'Unknown option --shcema; did you mean --schema?'],
    [['postgres-schema', '--schema', 'a"b'], '--schema must be the name of a PostgreSQL schema']
  ])('refuses the arguments %j', async (args, sentence) => {
    const { exitCode, printed, complaint } = await run(args)

    expect({ exitCode, printed }).toEqual({ exitCode: 2, printed: '' })
    expect(complaint).toContain(sentence)
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
