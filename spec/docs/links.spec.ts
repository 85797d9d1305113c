import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

import { describe, expect, it } from 'vitest'

import { everyPage, guides, page, root } from '../support/pages.js'

/** Projects and standards. */
const knownSites = ['github.com', 'expressjs.com', 'developer.mozilla.org', 'owasp.org', 'cheatsheetseries.owasp.org', 'www.rfc-editor.org']

describe('the links of the pages', () => {
  it('lead to files of the repository, and to headings that are there', () => {
    const dead = everyPage.flatMap(({ path, links }) => {
      return links.filter((link) => !isElsewhere(link) && !leadsSomewhere(path, link)).map((link) => `${path}: ${link}`)
    })

    expect(dead).toEqual([])
  })

  it('lead to files that are there also where they are only named', () => {
    const named = everyPage.flatMap(({ path, text }) => {
      return [...text.matchAll(/`((?:bench|demo|docs|lib|scripts|spec)\/[\w./-]+)`/g)].map(([, file = '']) => ({ path, file }))
    })

    expect(named.length).toBeGreaterThan(20)
    expect(named.filter(({ file }) => !existsSync(join(root, file)))).toEqual([])
  })

  it('lead elsewhere only to projects and standards', () => {
    const sites = everyPage.flatMap(({ links }) => links.filter(isElsewhere).map((link) => new URL(link).hostname))

    expect(sites.filter((site) => !knownSites.includes(site))).toEqual([])
  })

  it('lead from the index to every guide', () => {
    const linked = page('docs/README.md').links.map((link) => join('docs', link))
    const pages = guides.map(({ path }) => path).filter((path) => !path.endsWith('README.md'))

    expect(pages.filter((path) => !linked.includes(path))).toEqual([])
  })
})

describe('a recipe', () => {
  it.each(readdirSync(join(root, 'demo', 'recipes')))('says in a README of a few lines what it is for, and is listed: %s', (name) => {
    const { path, text } = page(`demo/recipes/${name}/README.md`)

    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(15)
    expect(page('docs/recipes.md').links).toContain(`../${path}`)
  })
})

describe("a recipe's README", () => {
  it.each(readdirSync(join(root, 'demo', 'recipes')))('installs every package that the recipe imports: %s', (name) => {
    const folder = join(root, 'demo', 'recipes', name)
    // What the app was before it moved needs what it needed.
    const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && file !== 'before.ts')
    const [, installed = ''] = /^npm install (.*)$/m.exec(page(`demo/recipes/${name}/README.md`).text) ?? []

    const imported = files.flatMap((file) => packagesOf(readFileSync(join(folder, file), 'utf8')))

    expect(imported.filter((needed) => !installed.split(' ').includes(needed))).toEqual([])
  })
})

describe('a guide', () => {
  it.each(guides.map(({ path, text }) => ({ path, text })))('is short enough to be read: $path', ({ text }) => {
    const lines = text.trimEnd().split('\n')

    expect(lines.length).toBeLessThanOrEqual(200)
  })
})

/** Without those whose types alone are imported. */
function packagesOf(source: string): readonly string[] {
  const imports = source.matchAll(/^import (?!type )(?:.* from )?'(?<from>(?:@[^/']+\/)?[^./'][^/']*)/gm)
  return [...imports].map(({ groups }) => groups?.['from'] ?? '').filter((name) => !name.startsWith('node:'))
}

function isElsewhere(link: string): boolean {
  return URL.canParse(link)
}

function leadsSomewhere(from: string, link: string): boolean {
  const [path = '', fragment] = link.split('#')
  const target = path === '' ? join(root, from) : resolve(root, dirname(from), path)
  // A folder is shown by repositories, and by nothing else.
  if (!existsSync(target) || !statSync(target).isFile()) return false
  return fragment === undefined || page(relative(root, target)).anchors.includes(fragment)
}
