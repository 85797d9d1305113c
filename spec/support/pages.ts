import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import GithubSlugger from 'github-slugger'
import MarkdownIt, { type Token } from 'markdown-it'

export const root = resolve(__dirname, '../..')

/** A block of code on a page. */
export interface Snippet {
  readonly page: string
  readonly line: number
  readonly language: string
  /** What the comments before the block say to the specs: `<!-- context: app -->` is `context`, `app`. */
  readonly marks: ReadonlyMap<string, string>
  readonly text: string
}

/** A page of Markdown, as a host of repositories shows it. */
export interface Page {
  /** From the root of the repository. */
  readonly path: string
  readonly text: string
  readonly snippets: readonly Snippet[]
  /** The fragments that links to this page may have. */
  readonly anchors: readonly string[]
  /** Where its links and pictures lead. */
  readonly links: readonly string[]
}

const markdown = new MarkdownIt({ html: true })

/** What a user reads: the README and the guides. */
export const guides = [readPage('README.md'), ...pagesBelow('docs')]

/** Every page of the repository. */
export const everyPage = [
  ...guides,
  ...['CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'].map(readPage),
  ...['bench', 'demo'].flatMap(pagesBelow)
]

/** The snippets of the guides, and of what contributors read. */
export const snippets = [...guides, readPage('CONTRIBUTING.md')].flatMap((page) => page.snippets)

export function page(path: string): Page {
  const found = everyPage.find((candidate) => candidate.path === path)
  if (found === undefined) throw new Error(`There is no page ${path}`)
  return found
}

/** The rows of the tables of a page: the cells of each, as they are written. */
export function rowsOf({ text }: Page): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^[|\s:-]+$/.test(line))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf('|'))
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim())
    )
}

function pagesBelow(folder: string): readonly Page[] {
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path))
  return paths
    .filter((path) => path.endsWith('.md'))
    .sort()
    .map(readPage)
}

function readPage(path: string): Page {
  const text = readFileSync(join(root, path), 'utf8')
  const tokens = markdown.parse(text, {})
  return { path, text, snippets: snippetsIn(path, tokens), anchors: anchorsIn(tokens), links: linksIn(tokens) }
}

function snippetsIn(page: string, tokens: readonly Token[]): readonly Snippet[] {
  return tokens.flatMap((token, index) => {
    if (token.type !== 'fence') return []
    const comments: string[] = []
    for (let before = index - 1; tokens[before]?.type === 'html_block'; before--) comments.push(tokens[before]?.content ?? '')
    const marks = comments.flatMap((comment) => [...comment.matchAll(/<!-- (?<name>[a-z]+): (?<value>.*?) -->/g)])
    return {
      page,
      line: (token.map?.[0] ?? 0) + 1,
      language: token.info,
      marks: new Map(marks.map(({ groups }) => [groups?.['name'] ?? '', groups?.['value'] ?? ''])),
      text: token.content
    }
  })
}

function anchorsIn(tokens: readonly Token[]): readonly string[] {
  const slugger = new GithubSlugger()
  return tokens.flatMap(({ type }, index) => {
    if (type !== 'heading_open') return []
    const words = tokens[index + 1]?.children?.map(({ content }) => content) ?? []
    return slugger.slug(words.join(''))
  })
}

function linksIn(tokens: readonly Token[]): readonly string[] {
  const inline = tokens.flatMap(({ children }) => children ?? [])
  const written = inline.flatMap(({ attrs }) => attrs ?? []).filter(([name]) => name === 'href' || name === 'src')
  const html = [...tokens, ...inline].filter(({ type }) => type.startsWith('html_')).map(({ content }) => content)
  const inHtml = html.flatMap((content) => [...content.matchAll(/(?:href|src|srcset)="(?<to>[^"]*)"/g)])
  return [...written.map(([, to]) => String(to)), ...inHtml.map(({ groups }) => groups?.['to'] ?? '')]
}
