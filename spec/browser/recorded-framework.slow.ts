import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { digest4D } from '../../lib/index.js'
import { isChromiumThere, SpecBrowser } from '../support/browser.js'
import { fromSource, Program } from '../support/program.js'
import { listenAs, pageOf } from '../support/two-sites.js'

/** What the vendor's framework for browsers sends: every verb by POST, bodies labelled as text, a trailing slash and a query. */
interface Recorded {
  readonly verb: string
  readonly args: readonly unknown[]
}

let folder: string
let path: string
const programs: Program[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recorded-framework-'))
  path = join(folder, 'directory.json')
  await writeFile(
    path,
    JSON.stringify({ users: { jsmith: { password: digest4D('smith') } }, groups: { Sales: { users: ['jsmith'] }, Other: {} } })
  )
})
afterEach(() => Promise.all(programs.splice(0).map((program) => program.kill())))
afterAll(() => rm(folder, { recursive: true }))

/** `serve` for pages of that origin. The name is the page's own, since cookies go to one host name on all of its ports. */
async function serveFor(origin: string): Promise<string> {
  const program = new Program(...fromSource, 'serve', '--directory', path, '--port', '0', '--cors', origin)
  programs.push(program)
  const [, url = ''] = await program.says(/(\S+)\/rest\/\$directory\/login/)
  return url
}

describe.skipIf(!isChromiumThere)("the requests of the vendor's browser framework, from a page on another port", () => {
  const browser = new SpecBrowser()
  afterEach(() => browser.closePages())

  async function replay(allowed: (origin: string) => string, requests: readonly Recorded[]): Promise<unknown[]> {
    const origin = `http://127.0.0.1:${await listenAs('http', pageOf(''))}`
    const url = await serveFor(allowed(origin))
    const page = await browser.page(origin)
    return await page.evaluate(
      async ({ url, requests }) => {
        const results: unknown[] = []
        for (const { verb, args } of requests) {
          const answer = fetch(`${url}/rest/$directory/${verb}/?$top=40&$method=entityset&$timeout=300`, {
            method: 'POST',
            credentials: 'include',
            headers: {
              'Content-Type': 'text/plain;charset=UTF-8',
              'If-Modified-Since': 'Thu, 01 Jan 1970 00:00:00 GMT',
              'Cache-Control': 'no-cache'
            },
            body: JSON.stringify(args)
          })
          results.push(
            await answer.then(
              async (response) => [response.status, ((await response.json()) as { result: unknown }).result],
              () => 'refused by the browser'
            )
          )
        }
        return results
      },
      { url, requests }
    )
  }

  it('log in and out, and ask who somebody is and what he belongs to', async () => {
    const results = await replay(
      (origin) => origin,
      [
        { verb: 'currentUser', args: [] },
        { verb: 'login', args: ['jsmith', 'wrong', 3600] },
        { verb: 'login', args: ['jsmith', 'smith', 3600] },
        { verb: 'currentUser', args: [] },
        { verb: 'currentUserBelongsTo', args: ['Sales'] },
        { verb: 'currentUserBelongsTo', args: ['Other'] },
        { verb: 'logout', args: [] },
        { verb: 'currentUser', args: [] },
        { verb: 'loginByPassword', args: ['jsmith', 'smith', 3600] },
        { verb: 'loginByKey', args: ['jsmith', 'a key', 3600] }
      ]
    )

    expect(results).toEqual([
      [200, null],
      [401, false],
      [200, true],
      [200, expect.objectContaining({ userName: 'jsmith' })],
      [200, true],
      [200, false],
      [200, true],
      [200, null],
      [200, true],
      [401, false]
    ])
  })

  it('are stopped by the browser where --cors names another origin', async () => {
    const results = await replay(() => 'http://127.0.0.1:1', [{ verb: 'login', args: ['jsmith', 'smith', 3600] }])

    expect(results).toEqual(['refused by the browser'])
  })
})
