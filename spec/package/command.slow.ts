import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll } from 'vitest'

import { installPacked, manifest, packPackage } from '../support/packed-package.js'
import { specifyCommand } from './specify-command.js'

const command = Object.keys(manifest.bin)[0] ?? ''
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'packed-package-'))
  const { tarball } = await packPackage(folder)
  const home = await installPacked(tarball, folder)
  const main = join(home, manifest.bin[command] ?? '')
  const binaries = join(folder, 'node_modules', '.bin')
  chmodSync(main, 0o755)
  mkdirSync(binaries)
  symlinkSync(main, join(binaries, command))
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

specifyCommand('The packed command', () => join(folder, 'node_modules', '.bin', command))
