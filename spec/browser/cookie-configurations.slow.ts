import express from 'express'
import { CookieJar, PrefixSecurityEnum } from 'tough-cookie'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'

import { BcryptPool, directoryRouter, type DirectoryRouterOptions, StaticProvider } from '../../lib/index.js'
import { isChromiumThere, SpecBrowser } from '../support/browser.js'
import { cookieConfigurations } from '../support/cookie-configurations.js'
import { groups, users } from '../support/seed-directory.js'
import { listenAs, type Scheme } from '../support/two-sites.js'

const configurations: readonly (readonly [what: string, scheme: Scheme, options: Partial<DirectoryRouterOptions>])[] = [
  ...cookieConfigurations.map(({ what, page, options }) => [what, page.startsWith('https') ? 'https' : 'http', options] as const),
  ["secure: 'auto' over HTTPS", 'https', {}],
  ['an alias', 'https', { cookie: { name: '__Host-WASID4D', secure: true }, rest: { cookieAlias: '__Host-4DSID_Shop' } }]
]

/** Where a browser may go after a login: below the path of the directory and beside it, on the host itself and on its sibling. */
const hosts = ['shop.directory.test', 'other.directory.test', 'directory.test']
const paths = ['/rest/echo', '/restaurant/echo', '/echo']

/** Serves the directory, says which cookies came, and notes each `Set-Cookie` that it sends. */
async function serveSite(scheme: Scheme, options: Partial<DirectoryRouterOptions>): Promise<{ port: number; sent: string[] }> {
  const passwords = new BcryptPool({ cost: 4, threads: 1 })
  const cookie = { ...options.cookie, ...(options.cookie?.domain !== undefined && { domain: 'directory.test' }) }
  const directory = directoryRouter({ ...options, provider: new StaticProvider({ users, groups }), passwords, cookie })
  onTestFinished(async () => {
    await directory.close()
    await passwords.close()
  })
  const sent: string[] = []
  const app = express()
  app.use((_req, res, next) => {
    res.on('finish', () => sent.push(...[res.getHeader('set-cookie') ?? []].flat().map(String)))
    next()
  })
  app.get(paths, (req, res) => void res.type('text').send(req.headers.cookie ?? ''))
  app.get('/favicon.ico', (_req, res) => void res.status(204).end())
  app.use('/rest', directory)
  return { port: await listenAs(scheme, app), sent }
}

/** What the browser sends there. */
async function sentBy(page: Page, address: string): Promise<string> {
  await page.goto(address)
  return (await page.textContent('body')) ?? ''
}

describe.skipIf(!isChromiumThere)('A3.3.1: Chromium and a strict jar agree on the cookie', () => {
  const browser = new SpecBrowser()
  afterEach(() => browser.closePages())

  it.each(configurations)('of %s: what is kept, where it is sent, and that a logout takes it back', async (_what, scheme, options) => {
    const { port, sent } = await serveSite(scheme, options)
    const site = `${scheme}://shop.directory.test:${port}`
    const addresses = hosts.flatMap((host) => paths.map((path) => `${scheme}://${host}:${port}${path}`))
    const jar = new CookieJar(null, { prefixSecurity: PrefixSecurityEnum.STRICT })
    const page = await browser.page(`${site}/echo`)
    const asks = async (request: string) => {
      const init = { method: 'POST', headers: { 'username-4D': 'jsmith', 'password-4D': 'smith' } }
      await page.goto(`${site}/echo`)
      await page.evaluate(([url, options]) => fetch(url, options), [`/rest/$directory/${request}`, init] as const)
      for (const setCookie of sent.splice(0)) await jar.setCookie(setCookie, `${site}/rest/$directory/${request}`)
    }
    const sentByBoth = async () => {
      const browsers = []
      const jars = []
      for (const address of addresses) {
        browsers.push(await sentBy(page, address))
        jars.push(await jar.getCookieString(address))
      }
      return { browsers, jars }
    }

    await asks('login')
    const afterLogin = await sentByBoth()
    const [kept] = await page.context().cookies(`${site}/rest/echo`)
    const [inJar] = await jar.getCookies(`${site}/rest/echo`)
    await asks('logout')
    const afterLogout = await sentByBoth()

    expect(afterLogin.browsers).toEqual(afterLogin.jars)
    expect(afterLogin.browsers[0]).toMatch(/WASID/)
    expect({ httpOnly: kept?.httpOnly, secure: kept?.secure, path: kept?.path, sameSite: kept?.sameSite.toLowerCase() }).toEqual({
      httpOnly: inJar?.httpOnly,
      secure: inJar?.secure,
      path: inJar?.path,
      sameSite: inJar?.sameSite
    })
    expect(kept?.expires === -1).toBe(inJar?.maxAge === null)
    expect([afterLogout.browsers, afterLogout.jars]).toEqual([addresses.map(() => ''), addresses.map(() => '')])
  })
})
