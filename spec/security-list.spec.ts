import { existsSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { longestTexts } from '../lib/text-bounds.js'
import { manifest } from './support/packed-package.js'
import { assessedLines, codesOf, listedCodes, rowsUnder } from './support/security-codes.js'
import { specTitles, titlesIn } from './support/spec-titles.js'

describe('the list in SECURITY.md', () => {
  const listed = listedCodes()
  const named = specTitles().flatMap(({ file, title }) => codesOf(title).map((code) => ({ code, file })))

  it('holds each code once', () => {
    expect(listed.length).toBeGreaterThan(40)
    expect(listed.filter((code, index) => listed.indexOf(code) !== index)).toEqual([])
  })

  it('has a spec for each of its lines', () => {
    const shown = new Set(named.map(({ code }) => code))

    expect(listed.filter((code) => !shown.has(code))).toEqual([])
  })

  it('has a line for each code that a spec names', () => {
    expect(named.filter(({ code }) => !listed.includes(code))).toEqual([])
  })

  it('is all that `npm run test:security` runs', () => {
    const [, pattern = ''] = /-t '(.+)'/.exec(manifest.scripts['test:security'] ?? '') ?? []
    const coded = specTitles().filter(({ title }) => codesOf(title).length > 0)

    expect(coded.filter(({ title }) => !new RegExp(pattern).test(title))).toEqual([])
  })
})

describe('the tables for an assessor', () => {
  const standards = [
    'ASVS 5.0, V3 Web frontend security',
    'ASVS 5.0, V6 Authentication',
    'ASVS 5.0, V7 Session management',
    'NIST SP 800-63B-4'
  ]
  const lines = standards.flatMap((standard) => assessedLines(standard).map((line) => ({ ...line, standard: standard.slice(0, 4) })))

  it('hold each line once, with whose it is and how', () => {
    expect(lines.length).toBeGreaterThan(80)
    const names = lines.map(({ standard, line }) => `${standard} ${line}`)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
    expect(lines.filter(({ who, how }) => !['ours', 'host', 'recipe'].includes(who) || how === '')).toEqual([])
  })

  it('show what is ours by codes of the list and by specs that there are', () => {
    const listed = listedCodes()
    const isThere = (shown: string) => listed.includes(shown) || (shown.startsWith('spec/') && existsSync(shown))

    expect(lines.filter(({ who, shownBy }) => who === 'ours' && shownBy.length === 0)).toEqual([])
    expect(lines.flatMap(({ shownBy }) => shownBy).filter((shown) => !isThere(shown))).toEqual([])
  })

  it('link to recipes that there are', () => {
    const links = lines.filter(({ who }) => who === 'recipe').map(({ how }) => /\]\((.+?)\)/.exec(how)?.[1] ?? '')

    expect(links.length).toBeGreaterThan(0)
    expect(links.filter((link) => !existsSync(link))).toEqual([])
  })
})

describe('the bounds in SECURITY.md', () => {
  const bounds = rowsUnder('Bounds')

  it.each([
    ['name or ID', longestTexts.name],
    ['password', longestTexts.password],
    ['4D digest', longestTexts.digest],
    ['address of a client', longestTexts.address],
    ['`User-Agent`', longestTexts.userAgent],
    ['`Origin`', longestTexts.pageAddress],
    ['any text in an event', longestTexts.event]
  ])('state that of the code: %s', (text, bound) => {
    expect(bounds.find(([first]) => first?.startsWith(text))?.[1]).toMatch(new RegExp(`^${bound}\\b`))
  })
})

describe('the search for titles', () => {
  it('finds what runs, in whatever form, and nothing else', () => {
    const source = [
      "describe('A7.2.1: a cookie', () => { it(`A7.3.1, C: ${name} ends`, run) })",
      "it.each(rows)('V CVE-2019-16782: of %s', run)",
      "describeWithRedis(isThere ? 'O strict: an id' : 'C: another', run)",
      "// it('A7.2.2: only a comment', run)",
      "it.skip('A7.2.3: switched off', run)",
      "other('A7.2.4: no spec', run)",
      "it('plays C: a sentence', run)"
    ].join('\n')

    const codes = titlesIn('some.spec.ts', source).map(codesOf)

    expect(codes).toEqual([['A7.2.1'], ['A7.3.1'], ['V CVE-2019-16782'], ['O strict'], ['C'], []])
  })
})
