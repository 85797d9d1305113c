import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { jsonErrorPlace, lineAndColumn } from '../../../lib/providers/directory-file/json-error-place.js'

describe('The place where a text stops being JSON', () => {
  it.each([
    ['nothing at all', '', 0],
    ['blanks only', ' \n', 2],
    ['a missing value', '{"a":}', 5],
    ['a trailing comma', '[1,]', 3],
    ['a trailing comma in an object', '{"a":1,}', 7],
    ['a missing comma', '["a" "b"]', 5],
    ['a missing colon', '{"a" 1}', 5],
    ['a bare key', '{a:1}', 1],
    ['single quotes', "['a']", 1],
    ['the wrong closer', '[1}', 2],
    ['something behind the end', '{} x', 3],
    ['a line end in a string', '["a\nb"]', 3],
    ['an unknown escape', '["a\\x"]', 3],
    ['a short escape', '["\\u12"]', 2],
    ['an end in a string', '["abc', 5],
    ['an end in an object', '{"a":1', 6],
    ['a comment', '[] // x', 3],
    ['a number with a leading zero', '[01]', 2],
    ['a word that is no JSON', '[nil]', 1]
  ])('is found for %s', (_what, text, index) => {
    const found = jsonErrorPlace(text)

    expect(found).toEqual({ ...lineAndColumn(text, index), isEnd: index === text.length })
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError)
  })

  it('is nowhere in JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.boolean(), (json, indented) => {
        const text = indented ? JSON.stringify(JSON.parse(json), null, 2) : json

        expect(jsonErrorPlace(text)).toBeNull()
      })
    )
  })

  it('is somewhere in every text that JSON.parse refuses, and in no other', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '\\',
      '1',
      '-',
      '0',
      '.',
      'e',
      '+',
      'true',
      'null',
      ' ',
      '\n',
      '\t',
      '\u0000',
      '\u00a0',
      'x',
      '\\u0041',
      '"\\n"'
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join('')

        expect(jsonErrorPlace(text) === null).toBe(isJSON(text))
      }),
      { numRuns: 3000 }
    )
  })

  it('is not taken for that of a member that stands there twice', () => {
    expect(jsonErrorPlace('{"a": 1,\n "a": 2,\n}')).toMatchObject({ line: 3, column: 1 })
    expect(jsonErrorPlace('{"a": 1, "a": 2}')).toBeNull()
  })

  it('is not told below a depth that no directory has', () => {
    expect(jsonErrorPlace('['.repeat(200_000))).toBeNull()
  })

  it('is told by line and column, both from one', () => {
    const text = '{\r\n  "a": 1,\n  b'

    expect(lineAndColumn(text, 0)).toEqual({ line: 1, column: 1 })
    expect(lineAndColumn(text, text.length - 1)).toEqual({ line: 3, column: 3 })
  })
})

function isJSON(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
