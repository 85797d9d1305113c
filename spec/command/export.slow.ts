import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { hash as bcryptHash } from 'bcryptjs'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { BcryptPool } from '../../lib/passwords/bcrypt-pool.js'
import { digest4D } from '../../lib/passwords/digest-4d.js'
import { DirectoryFileProvider } from '../../lib/providers/directory-file/provider.js'
import { StaticProvider } from '../../lib/providers/static-provider.js'
import { describeWithPostgres } from '../support/postgres-server.js'
import { run } from '../support/run-command.js'

type Exported = ConstructorParameters<typeof StaticProvider>[0]

const oddName = "O'Brien \\'); DROP TABLE directory_user; --"
let folder: string
let path: string
let bcrypt: string
let pool: BcryptPool

beforeAll(async () => {
  pool = new BcryptPool({ cost: 4 })
  folder = await mkdtemp(join(tmpdir(), 'export-'))
  path = join(folder, 'directory.json')
  bcrypt = (await bcryptHash('test', 4)).replace('$2b$', '$2y$')
  const users = {
    designer: { alias: 'Boss', password: digest4D('pass') },
    administrator: { alias: 'Admin' },
    'zoe q': { password: bcrypt },
    [oddName]: { password: digest4D('x') },
    '': {}
  }
  const groups = {
    Sales: { users: ['Boss', 'zoe q', 'Boss', 'nobody'], groups: ['Office'] },
    Office: { users: ['Admin', ''], groups: ['Sales'] },
    Empty: {},
    '': {}
  }
  await writeFile(path, JSON.stringify({ users, groups, settings: { localMobileAccessGroupRW: 'Sales' } }))
})

afterAll(async () => {
  await pool.close()
  await rm(folder, { recursive: true })
})

async function exported(...args: string[]): Promise<Exported> {
  const { exitCode, printed } = await run(['export', '--directory', path, '--cost', '4', ...args])
  expect(exitCode).toBe(0)
  return JSON.parse(printed) as Exported
}

describe('An export as JSON', () => {
  it('is what StaticProvider takes: the same users and IDs, members of the same groups', async () => {
    const fromFile = await DirectoryFileProvider.open(path)
    const fromExport = new StaticProvider(await exported())

    for (const name of ['Boss', 'Admin', 'zoe q', oddName]) {
      const [user, copy] = [await fromFile.findUser(name), await fromExport.findUser(name)]
      if (!user || !copy) throw new Error(`${name} is lost`)
      expect({ ...copy, passwordHash: '', disabled: copy.disabled ?? false }).toEqual({ ...user, passwordHash: '' })
      for (const group of ['Sales', 'Office', 'Empty', 'Unknown']) {
        expect(await fromExport.belongsTo(copy, group)).toBe(await fromFile.belongsTo(user, group))
      }
    }
  })

  it('keeps the IDs of groups', async () => {
    const fromFile = await DirectoryFileProvider.open(path)
    const { groups = [] } = await exported()
    const boss = await fromFile.findUser('Boss')
    if (!boss) throw new Error('Boss is lost')

    const answers = await Promise.all(groups.map((group) => fromFile.belongsTo(boss, group.ID)))

    expect(groups.map((group) => group.name)).toEqual(['Sales', 'Office', 'Empty'])
    expect(answers).toEqual([true, true, false])
  })

  it('logs the same users in by password, and by digest where the file held one', async () => {
    const { users } = await exported()
    const hashOf = (name: string) => users.find((user) => user.userName === name)?.passwordHash ?? null

    expect(hashOf('Boss')).toMatch(/^bcrypt_4d\$\$2b\$04\$/)
    expect(hashOf('Admin')).toMatch(/^bcrypt_4d\$\$2b\$04\$/)
    expect(hashOf('zoe q')).toBe(bcrypt)
    expect(await pool.verify('pass', hashOf('Boss'))).toBe(true)
    expect(await pool.verify({ hashedPassword: digest4D('pass') }, hashOf('Boss'))).toBe(true)
    expect(await pool.verify('Pass', hashOf('Boss'))).toBe(false)
    expect(await pool.verify('', hashOf('Admin'))).toBe(true)
    expect(await pool.verify('test', hashOf('zoe q'))).toBe(true)
    expect(await pool.verify({ hashedPassword: digest4D('test') }, hashOf('zoe q'))).toBe(false)
  })

  it('holds no digest any more, and leaves the file as it was', async () => {
    const before = await readFile(path)
    const { printed } = await run(['export', '--directory', path, '--cost', '4'])

    for (const password of ['pass', '', 'x']) expect(printed).not.toContain(digest4D(password))
    expect(await readFile(path)).toEqual(before)
  })

  it('disables whoever may not use REST, unless told otherwise', async () => {
    const disabled = ({ users }: Exported) => users.filter((user) => user.disabled).map((user) => user.userName)

    expect(disabled(await exported())).toEqual([oddName])
    expect(disabled(await exported('--no-rest-group'))).toEqual([])
  })

  it('tells of what is odd in the file apart from the output', async () => {
    const { complaint } = await run(['export', '--directory', path, '--cost', '4'])

    expect(complaint).toBe('Warning: The group "Sales" names users that are not there: "nobody"\n')
  })

  it('shows on a terminal how far it is and what is left, and wipes that at the end', async () => {
    const { printed, complaint } = await run(['export', '--directory', path, '--cost', '4'], { terminal: true })

    expect(complaint).toMatch(/\r\[#{8}\.{22}\] 1 of 4 passwords, about \d+ s left/)
    expect(complaint.endsWith(`\r[${'#'.repeat(30)}] 4 of 4 passwords, about 0 s left\u001b[K\r\u001b[K`)).toBe(true)
    expect(() => JSON.parse(printed) as unknown).not.toThrow()
  })
})

describeWithPostgres('An export as SQL', (server) => {
  it('runs as it is printed, whatever the names are, and holds the same directory', async () => {
    const { exitCode, printed } = await run(['export', '--directory', path, '--cost', '4', '--format', 'sql'])
    const client = new pg.Client(server().url)
    await client.connect()
    try {
      await client.query(printed)
      const users = await client.query<{ user_name: string; password_hash: string; disabled: boolean }>(
        'SELECT * FROM directory_user ORDER BY user_name'
      )
      const members = await client.query(
        `SELECT name, user_name FROM directory_group_user
         JOIN directory_group ON directory_group.id = group_id JOIN directory_user ON directory_user.id = user_id ORDER BY name, user_name`
      )
      const inner = await client.query(
        `SELECT outside.name, inside.name AS inner_name FROM directory_group_group
         JOIN directory_group outside ON outside.id = group_id JOIN directory_group inside ON inside.id = inner_group_id ORDER BY 1`
      )

      expect(exitCode).toBe(0)
      expect(users.rows.map((row) => row.user_name)).toEqual(['', 'Admin', 'Boss', oddName, 'zoe q'].sort())
      expect(users.rows.filter((row) => row.disabled).map((row) => row.user_name)).toEqual([oddName])
      expect(await pool.verify('pass', users.rows.find((row) => row.user_name === 'Boss')?.password_hash ?? null)).toBe(true)
      expect(members.rows).toEqual([
        { name: 'Office', user_name: '' },
        { name: 'Office', user_name: 'Admin' },
        { name: 'Sales', user_name: 'Boss' },
        { name: 'Sales', user_name: 'zoe q' }
      ])
      expect(inner.rows).toEqual([
        { name: 'Office', inner_name: 'Sales' },
        { name: 'Sales', inner_name: 'Office' }
      ])
    } finally {
      await client.end()
    }
  })
})
