// Writes the texts that the package carries inside it into modules: what its threads run, and what the console's page loads. A bundle then needs no
// file beside it. Runs at `npm install` (prepare), before a build, and before the specs.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { argv } from 'node:process'
import { fileURLToPath, URL } from 'node:url'

import { build } from 'esbuild'

const lib = fileURLToPath(new URL('../lib/', import.meta.url))

export async function embedFiles() {
  writeModule('passwords/bcrypt-thread.generated.ts', 'bcryptThreadText', await bundleThread())
  writeModule('console/browser-files.generated.ts', 'browserFiles', readFolder(join(lib, 'console/browser')))
}

/** vitest's name for what runs before all specs. */
export const setup = embedFiles

async function bundleThread() {
  const bundled = await build({
    entryPoints: [join(lib, 'passwords/bcrypt-thread.ts')],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    logLevel: 'error'
  })
  // `require` by this name, because a host may have made ES modules of all texts that Node evaluates.
  return `${licence('bcryptjs')}(function (require) {\n${bundled.outputFiles[0].text}})(process.getBuiltinModule)\n`
}

/** The licence asks to be kept with the source. */
function licence(name) {
  const folder = join(dirname(createRequire(import.meta.url).resolve(name)), '..')
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return `/*! ${name} ${version}\n\n${readFileSync(join(folder, 'LICENSE'), 'utf8').trim()}\n*/\n`
}

function readFolder(folder) {
  const names = readdirSync(folder).sort()
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
}

/** Leaves a module alone that says this already: somebody may be reading it. */
function writeModule(path, name, value) {
  const text = `// Written by scripts/embed-files.mjs.\nexport const ${name} = ${JSON.stringify(value, null, 2)}\n`
  const file = join(lib, path)
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
}

if (argv[1] === fileURLToPath(import.meta.url)) await embedFiles()
