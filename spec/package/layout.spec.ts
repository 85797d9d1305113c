import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, resolve } from 'node:path'

import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const lib = resolve(__dirname, '../../lib')

/** The floors of lib, from the ground up: what stands on one may lean on its own and on those before it. The map in the README shows the same. */
const floors = [
  { name: 'errors', files: /^(errors|events)$/ },
  {
    name: 'ports',
    files: /^(sessions\/(session-store|redis-client|postgres-pool)|users\/(directory-provider|login-throttle)|passwords\/password-hasher)$/
  },
  { name: 'work', files: /^(sessions|users|passwords)\// },
  { name: 'http', files: /^http\// },
  { name: 'wiring', files: /^(directory-router|options|option-reader)$/ },
  { name: 'rooms of their own', files: /^(console|testing|command)\// },
  { name: 'doors', files: /^(index|redis|postgres|console|testing)$/ }
] as const

/** Sources by path in lib, without their ending. What browsers run is no module. */
const sources: ReadonlyMap<string, string> = new Map(
  readdirSync(lib, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(ts|js)$/.test(path) && !path.startsWith(join('console', 'browser')))
    .map((path) => [nameOf(path), readFileSync(join(lib, path), 'utf8')])
)

describe('the layout of lib', () => {
  it('has a floor for every file', () => {
    const without = [...sources.keys()].filter((path) => floorOf(path) === -1)

    expect(sources.size).toBeGreaterThan(100)
    expect(without).toEqual([])
  })

  it('has no arrow that points up, and none between rooms of their own', () => {
    expect(arrowsThatPointUp(sources)).toEqual([])
  })

  it('would show an arrow that pointed up, whatever its form', () => {
    const wrong = new Map([
      ['errors', "import { inspect } from 'node:util'"],
      ['sessions/session-store', "import { SessionKeeper } from './session-keeper.js'"],
      ['sessions/session-keeper', "import type { Request } from '../http/guards.js'"],
      ['users/authenticate', "const later = () => import('../options.js')"],
      ['http/guards', "export { directoryRouter } from '../directory-router.js'"],
      ['directory-router', "import './index.js'"],
      ['console/page-routes', "import { run } from '../command/run-command.js'"],
      ['command/serve', "import { directoryRouter } from '../index.js'"]
    ])

    expect(arrowsThatPointUp(wrong)).toEqual([
      'sessions/session-store (ports) -> sessions/session-keeper (work)',
      'sessions/session-keeper (work) -> http/guards (http)',
      'users/authenticate (work) -> options (wiring)',
      'http/guards (http) -> directory-router (wiring)',
      'directory-router (wiring) -> index (doors)',
      'console/page-routes (rooms of their own) -> command/run-command (rooms of their own)',
      'command/serve (rooms of their own) -> index (doors)'
    ])
  })

  it('knows Express from the room http upwards only, and no package at all in errors and ports', () => {
    const importers = (floor: string, banned: (name: string) => boolean) =>
      [...sources].filter(([path, text]) => floors[floorOf(path)]?.name === floor && importsOf(text).some(banned)).map(([path]) => path)
    const isPackage = (name: string) => !name.startsWith('.') && !name.startsWith('node:')

    expect(importers('http', (name) => name === 'express')).not.toEqual([])
    expect(importers('work', (name) => name === 'express')).toEqual([])
    expect([...importers('errors', isPackage), ...importers('ports', isPackage)]).toEqual([])
  })

  it('hands out test tools that know nothing but the ports', () => {
    const arrows = [...sources]
      .filter(([path]) => path.startsWith('testing/'))
      .flatMap(([path, text]) => importsOf(text).flatMap((name) => targetOf(path, name)))

    expect(arrows.filter((target) => !target.startsWith('testing/') && floorOf(target) > 1)).toEqual([])
  })

  it.each(['index', 'redis', 'postgres', 'console', 'testing'])(
    'has a door %s that only opens: named re-exports and nothing else',
    (door) => {
      const { statements } = ts.createSourceFile(door, sources.get(door) ?? '', ts.ScriptTarget.ES2023)

      const isNamedReExport = (statement: ts.Statement) =>
        ts.isExportDeclaration(statement) &&
        statement.moduleSpecifier &&
        statement.exportClause &&
        ts.isNamedExports(statement.exportClause)
      expect(statements.length).toBeGreaterThan(0)
      expect(statements.filter((statement) => !isNamedReExport(statement))).toEqual([])
    }
  )
})

function arrowsThatPointUp(files: ReadonlyMap<string, string>): readonly string[] {
  return [...files].flatMap(([path, text]) =>
    importsOf(text)
      .flatMap((name) => targetOf(path, name))
      .filter((target) => floorOf(target) > floorOf(path) || isInAnotherRoom(path, target))
      .map((target) => `${path} (${floors[floorOf(path)]?.name}) -> ${target} (${floors[floorOf(target)]?.name})`)
  )
}

/** Imports, types' included, re-exports, `require` and `import()`. */
function importsOf(text: string): readonly string[] {
  return ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName)
}

function targetOf(path: string, name: string): readonly string[] {
  return name.startsWith('.') ? [nameOf(normalize(join(dirname(path), name)))] : []
}

function isInAnotherRoom(path: string, target: string): boolean {
  const isOfItsOwn = (file: string) => floors[floorOf(file)]?.name === 'rooms of their own'
  return isOfItsOwn(path) && isOfItsOwn(target) && dirname(path) !== dirname(target)
}

function floorOf(path: string): number {
  return floors.findIndex(({ files }) => files.test(path))
}

function nameOf(path: string): string {
  return path.replaceAll('\\', '/').replace(/\.(ts|js)$/, '')
}
