import { describe, expect, it } from 'vitest'

import { manifest } from './support/packed-package.js'
import { codesOf, listedCodes } from './support/security-codes.js'
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
