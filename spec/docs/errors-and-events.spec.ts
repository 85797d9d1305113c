import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { DirectoryError, type DirectoryErrorCode } from '../../lib/errors.js'
import { page, root, rowsOf } from '../support/pages.js'

const sources = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.generated.ts'))
  .map((path) => readFileSync(join(root, 'lib', path), 'utf8'))

describe('the pages of errors, warnings and events', () => {
  it('list every code of a DirectoryError, with its number and status', () => {
    const rows = rowsOf(page('docs/errors-and-warnings.md')).filter(([code]) => code?.startsWith('`ERR_'))

    expect(rows.map(([code]) => code)).toEqual(quoted(membersOf('errors.ts', 'DirectoryErrorCode')))
    for (const [code = '', errCode, status] of rows) {
      const error = new DirectoryError(code.replaceAll('`', '') as DirectoryErrorCode, '')
      expect([errCode, status], code).toEqual([String(error.errCode), String(error.status)])
    }
  })

  it('list every process warning', () => {
    const rows = rowsOf(page('docs/errors-and-warnings.md')).filter(([code]) => code?.startsWith('`EXPRESS_4D_DIRECTORY_'))
    const given = sources.flatMap((text) => [
      ...[...text.matchAll(/'(EXPRESS_4D_DIRECTORY_[A-Z_]+)'/g)].map(([, code = '']) => code),
      ...[...text.matchAll(/arnings\.(?:once|onceAMinute)\(\s*'([A-Z_]+)'/g)].map(([, code = '']) => `EXPRESS_4D_DIRECTORY_${code}`)
    ])

    expect(given.length).toBeGreaterThan(8)
    expect(rows.map(([code]) => code).toSorted()).toEqual(quoted([...new Set(given)].toSorted()))
  })

  it('list every event', () => {
    const names = rowsOf(page('docs/events.md')).flatMap(([name = '']) =>
      [...name.matchAll(/`([a-z]+_[a-z_]+)`/g)].map(([, event]) => event)
    )

    expect([...new Set(names)].toSorted()).toEqual(membersOf('events.ts', 'DirectoryEventName').toSorted())
  })

  it('list every member of an event', () => {
    const shown = rowsOf(page('docs/events.md')).map(([name = '']) => /^`(\w+)`$/.exec(name)?.[1])
    const [, members = ''] = /interface DirectoryEvent \{([\s\S]*?)\n\}/.exec(readFileSync(join(root, 'lib', 'events.ts'), 'utf8')) ?? []

    const missing = [...members.matchAll(/readonly (\w+)/g)].map(([, name]) => name).filter((name) => !shown.includes(name))

    expect(missing).toEqual([])
  })
})

/** The strings of which a union type consists, as the source has them. */
function membersOf(file: string, type: string): readonly string[] {
  const text = readFileSync(join(root, 'lib', file), 'utf8')
  const [, union = ''] = new RegExp(`export type ${type} =((?:\\s*\\| '\\w+')+)`).exec(text) ?? []
  return [...union.matchAll(/'(\w+)'/g)].map(([, member = '']) => member)
}

function quoted(codes: readonly string[]): readonly string[] {
  return codes.map((code) => `\`${code}\``)
}
