import cors from 'cors'
import express from 'express'
import type { BrowserContext, Page } from 'playwright-core'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'

import { BcryptPool, directoryRouter, type DirectoryRouterOptions, type RestDirectory, StaticProvider } from '../../lib/index.js'
import { isChromiumThere, SpecBrowser } from '../support/browser.js'
import { groups, users } from '../support/seed-directory.js'
import { listenAs, pageOf, type Scheme } from '../support/two-sites.js'

interface Site {
  readonly url: string
  readonly directory: RestDirectory
}

/** The directory on a host of its own, which browsers take for no loopback address. `corsFor`: an origin that CORS lets in. */
async function serveDirectory(
  scheme: Scheme,
  options: (otherSite: string) => Partial<DirectoryRouterOptions> = () => ({}),
  otherSite = ''
): Promise<Site> {
  const passwords = new BcryptPool({ cost: 4, threads: 1 })
  const directory = directoryRouter({ provider: new StaticProvider({ users, groups }), passwords, ...options(otherSite) })
  onTestFinished(async () => {
    await directory.close()
    await passwords.close()
  })
  const app = express()
  // Whatever CORS grants must not matter to who is logged in or out: the loosest that there is, where the spec names nobody.
  app.use(
    cors({ origin: otherSite === '' ? true : otherSite, credentials: true, allowedHeaders: ['username-4D', 'password-4D', 'Content-Type'] })
  )
  app.get('/', (_req, res) => void res.send('<!doctype html><title>Own page</title>'))
  app.use('/rest', directory)
  return { url: `${scheme}://directory.test:${await listenAs(scheme, app)}`, directory }
}

async function logInOnOwnPage(page: Page, site: Site): Promise<void> {
  await page.goto(site.url)
  const status = await page.evaluate(async () => {
    const headers = { 'username-4D': 'jsmith', 'password-4D': 'smith' }
    return (await fetch('/rest/$directory/login', { method: 'POST', headers })).status
  })
  expect(status).toBe(200)
}

async function whoIs(context: BrowserContext, site: Site): Promise<string | null> {
  const page = await context.newPage()
  await page.goto(site.url)
  const name = await page.evaluate(async () => {
    const answer = (await (await fetch('/rest/$directory/currentUser')).json()) as { result: { userName: string } | null }
    return answer.result?.userName ?? null
  })
  await page.close()
  return name
}

/** A form on the other site's page, sent; resolves to the answer's status. */
async function sendForm(page: Page, action: string, attributes: string, fields: string): Promise<number> {
  const port = await listenAs(
    action.startsWith('https') ? 'https' : 'http',
    pageOf(`<form action="${action}" ${attributes}>${fields}<button>Go</button></form>`)
  )
  await page.goto(`${action.startsWith('https') ? 'https' : 'http'}://evil.example:${port}/`)
  const [response] = await Promise.all([
    page.waitForResponse((answer) => answer.url().startsWith(action.split('?')[0] ?? action)),
    page.getByRole('button').click()
  ])
  return response.status()
}

/** `fetch` on the other site's page; resolves to the status, or to 'blocked' where the browser keeps the answer from the page. */
async function fetchFrom(page: Page, otherSite: string, url: string, init: RequestInit): Promise<number | 'blocked'> {
  await page.goto(otherSite)
  return page.evaluate(
    async ([address, options]) => {
      try {
        return (await fetch(address, { ...options, credentials: 'include' })).status
      } catch {
        return 'blocked' as const
      }
    },
    [url, init] as const
  )
}

async function serveOtherSite(scheme: Scheme, host = 'evil.example'): Promise<string> {
  return `${scheme}://${host}:${await listenAs(scheme, pageOf(''))}`
}

