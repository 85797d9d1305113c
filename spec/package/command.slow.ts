import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

import { afterAll, beforeAll } from 'vitest'

import { manifest, packPackage, run } from '../support/packed-package.js'
import { specifyCommand } from './specify-command.js'

const ourModules = resolve(__dirname, '../../node_modules')
const command = Object.keys(manifest.bin)[0] ?? ''
let folder: string

// As npm would install it, without asking a registry: the tarball unpacked, what it depends on beside it, and a link to its command.
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'packed-package-'))
  const modules = join(folder, 'node_modules')
  const home = join(modules, manifest.name)
  mkdirSync(home, { recursive: true })
  const { tarball } = await packPackage(folder)
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', home], folder)
  for (const name of [...Object.keys(manifest.dependencies), 'express']) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(join(ourModules, name), join(modules, name))
  }
  const main = join(home, manifest.bin[command] ?? '')
  chmodSync(main, 0o755)
  mkdirSync(join(modules, '.bin'))
  symlinkSync(main, join(modules, '.bin', command))
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

specifyCommand('The packed command', () => join(folder, 'node_modules', '.bin', command))
