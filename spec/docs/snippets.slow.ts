import { join } from 'node:path'

import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'

import { diagnose } from '../support/diagnose.js'
import { root, type Snippet, snippets } from '../support/pages.js'

/** The files that readers make of the guides. A page that does not show one takes it from the page that does. */
const files = snippets.filter(({ marks }) => marks.has('file'))

describe('the snippets of the guides', () => {
  it('compile', { timeout: 120_000 }, () => {
    const sources = new Map(snippets.filter(({ language }) => language === 'ts').map((snippet) => [pathOf(snippet), sourceOf(snippet)]))
    for (const page of new Set(files.map((snippet) => snippet.page))) {
      for (const borrowed of files) {
        const path = pathOf({ ...borrowed, page })
        if (!sources.has(path)) sources.set(path, sourceOf(borrowed))
      }
    }

    expect(sources.size).toBeGreaterThan(20)
    expect(diagnose(sources)).toEqual([])
  })

  it('are JSON, YAML and JavaScript where they say so', () => {
    const broken = snippets.filter(({ language, text }) => {
      if (language === 'js') return ts.transpileModule(text, { reportDiagnostics: true }).diagnostics?.length !== 0
      if (language === 'json') return !isJson(text)
      return ['yaml', 'yml'].includes(language) && parseAllDocuments(text).some(({ errors }) => errors.length > 0)
    })

    expect(broken).toEqual([])
  })

  it('have a language each', () => {
    const languages = new Set(snippets.map(({ language }) => language))

    expect(
      [...languages].filter(
        (language) => !['ts', 'js', 'html', 'sh', 'json', 'yaml', 'nginx', 'dockerfile', 'text', '4d'].includes(language)
      )
    ).toEqual([])
  })
})

/** Each in a folder of its own, in which the other files of the page lie as well. */
function pathOf({ page, line, marks }: Snippet): string {
  return join(root, '.pages', page.replaceAll('/', '-'), marks.get('file') ?? `line-${line}.ts`)
}

function sourceOf({ marks, text }: Snippet): string {
  const names = marks.get('context')
  const context = names === undefined ? '' : `import { ${names} } from '../../spec/support/page-context.js'\n`
  return `${context}${text}\nexport {}\n`
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
