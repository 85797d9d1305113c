import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, resolve } from 'node:path'

import ts from 'typescript'
import { describe, expect, it } from 'vitest'

/**
 * The floors of lib, from the ground up. Each holds rooms (`sessions/`) and single files (`errors`). A file may import from its own room and from the
 * floors below. The map in CONTRIBUTING.md shows the same.
 */
const floors: readonly (readonly string[])[] = [
  [
    'errors',
    'events',
    'text-bounds',
    'escape-text',
    'copy-text',
    'hide-secrets',
    'describe-cause',
    'failure-notes',
    'warnings',
    'when-known',
    'fold-address',
    'event-budget',
    'event-raiser'
  ],
  [
    'watched-calls',
    'slow-calls',
    'watch-clock',
    'uuid',
    'forgiven',
    'one-of-several',
    'within-deadline',
    'fold-name',
    'html',
    'keyed-mutex',
    'single-flight',
    'clocks',
    'checks/'
  ],
  ['passwords/'],
  ['providers/'],
  ['sessions/', 'auth/'],
  ['stores/removal-listeners', 'stores/server-clock', 'stores/store-options', 'stores/stored-times'],
  ['stores/memory/', 'stores/redis/', 'stores/postgres/'],
  ['http/'],
  ['options', 'cookie-options', 'option-hints', 'read-options', 'directory-statistics', 'directory-router'],
  ['index', 'redis', 'postgres'],
  ['console/', 'command/', 'testing/'],
  ['console', 'testing']
]
const doors = ['index', 'redis', 'postgres', 'console', 'testing']
/** Who may know a package. */
const knowsExpress = /^(http\/|directory-router$|console\/|command\/)/

const lib = resolve(__dirname, '../../lib')

/** Sources by path in lib, without their ending. What browsers run is no module. */
const sources: ReadonlyMap<string, string> = new Map(
  readdirSync(lib, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ts|js)$/.test(path) && !path.startsWith(join('console', 'browser')))
    .map((path) => [nameOf(path), readFileSync(join(lib, path), 'utf8')])
)

describe('the layout of lib', () => {
  it('has a room for every file', () => {
    const homeless = [...sources.keys()].filter((path) => roomOf(path) === undefined)

    expect(sources.size).toBeGreaterThan(100)
    expect(homeless).toEqual([])
  })

  it('has no arrow that points up or into a room beside', () => {
    expect(forbiddenArrows(sources)).toEqual([])
  })

  it('has no circle', () => {
    expect(circles(sources)).toEqual([])
  })

  it('would show an arrow that pointed up or aside, whatever its form', () => {
    const wrong = new Map([
      ['errors', "import { inspect } from 'node:util'"],
      ['sessions/session-keeper', "import type { Request } from '../http/guards.js'"],
      ['auth/authenticate', "const later = () => import('../options.js')"],
      ['sessions/session', "import { Authenticator } from '../auth/authenticate.js'"],
      ['stores/redis/script', "import { TextPool } from '../memory/text-pool.js'"],
      ['http/guards', "export { directoryRouter } from '../directory-router.js'"],
      ['directory-router', "import './index.js'"],
      ['console/page-routes', "import { run } from '../command/run-command.js'"],
      ['command/serve', "import { directoryRouter } from '../index.js'"]
    ])

    expect(forbiddenArrows(wrong)).toEqual([
      'sessions/session-keeper -> http/guards',
      'auth/authenticate -> options',
      'sessions/session -> auth/authenticate',
      'stores/redis/script -> stores/memory/text-pool',
      'http/guards -> directory-router',
      'directory-router -> index',
      'console/page-routes -> command/run-command'
    ])
  })

  it('would show a circle', () => {
    const wrong = new Map([
      ['sessions/a', "import { b } from './b.js'"],
      ['sessions/b', "import type { c } from './c.js'"],
      ['sessions/c', "export { a } from './a.js'"]
    ])

    expect(circles(wrong)).toEqual(['sessions/a -> sessions/b -> sessions/c -> sessions/a'])
  })

  it('knows Express in the room http, in the wiring, and where pages are served, and nowhere else', () => {
    const importers = [...sources].filter(([, text]) => importsOf(text).includes('express')).map(([path]) => path)

    expect(importers.filter((path) => path.startsWith('http/'))).not.toEqual([])
    expect(importers.filter((path) => !knowsExpress.test(path))).toEqual([])
  })

  it.each(['errors', 'events', 'sessions/session-store', 'auth/throttle/login-throttle', 'providers/directory-provider'])(
    'keeps %s free of packages',
    (path) => {
      expect(importsOf(sources.get(path) ?? '').filter((name) => !name.startsWith('.') && !name.startsWith('node:'))).toEqual([])
    }
  )

  it('hands out a conformance kit that knows nothing but the ports', () => {
    const isOfTheKit = (path: string) => /^testing\/(behaves-like-a-session-store|[a-z-]+-spec)$/.test(path)
    const arrows = arrowsOf(sources).filter(([path, target]) => isOfTheKit(path) && !isOfTheKit(target))

    expect(new Set(arrows.map(([, target]) => target))).toEqual(new Set(['providers/directory-provider', 'sessions/session-store']))
  })

  it.each(doors)('has a door %s that only opens: named re-exports and nothing else', (door) => {
    const { statements } = ts.createSourceFile(door, sources.get(door) ?? '', ts.ScriptTarget.ES2023)

    const isNamedReExport = (statement: ts.Statement) =>
      ts.isExportDeclaration(statement) && statement.moduleSpecifier && statement.exportClause && ts.isNamedExports(statement.exportClause)
    expect(statements.length).toBeGreaterThan(0)
    expect(statements.filter((statement) => !isNamedReExport(statement))).toEqual([])
  })
})

