import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const page = readFileSync(resolve(__dirname, '../../SECURITY.md'), 'utf8')
const oneCode = /^(?:A\d+\.\d+\.\d+(?: [a-z ]+)?|N \d+(?:\.\d+)*|V \S.*|O \w+|C(?: [a-z]+)?|E [a-z ]+|CVE-\S+)$/

/** The codes of the list in SECURITY.md, in its order. */
export function listedCodes(): readonly string[] {
  return rowsUnder('What the specs show').map(([code = '']) => code)
}

/** What an assessor reads of one line of a standard. */
export interface AssessedLine {
  readonly line: string
  readonly who: string
  /** Codes of the list, and files of specs. */
  readonly shownBy: readonly string[]
  readonly how: string
}

/** The lines of a standard, by the heading that they stand under. */
export function assessedLines(heading: string): readonly AssessedLine[] {
  return rowsUnder(heading).map(([line = '', who = '', shownBy = '', how = '']) => {
    return { line, who, shownBy: shownBy === '' ? [] : shownBy.split(', ').map((each) => each.replaceAll('`', '')), how }
  })
}

/** The cells of the table under that heading. */
export function rowsUnder(heading: string): readonly (readonly string[])[] {
  const section = page.split(/^##+ /m).find((each) => each.startsWith(`${heading}\n`)) ?? ''
  const lines = section.split('\n').filter((line) => line.startsWith('| '))
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
  )
}

/**
 * The codes that a title begins with: `A6.3.1, N 3.2.2: waits after ten failures`. A bare letter behind a code says only where it was
 * taken from, and `CVE-...` is short for `V CVE-...`. None where the title does not begin with a code.
 */
export function codesOf(title: string): readonly string[] {
  const colon = title.indexOf(': ')
  if (colon === -1) return []
  const [first = '', ...others] = title.slice(0, colon).split(', ')
  if (!oneCode.test(first)) return []
  return [first, ...others.filter((other) => !/^[NOC]$/.test(other))].map((code) => code.replace(/^CVE-/, 'V CVE-'))
}
