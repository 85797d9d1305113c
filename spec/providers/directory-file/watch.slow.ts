import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, mkdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { digest4D } from '../../../lib/passwords/digest-4d.js'
import type { DirectoryFileError } from '../../../lib/providers/directory-file/error.js'
import { DirectoryFileProvider } from '../../../lib/providers/directory-file/provider.js'

describe('A watched directory file', () => {
  let folder: string
  let path: string
  let provider: DirectoryFileProvider
  let now: number

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'directory-watch-'))
    path = join(folder, 'directory.json')
    now = 1000
    await save({ joe: { password: digest4D('one') }, ann: {} })
    provider = await DirectoryFileProvider.open(path, { watch: true, now: () => now })
  })

  afterEach(async () => {
    await provider.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function save(users: unknown, rest: object = {}): Promise<void> {
    await writeFile(path, JSON.stringify({ users, ...rest }))
  }

  async function names(...asked: string[]): Promise<boolean[]> {
    const found = await Promise.all(asked.map((name) => provider.findUser(name)))
    return found.map((user) => user !== null)
  }

  async function failure(): Promise<DirectoryFileError> {
    const [error] = (await once(provider.events, 'reload-failed')) as [DirectoryFileError]
    return error
  }

  it('takes effect when it is saved in place', async () => {
    const reloaded = once(provider.events, 'reloaded')

    await save({ zoe: {} }, { groups: { A: { users: ['gone'] } } })
    const [warnings] = (await reloaded) as [readonly string[]]

    expect(await names('joe', 'zoe')).toEqual([false, true])
    expect(provider.warnings).toEqual(['The group "A" names users that are not there: "gone"'])
    expect(warnings).toBe(provider.warnings)
  })

  it('takes effect when another file is put in its place, time and again, as editors do', async () => {
    for (const name of ['first', 'second', 'third']) {
      const reloaded = once(provider.events, 'reloaded')
      await writeFile(path + '~', JSON.stringify({ users: { [name]: {} } }))
      await rename(path + '~', path)
      await reloaded

      expect(await names('joe', name)).toEqual([false, true])
    }
  })

  it('takes effect when the link that it is reached by is turned to another folder', async () => {
    await provider.close()
    const mounted = join(folder, 'mounted')
    for (const name of ['one', 'two']) {
      await mkdir(join(folder, name))
      await writeFile(join(folder, name, 'directory.json'), JSON.stringify({ users: { [name]: {} } }))
    }
    await mkdir(mounted)
    await symlink('../one', join(mounted, 'data'))
    await symlink('data/directory.json', join(mounted, 'directory.json'))
    provider = await DirectoryFileProvider.open(join(mounted, 'directory.json'), { watch: true })
    const reloaded = once(provider.events, 'reloaded')

    await symlink('../two', join(mounted, 'data~'))
    await rename(join(mounted, 'data~'), join(mounted, 'data'))
    await reloaded

    expect(await names('one', 'two')).toEqual([false, true])
  })

  it('takes effect when what its link leads to is saved, in a folder of its own', async () => {
    await provider.close()
    await mkdir(join(folder, 'elsewhere'))
    await writeFile(join(folder, 'elsewhere', 'users.json'), JSON.stringify({ users: { before: {} } }))
    await symlink('elsewhere/users.json', join(folder, 'link.json'))
    provider = await DirectoryFileProvider.open(join(folder, 'link.json'), { watch: true })
    const reloaded = once(provider.events, 'reloaded')

    await writeFile(join(folder, 'elsewhere', 'users.json'), JSON.stringify({ users: { afterwards: {} } }))
    await reloaded

    expect(await names('before', 'afterwards')).toEqual([false, true])
  })

  it('takes effect when a folder above it is a link that is turned, as a deployment does', async () => {
    await provider.close()
    for (const release of ['one', 'two']) {
      await mkdir(join(folder, release, 'Settings'), { recursive: true })
      await writeFile(join(folder, release, 'Settings', 'directory.json'), JSON.stringify({ users: { [release]: {} } }))
    }
    await symlink('one', join(folder, 'current'))
    provider = await DirectoryFileProvider.open(join(folder, 'current', 'Settings', 'directory.json'), { watch: true })
    const reloaded = once(provider.events, 'reloaded')

    await symlink('two', join(folder, 'current~'))
    await rename(join(folder, 'current~'), join(folder, 'current'))
    await reloaded

    expect(await names('one', 'two')).toEqual([false, true])
  })

  it('goes on with the last good one when it is broken, and says why, until it is mended', async () => {
    const failed = failure()
    await writeFile(path, '{"users": {"joe": {"password": "q1TzCU0hvFUZnyOPqPJ8Iw==')

    const error = await failed
    expect(error).toMatchObject({ code: 'ERR_NOT_JSON', line: 1, column: 57 })
    expect(error.message).not.toContain('q1TzCU')
    expect(await names('joe', 'ann')).toEqual([true, true])

    const reloaded = once(provider.events, 'reloaded')
    await save({ joe: {} })
    await reloaded
    expect(await names('joe', 'ann')).toEqual([true, false])
  })

  it('goes on with the last good one when it has another shape, or is gone', async () => {
    const misshapen = failure()
    await save([])
    expect((await misshapen).code).toBe('ERR_SHAPE')

    const missing = failure()
    await unlink(path)
    expect((await missing).code).toBe('ERR_FILE_NOT_FOUND')

    expect(await names('joe', 'ann')).toEqual([true, true])
  })

  it('is found again when its whole folder has been moved away and another has come', async () => {
    await provider.close()
    const settings = join(folder, 'Settings')
    await mkdir(settings)
    await writeFile(join(settings, 'directory.json'), '{"users": {"old": {}}}')
    provider = await DirectoryFileProvider.open(join(settings, 'directory.json'), { watch: true })
    const failed = failure()
    await rename(settings, join(folder, 'Settings.old'))
    await failed

    const reloaded = once(provider.events, 'reloaded')
    await mkdir(settings)
    await writeFile(join(settings, 'directory.json'), '{"users": {"new": {}}}')
    await reloaded

    expect(await names('old', 'new')).toEqual([false, true])
  })

  it('raises nothing for what happens beside it, nor when it is saved unchanged', async () => {
    let events = 0
    provider.events.on('reloaded', () => events++)
    provider.events.on('reload-failed', () => events++)

    await writeFile(join(folder, 'other.json'), 'x')
    await save({ joe: { password: digest4D('one') }, ann: {} })
    const reloaded = once(provider.events, 'reloaded')
    await save({ last: {} })
    await reloaded

    expect(events).toBe(1)
  })

  it('tells when a password changed, and keeps that moment when it is saved again', async () => {
    const reloaded = once(provider.events, 'reloaded')
    now = 2000
    await save({ joe: { password: digest4D('two') }, ann: {} })
    await reloaded
    const again = once(provider.events, 'reloaded')
    now = 3000
    await save({ joe: { password: digest4D('two') }, ann: {}, zoe: {} })
    await again

    expect((await provider.findUser('joe'))?.credentialsChangedAt).toEqual(new Date(2000))
    expect(await provider.findUser('ann')).not.toHaveProperty('credentialsChangedAt')
    expect(await provider.findUser('zoe')).not.toHaveProperty('credentialsChangedAt')
  })

  it('tells when a user went and came back with another password', async () => {
    const gone = once(provider.events, 'reloaded')
    await save({ ann: {} })
    await gone
    const back = once(provider.events, 'reloaded')
    now = 4000
    await save({ joe: { password: digest4D('other') }, ann: {} })
    await back

    expect((await provider.findUser('joe'))?.credentialsChangedAt).toEqual(new Date(4000))
  })

  it('answers as before once it is closed', async () => {
    await provider.close()
    await save({ zoe: {} })
    await provider.close()

    expect(await names('joe', 'zoe')).toEqual([true, false])
  })

  it('raises no event and is not read without `watch`', async () => {
    const still = await DirectoryFileProvider.open(path)
    let events = 0
    still.events.on('reloaded', () => events++)
    const reloaded = once(provider.events, 'reloaded')

    await save({ zoe: {} })
    await reloaded
    await still.close()

    expect(events).toBe(0)
    expect(await still.findUser('joe')).not.toBeNull()
  })

  it('keeps no process alive', async () => {
    const program = `
      const { DirectoryFileProvider } = require(${JSON.stringify(join(process.cwd(), 'lib/providers/directory-file/provider.ts'))})
      DirectoryFileProvider.open(${JSON.stringify(path)}, { watch: true }).then(() => console.log('open'))`

    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', '--eval', program], { timeout: 20_000 })

    expect(stdout).toBe('open\n')
  })
})
