import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { guides, root } from '../support/pages.js'
import { run } from '../support/packed-package.js'

describe('The generated reference', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reference-'))

  beforeAll(async () => {
    await run(process.execPath, [join(root, 'node_modules', 'typedoc', 'bin', 'typedoc'), '--out', folder], root)
  }, 120_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('calls its modules as they are imported', () => {
    const names = textsOf('modules.html', /<a href="modules\/[^"]*"[^>]*>(.*?)<\/a>/g).map(withoutTags)

    expect([...new Set(names)].filter((name) => name.startsWith('express-4d-directory')).toSorted()).toEqual([
      'express-4d-directory',
      'express-4d-directory/console',
      'express-4d-directory/postgres',
      'express-4d-directory/redis',
      'express-4d-directory/testing'
    ])
  })

  it('has every guide as a page, under its title', () => {
    const titles = readdirSync(join(folder, 'documents')).flatMap((file) => textsOf(join('documents', file), /<title>(.*?) \|/g))

    const missing = guides
      .filter(({ path }) => path !== 'README.md')
      .map(({ text }) => text.slice(2, text.indexOf('\n')))
      .filter((title) => !titles.map(unescaped).includes(title))

    expect(missing).toEqual([])
  })

  it("shows our members of RestDirectory, and none of Express' own", () => {
    const members = textsOf('interfaces/express-4d-directory.RestDirectory.html', /<h3 class="tsd-anchor-link[^"]*" id="(\w+)"/g)

    expect(members).toContain('sessionmiddleware')
    expect(members).toContain('unlock')
    expect(members).not.toContain('propfind')
    expect(members.length).toBeLessThan(20)
  })

  it('leads nowhere that is not there', () => {
    const dead = pages().flatMap((page) => {
      const links = textsOf(page, /<(?:a|img|source)\b[^>]*?\s(?:href|src|srcset)="([^"]*)"/g).filter((link) => !URL.canParse(link))
      return links.filter((link) => !leadsSomewhere(page, unescaped(link))).map((link) => `${page}: ${link}`)
    })

    expect(dead).toEqual([])
  })

  function pages(): readonly string[] {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.html'))
  }

  function textsOf(page: string, pattern: RegExp): readonly string[] {
    return [...readFileSync(join(folder, page), 'utf8').matchAll(pattern)].map(([, text = '']) => text)
  }

  function leadsSomewhere(from: string, link: string): boolean {
    const [path = '', fragment = ''] = decodeURI(link).split('#')
    const target = path === '' ? join(folder, from) : resolve(folder, dirname(from), path)
    if (!existsSync(target)) return false
    return (
      fragment === '' ||
      !target.endsWith('.html') ||
      textsOf(relative(folder, target), /\sid="([^"]*)"/g)
        .map(unescaped)
        .includes(fragment)
    )
  }
})

function withoutTags(html: string): string {
  return html.replace(/<[^>]*>/g, '')
}

function unescaped(html: string): string {
  return html.replaceAll('&#39;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&')
}
