import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join, relative, resolve, sep } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { manifest, type PackedPackage, packPackage, run } from '../support/packed-package.js'
import { everyPage } from '../support/pages.js'
import { hasPostgres, PostgresServer } from '../support/postgres-process.js'
import { hasRedisServer, RedisServer } from '../support/redis-process.js'
import { dependencyTree } from './dependency-tree.js'
import { specifyCommand } from './specify-command.js'

const root = resolve(__dirname, '../..')
const sources = join(__dirname, 'consumers')
/** What a reader finds in the package beside the code: files, and folders with all that is in them. */
const pages = ['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'SECURITY.md', 'bench/README.md', 'package.json']
const pictures = ['bench/chart-dark.svg', 'bench/chart-light.svg', 'demo/screenshots/console-light.png']
const folders = ['demo/docker', 'demo/recipes', 'docs']
const majors = ['express-4', 'express-5'] as const
// The npm packages that bring other versions of Node are built for this one platform; elsewhere the running version is the only one.
const nodes = platform() === 'linux' && arch() === 'x64' ? (['20', '22', '24'] as const) : (['running'] as const)

let folder: string
let packed: PackedPackage
let redis: RedisServer | null = null
let postgres: PostgresServer | null = null

/** One installation for each major of Express, with everything that imports the package in folders of its own below it. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'express-4d-directory-package-'))
  packed = await packPackage(folder)
  for (const major of majors) {
    cpSync(join(sources, major), join(folder, major), { recursive: true })
    cpSync(join(sources, 'visits.cjs'), join(folder, major, 'visits.cjs'))
    for (const consumer of ['es-modules', 'commonjs', 'commonjs-jest'])
      cpSync(join(sources, consumer), join(folder, major, consumer), { recursive: true })
    for (const resolution of ['nodenext', 'node16', 'node10']) placeTypeScript(join(folder, major, resolution), resolution)
  }
  cpSync(join(sources, 'nodes'), join(folder, 'nodes'), { recursive: true })
  await Promise.all(majors.map((major) => install(major, packed.tarball)))
  if (nodes.length > 1) await install('nodes')
  if (hasRedisServer()) redis = await RedisServer.start()
  if (hasPostgres()) postgres = await PostgresServer.start()
})

afterAll(async () => {
  await redis?.stop()
  await postgres?.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe.each(majors)('An app on %s', (major) => {
  const env = () => ({ ...(redis && { REDIS_URL: redis.url }), ...(postgres && { POSTGRES_URL: postgres.url }) })

  describe.each(nodes)('and Node %s', (node) => {
    it.each(['es-modules', 'commonjs'])('logs in as %s, and through every side door', async (consumer) => {
      const told = await run(binaryOf(node), ['--test-reporter=tap', 'main.js'], join(folder, major, consumer), env())

      expect(Number(/^# pass (\d+)$/m.exec(told)?.[1])).toBeGreaterThan(20)
      expect(told).toMatch(/^# fail 0$/m)
    })

    it('logs in under CommonJS Jest, and through every side door', async () => {
      const jest = join(folder, major, 'node_modules', 'jest', 'bin', 'jest.js')

      await run(binaryOf(node), [jest, '--ci', '--rootDir', '.'], join(folder, major, 'commonjs-jest'), env())
    })
  })

  it.each(['nodenext', 'node16', 'node10'])('is checked in full by TypeScript under %s, and runs', async (resolution) => {
    const project = join(folder, major, resolution)
    const tsc = join(folder, major, 'node_modules', 'typescript', 'bin', 'tsc')

    // TypeScript 6 still knows node10, and says that 7 will not.
    const deprecated = resolution === 'node10' && major === 'express-5' ? ['--ignoreDeprecations', '6.0'] : []
    await run(process.execPath, [tsc, '--project', '.', ...deprecated], project)

    for (const node of nodes) await run(binaryOf(node), ['out/app.js'], project)
  })
})

describe('The packed package', () => {
  it('holds what is made of each file of lib, the pages and recipes for readers, and nothing else', () => {
    const made = filesBelow('lib').flatMap((path) => builtFrom(path).map((file) => `dist/${file}`))
    const shown = folders.flatMap((path) => filesBelow(path).map((file) => `${path}/${file}`))

    expect(packed.files).toEqual([...pages, ...pictures, ...shown, ...made].sort())
  })

  it('holds whatever its pages link to', () => {
    const dead = everyPage
      .filter(({ path }) => packed.files.includes(path))
      .flatMap(({ path, links }) => {
        const targets = links.filter((link) => !URL.canParse(link)).map((link) => join(dirname(path), link.split('#')[0] ?? ''))
        return targets.filter((target) => target !== dirname(path) && !packed.files.includes(target)).map((target) => `${path}: ${target}`)
      })

    expect(dead).toEqual([])
  })

  it('brings the dependencies of the list beside this spec, and no others', async () => {
    const lock = readFileSync(join(folder, 'express-5', 'package-lock.json'), 'utf8')

    await expect(dependencyTree(lock, manifest.name)).toMatchFileSnapshot('production-dependencies.txt')
  })

  it('has nothing that publint would have otherwise', async () => {
    const told = await run(tool('publint'), [packed.tarball, '--strict'], root)

    expect(told).toContain('All good!')
  })

  it('has types that every way of resolving finds, node10 included', async () => {
    const told = await run(tool('attw'), [packed.tarball, '--profile', 'strict', '--format', 'json'], root)

    const { problems } = JSON.parse(told) as { problems?: object }
    expect(problems ?? {}).toEqual({})
  })
})

/** The files of a folder of the repository, by their paths in it. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(join(root, folder), join(entry.parentPath, entry.name)))
}

/** A module of lib becomes code and types; documents stay as they are. What browsers and threads run is a text inside a module. */
function builtFrom(path: string): readonly string[] {
  if (path.startsWith(join('console', 'browser') + sep) || path === join('passwords', 'bcrypt-thread.ts')) return []
  return path.endsWith('.ts') ? ['.js', '.d.ts'].map((ending) => path.replace(/\.ts$/, ending)) : [path]
}

specifyCommand('The installed command', () => join(folder, 'express-5', 'node_modules', '.bin', Object.keys(manifest.bin)[0] ?? ''))

/** nodenext as ES modules, the others as CommonJS. */
function placeTypeScript(project: string, resolution: string): void {
  cpSync(join(sources, 'typescript', 'app.ts'), join(project, 'app.ts'))
  cpSync(join(sources, 'typescript', 'stores.ts'), join(project, 'stores.ts'))
  cpSync(join(sources, 'typescript', `tsconfig.${resolution}.json`), join(project, 'tsconfig.json'))
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: resolution === 'nodenext' ? 'module' : 'commonjs' }))
}

async function install(consumer: string, ...packages: readonly string[]): Promise<void> {
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages], join(folder, consumer))
}

function binaryOf(node: string): string {
  return node === 'running' ? process.execPath : join(folder, 'nodes', 'node_modules', `node-${node}`, 'bin', 'node')
}

function tool(name: string): string {
  return join(root, 'node_modules', '.bin', name)
}