function forbiddenArrows(files: ReadonlyMap<string, string>): readonly string[] {
  return arrowsOf(files)
    .filter(([path, target]) => floorOf(target) >= floorOf(path) && !isSameRoom(path, target))
    .map(([path, target]) => `${path} -> ${target}`)
}

/** Each circle of imports once, from its first file in the order of the map. */
function circles(files: ReadonlyMap<string, string>): readonly string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (path: string, way: readonly string[]) => {
    const start = way.indexOf(path)
    if (start !== -1) found.push([...way.slice(start), path].join(' -> '))
    if (start !== -1 || done.has(path)) return
    for (const [, target] of arrowsOf(new Map([[path, files.get(path) ?? '']]))) visit(target, [...way, path])
    done.add(path)
  }
  for (const path of files.keys()) visit(path, [])
  return found
}

/** Who imports what, by paths in lib. */
function arrowsOf(files: ReadonlyMap<string, string>): readonly (readonly [path: string, target: string])[] {
  return [...files].flatMap(([path, text]) =>
    importsOf(text)
      .filter((name) => name.startsWith('.'))
      .map((name) => [path, nameOf(normalize(join(dirname(path), name)))] as const)
  )
}

/** Imports, types' included, re-exports, `require` and `import()`. */
function importsOf(text: string): readonly string[] {
  return ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName)
}

/** The room (`stores/redis/`) or the single file (`errors`) of the floors that a file belongs to. */
function roomOf(path: string): string | undefined {
  return floors.flat().find((room) => (room.endsWith('/') ? path.startsWith(room) : path === room))
}

function floorOf(path: string): number {
  return floors.findIndex((rooms) => rooms.some((room) => room === roomOf(path)))
}

/** The files of one floor that stand outside of rooms count as one room. */
function isSameRoom(path: string, target: string): boolean {
  const isSingle = (room = '') => !room.endsWith('/')
  return roomOf(path) === roomOf(target) || (floorOf(path) === floorOf(target) && isSingle(roomOf(path)) && isSingle(roomOf(target)))
}

function nameOf(path: string): string {
  return path.replaceAll('\\', '/').replace(/\.(ts|js)$/, '')
}
