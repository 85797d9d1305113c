import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { digest4D } from '../../lib/passwords/digest-4d.js'
import { isChromiumThere, SpecBrowser } from '../support/browser.js'
import { listen } from '../support/serve.js'
import { fromSource, Program } from '../support/program.js'
import { Visitor } from '../support/visitor.js'

let folder: string
let path: string
const programs: Program[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'serve-'))
  path = join(folder, 'directory.json')
  writeFileSync(path, JSON.stringify({ users: { ann: { password: digest4D('pass') }, bob: { password: digest4D('word') } }, groups: {} }))
})
afterEach(() => Promise.all(programs.splice(0).map((program) => program.kill())))
afterAll(() => rmSync(folder, { recursive: true }))

async function serving(...args: string[]): Promise<{ program: Program; url: string }> {
  const program = new Program('env', '-u', 'HOST', '-u', 'PORT', ...fromSource, 'serve', '--directory', path, '--port', '0', ...args)
  programs.push(program)
  const [, url = ''] = await program.says(/(\S+)\/rest\/\$directory\/login/)
  return { program, url }
}

describe('The command serve in a CI job', () => {
  it('starts, answers a hundred logins with sessions of their own, and ends', async () => {
    const { program, url } = await serving()

    const visitors: Visitor[] = []
    for (let login = 0; login < 100; login++) {
      const visitor = new Visitor(url)
      const [name, password] = login % 2 === 0 ? (['ann', 'pass'] as const) : (['bob', 'word'] as const)
      expect((await visitor.logsInAs(name, password)).status).toBe(200)
      visitors.push(visitor)
    }
    const names = await Promise.all(visitors.map((visitor) => visitor.isKnownAs()))
    program.send('SIGTERM')

    expect(await program.ends()).toBe(0)
    expect(new Set(visitors.map(({ sessionId }) => sessionId)).size).toBe(100)
    expect(names).toEqual(visitors.map((_, login) => (login % 2 === 0 ? 'ann' : 'bob')))
    expect(program.printed.match(/ login "/g)).toHaveLength(100)
    expect(program.complaint).toBe('')
  })
})

describe.skipIf(!isChromiumThere)('The command serve with a browser', () => {
  const browser = new SpecBrowser()
  afterEach(() => browser.closePages())

  it('lets a page on another port log in and go on with its cookie', async () => {
    const site = await listen((_req, res) => res.setHeader('content-type', 'text/html').end('<title>App</title>'))
    const origin = site.url.replace('127.0.0.1', 'localhost')
    const { url } = await serving('--host', 'localhost', '--cors', origin)
    const page = await browser.page(origin)

    const answers = await page.evaluate(async (rest) => {
      const ask = async (path: string, init: RequestInit) =>
        (await fetch(rest + path, { credentials: 'include', ...init })).json() as unknown
      const headers = { 'username-4D': 'ann', 'password-4D': 'pass', 'If-Modified-Since': 'Thu, 01 Jan 1970 00:00:00 GMT' }
      return [await ask('/$directory/login', { method: 'POST', headers }), await ask('/$directory/currentUser', {})]
    }, `${url}/rest`)
    site.server.close()

    expect(answers).toMatchObject([{ result: true }, { result: { userName: 'ann' } }])
  })

  it('gives a licence back by its page, without script', async () => {
    const { url } = await serving('--licences', '1')
    const visitor = new Visitor(url)
    await visitor.logsInAs('ann', 'pass')
    const page = await browser.page(url, { javaScriptEnabled: false })

    await page.getByRole('button', { name: 'Give back the licence of ann' }).click()
    await page.getByText('The licence has been given back.').waitFor()

    expect(await page.title()).toBe('Licences: 0 taken')
    expect((await new Visitor(url).logsInAs('bob', 'word')).status).toBe(200)
  })
})
