import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const root = resolve(__dirname, '../..')
const oneCode = /^(?:A\d+\.\d+\.\d+(?: [a-z ]+)?|N \d+(?:\.\d+)*|V \S.*|O \w+|C(?: [a-z]+)?|CVE-\S+)$/

/** The codes of the list in SECURITY.md, in its order. */
export function listedCodes(): readonly string[] {
  const page = readFileSync(resolve(root, 'SECURITY.md'), 'utf8')
  return [...page.matchAll(/^\| (?!code|-)(.+?) +\|/gm)].map(([, code = '']) => code)
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
