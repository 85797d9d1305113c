import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import ts from 'typescript'

export interface SpecTitle {
  readonly file: string
  readonly title: string
}

const root = resolve(__dirname, '../..')
/** Where titles are written: the specs, what they share, and the conformance kit that ships with the package. */
const places = ['spec', 'lib/testing']
const words = /^(?:it|test|describe|describeWith\w+)$/

/** Every title of a spec or a block of specs that is written out in the sources, those that are switched off left out. */
export function specTitles(): readonly SpecTitle[] {
  return places.flatMap((place) =>
    readdirSync(join(root, place), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.includes('consumers'))
      .flatMap((path) => {
        const file = join(place, path)
        return titlesIn(file, readFileSync(join(root, file), 'utf8')).map((title) => ({ file, title }))
      })
  )
}

/** The titles in one source. */
export function titlesIn(file: string, text: string): readonly string[] {
  const titles: string[] = []
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  visit(source)
  return titles

  function visit(node: ts.Node): void {
    if (ts.isCallExpression(node) && isWord(node.expression)) {
      const [title] = node.arguments
      if (title !== undefined) titles.push(...textsOf(title))
    }
    ts.forEachChild(node, visit)
  }
}

/** `it`, `it.each(rows)` and the like, but neither `it.skip` nor `it.todo`. */
function isWord(node: ts.Expression): boolean {
  if (ts.isIdentifier(node)) return words.test(node.text)
  if (ts.isCallExpression(node)) return isWord(node.expression)
  return ts.isPropertyAccessExpression(node) && !/^(?:skip|todo|fails)$/.test(node.name.text) && isWord(node.expression)
}

function textsOf(node: ts.Node): readonly string[] {
  if (ts.isStringLiteralLike(node)) return [node.text]
  if (ts.isTemplateExpression(node)) return [node.head.text]
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)]
  return []
}
