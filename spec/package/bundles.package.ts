import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import webpack from 'webpack'

import { installPacked, type PackedPackage, packPackage, run } from '../support/packed-package.js'

const root = resolve(__dirname, '../..')
const consumers = join(__dirname, 'consumers')
/** What esbuild's own documentation wants in front of an ES module with CommonJS packages in it. */
const requireForESModules = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

/** The app and the packages that it is bundled from. */
let home: string
/** Where bundles run: no node_modules stands beside or above them. */
let away: string
let packed: PackedPackage

beforeAll(async () => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'express-4d-directory-bundled-')))
  away = realpathSync(mkdtempSync(join(tmpdir(), 'express-4d-directory-away-')))
  cpSync(join(consumers, 'bundled'), join(home, 'bundled'), { recursive: true })
  cpSync(join(consumers, 'visits.cjs'), join(home, 'visits.cjs'))
  packed = await packPackage(home)
  await installPacked(packed.tarball, home)
})

afterAll(() => {
  for (const folder of [home, away]) rmSync(folder, { recursive: true, force: true })
})

/** A folder for one bundle, with a `worker.js` of the host's in it that must not be started. */
function placeFor(bundle: string): string {
  const folder = join(away, bundle)
  mkdirSync(folder)
  writeFileSync(join(folder, 'worker.js'), "throw new Error('the worker of the host was started')\n")
  return folder
}

async function expectVisits(folder: string, file: string, ...nodeOptions: readonly string[]): Promise<void> {
  const told = await run(process.execPath, [...nodeOptions, '--test-reporter=tap', file], folder)

  expect(told).toMatch(/^# pass 2$/m)
  expect(told).toMatch(/^# fail 0$/m)
}

describe('A bundle in one file, outside of any node_modules, logs in and shows the console', () => {
  it.each([false, true])('made by esbuild as CommonJS, minified: %j', async (minify) => {
    const folder = placeFor(`esbuild-cjs-${minify}`)
    const entryPoints = [join(home, 'bundled/app.mjs')]

    await build({ entryPoints, bundle: true, platform: 'node', outfile: join(folder, 'app.cjs'), minify, logLevel: 'error' })

    await expectVisits(folder, 'app.cjs')
  })

  it.each([false, true])('made by esbuild as an ES module, minified: %j', async (minify) => {
    const folder = placeFor(`esbuild-esm-${minify}`)
    const entryPoints = [join(home, 'bundled/app.mjs')]
    const outfile = join(folder, 'app.mjs')

    const banner = { js: requireForESModules }
    await build({ entryPoints, bundle: true, platform: 'node', format: 'esm', banner, outfile, minify, logLevel: 'error' })

    await expectVisits(folder, 'app.mjs')
  })

  it('made by webpack', async () => {
    const folder = placeFor('webpack')
    const compiler = webpack({
      entry: join(home, 'bundled/app.mjs'),
      target: 'node',
      mode: 'production',
      context: home,
      output: { path: folder, filename: 'app.cjs' }
    })

    const stats = await new Promise<webpack.Stats | undefined>((done, fail) => {
      compiler.run((error, result) => (error ? fail(error) : done(result)))
    })

    expect(stats?.toJson({ all: false, errors: true }).errors).toEqual([])
    await expectVisits(folder, 'app.cjs')
  })

  it('made by ncc', async () => {
    const folder = placeFor('ncc')
    const ncc = createRequire(__filename).resolve('@vercel/ncc/dist/ncc/cli.js')

    await run(process.execPath, [ncc, 'build', join(home, 'bundled/app.cjs'), '--out', folder, '--no-cache', '--quiet'], home)

    await expectVisits(folder, 'index.cjs')
  })
})

describe('Under yarn Plug and Play', () => {
  it('an app logs in and shows the console, with nothing but -r ./.pnp.cjs', async () => {
    const project = join(away, 'yarn')
    mkdirSync(project)
    cpSync(join(home, 'visits.cjs'), join(project, 'visits.cjs'))
    cpSync(join(home, 'bundled'), join(project, 'bundled'), { recursive: true })
    writeFileSync(
      join(project, 'package.json'),
      JSON.stringify({ name: 'pnp', private: true, dependencies: { express: '^5.0.0', 'express-4d-directory': `file:${packed.tarball}` } })
    )
    writeFileSync(join(project, 'yarn.lock'), '')
    const yarn = createRequire(__filename).resolve('@yarnpkg/cli-dist/bin/yarn.js')
    const registry = (await run('npm', ['config', 'get', 'registry'], root)).trim()

    await run(process.execPath, [yarn, 'install', '--no-immutable'], project, {
      YARN_NODE_LINKER: 'pnp',
      YARN_NPM_REGISTRY_SERVER: registry,
      YARN_UNSAFE_HTTP_WHITELIST: new URL(registry).hostname,
      YARN_ENABLE_TELEMETRY: '0',
      YARN_ENABLE_GLOBAL_CACHE: 'false',
      YARN_ENABLE_SCRIPTS: 'false'
    })

    expect(readdirSync(project)).not.toContain('node_modules')
    await expectVisits(project, 'bundled/app.cjs', '--require', './.pnp.cjs')
  })
})