describe.skipIf(!isChromiumThere)('pages of another site, in a browser', () => {
  const browser = new SpecBrowser()
  afterEach(() => browser.closePages())

  // Browsers send Fetch Metadata to hosts over HTTPS, and none over plain HTTP.
  describe.each(['http', 'https'] as const)('over %s', (scheme) => {
    it('cannot log anybody in by a form, not even one that is JSON in disguise', async () => {
      const site = await serveDirectory(scheme)
      const context = await browser.context()
      const page = await context.newPage()
      // `name=value` of a text/plain form, that together make ["jsmith","smith","="].
      const disguise = `<input type="hidden" name='["jsmith","smith","' value='"]'>`

      const plain = await sendForm(page, `${site.url}/rest/$directory/login`, 'method="post" enctype="text/plain"', disguise)
      const urlencoded = await sendForm(page, `${site.url}/rest/$directory/login`, 'method="post"', '<input name="a" value="b">')

      // The second is no JSON whoever sends it.
      expect([plain, urlencoded]).toEqual([403, 400])
      expect(await site.directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
    })

    it('cannot log anybody out by a form or a link', async () => {
      const site = await serveDirectory(scheme)
      const context = await browser.context()
      const page = await context.newPage()
      await logInOnOwnPage(page, site)

      const posted = await sendForm(page, `${site.url}/rest/$directory/logout`, 'method="post"', '')
      const followed = await sendForm(page, `${site.url}/rest/$directory/logout`, 'method="get"', '')

      expect([posted, followed]).toEqual([403, 403])
      expect(await whoIs(context, site)).toBe('jsmith')
    })

    it('cannot log anybody in or out by fetch, whatever CORS grants', async () => {
      const site = await serveDirectory(scheme)
      const otherSite = await serveOtherSite(scheme)
      const context = await browser.context()
      const page = await context.newPage()
      await logInOnOwnPage(page, site)
      const john = { 'username-4D': 'john', 'password-4D': '123' }

      const login = await fetchFrom(page, otherSite, `${site.url}/rest/$directory/login`, { method: 'POST', headers: john })
      const logout = await fetchFrom(page, otherSite, `${site.url}/rest/$directory/logout`, { method: 'GET' })
      const headerLogin = await fetchFrom(page, otherSite, `${site.url}/rest/anything`, { headers: john })

      expect([login, logout, headerLogin]).toEqual([403, 403, 403])
      expect(await whoIs(context, site)).toBe('jsmith')
      expect(await site.directory.sessions.count()).toMatchObject({ signedIn: 1 })
    })

    it('opens no session by a preflight', async () => {
      const site = await serveDirectory(scheme)
      const otherSite = await serveOtherSite(scheme)
      const page = await (await browser.context()).newPage()
      await page.goto(otherSite)

      // A method that CORS does not grant: the preflight is all that arrives.
      const answer = await fetchFrom(page, otherSite, `${site.url}/rest/anything`, { method: 'PUT', headers: { 'x-not-allowed': '1' } })

      expect(answer).toBe('blocked')
      expect(await site.directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
    })
  })

  it.each([
    ['of the same site', 'shop.directory.test', {}],
    // Browsers that block cookies of third parties keep them where they are partitioned.
    ['of another site', 'shop.example', { sameSite: 'none', secure: true, partitioned: true }]
  ] as const)('may log in, ask and log out where their origin is allowed, with credentials: a page %s', async (_, host, cookie) => {
    const otherSite = await serveOtherSite('https', host)
    const site = await serveDirectory('https', (origin) => ({ allowedOrigins: [origin], cookie }), otherSite)
    const page = await (await browser.context()).newPage()
    const headers = { 'username-4D': 'jsmith', 'password-4D': 'smith' }

    const login = await fetchFrom(page, otherSite, `${site.url}/rest/$directory/login`, { method: 'POST', headers })
    const me = await page.evaluate(
      async (url) => (await fetch(url, { credentials: 'include' })).text(),
      `${site.url}/rest/$directory/currentUser`
    )
    const logout = await fetchFrom(page, otherSite, `${site.url}/rest/$directory/logout`, { method: 'POST' })

    expect([login, logout]).toEqual([200, 200])
    expect(me).toContain('"userName":"jsmith"')
    expect(await site.directory.sessions.count()).toMatchObject({ signedIn: 0 })
  })

  it('does not get a SameSite=Lax cookie sent along by fetch, though the browser has it', async () => {
    const site = await serveDirectory('https')
    const otherSite = await serveOtherSite('https')
    const page = await (await browser.context()).newPage()
    await logInOnOwnPage(page, site)
    await page.goto(otherSite)

    const me = await page.evaluate(
      async (url) => (await fetch(url, { credentials: 'include' })).text(),
      `${site.url}/rest/$directory/currentUser`
    )

    expect(me).toBe('{"result":null}')
  })
})

describe.skipIf(!isChromiumThere)("the session cookie in a browser's own jar", () => {
  const browser = new SpecBrowser()
  afterEach(() => browser.closePages())

  it.each([
    ['http', false],
    ['https', true]
  ] as const)('is Secure as the request is, over %s', async (scheme, secure) => {
    const site = await serveDirectory(scheme)
    const context = await browser.context()
    await logInOnOwnPage(await context.newPage(), site)

    const cookies = await context.cookies()

    expect(cookies).toMatchObject([{ name: 'WASID4D', domain: 'directory.test', path: '/', httpOnly: true, sameSite: 'Lax', secure }])
    expect(await whoIs(context, site)).toBe('jsmith')
  })

  it('is kept under a __Host- name over HTTPS, and taken back at logout', async () => {
    const site = await serveDirectory('https', () => ({ cookie: { name: '__Host-WASID4D', secure: true } }))
    const context = await browser.context()
    const page = await context.newPage()
    await logInOnOwnPage(page, site)
    const kept = await context.cookies()

    await page.evaluate(() => fetch('/rest/$directory/logout'))

    expect(kept).toMatchObject([{ name: '__Host-WASID4D', secure: true }])
    expect(await context.cookies()).toEqual([])
  })

  it('cannot be read by the page, nor replaced by a plain-HTTP page of the same host', async () => {
    const site = await serveDirectory('https', () => ({ cookie: { name: '__Host-WASID4D', secure: true } }))
    const context = await browser.context()
    const page = await context.newPage()
    await logInOnOwnPage(page, site)
    const readable = await page.evaluate('document.cookie')
    const port = await listenAs('http', (_req, res) => {
      res.setHeader('Set-Cookie', '__Host-WASID4D=00000000000000000000000000000000; Path=/')
      res.end('planted')
    })

    await page.goto(`http://directory.test:${port}/`)

    expect(readable).toBe('')
    expect(await whoIs(context, site)).toBe('jsmith')
  })
})
