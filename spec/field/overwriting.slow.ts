import express from 'express'
import type { BrowserContext, Page } from 'playwright-core'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'

import { BcryptPool, directoryRouter, StaticProvider } from '../../lib/index.js'
import { isChromiumThere, SpecBrowser } from '../support/browser.js'
import { groups, users } from '../support/seed-directory.js'
import { listenAs, pageOf, type Scheme } from '../support/two-sites.js'

// laravel/framework#31992, alexedwards/scs#223: a page of another site makes a browser ask without our cookie, and the new visitor's cookie in the answer takes the
// place of the one that is signed in.

/** Serves the directory and a page of the host's on a host that browsers take for no loopback address. */
async function serveSite(scheme: Scheme, sameSite: 'lax' | 'strict'): Promise<string> {
  const passwords = new BcryptPool({ cost: 4, threads: 1 })
  const directory = directoryRouter({ provider: new StaticProvider({ users, groups }), passwords, cookie: { sameSite } })
  onTestFinished(async () => {
    await directory.close()
    await passwords.close()
  })
  const app = express()
  app.use(directory)
  app.all('/page', (req, res) => void res.send(`<!doctype html><title>Page</title>${req.directory.user?.userName ?? 'nobody'}`))
  return `${scheme}://directory.test:${await listenAs(scheme, app)}`
}

async function logIn(page: Page, site: string): Promise<void> {
  await page.goto(`${site}/page`)
  await page.evaluate(() => fetch('/$directory/login', { method: 'POST', headers: { 'username-4D': 'jsmith', 'password-4D': 'smith' } }))
}

async function sessionIn(context: BrowserContext): Promise<string[]> {
  return (await context.cookies()).map(({ name, value }) => `${name}=${value}`)
}

const tricks: readonly (readonly [
  what: string,
  html: (target: string) => string,
  act: (page: Page, target: string) => Promise<unknown>
])[] = [
  [
    'posts a form to it',
    (target) => `<form method="post" action="${target}"><button>Go</button></form>`,
    (page, target) => Promise.all([page.waitForURL(target), page.getByRole('button').click()])
  ],
  [
    'posts a form to it and hides where it comes from',
    (target) => `<meta name="referrer" content="no-referrer"><form method="post" action="${target}"><button>Go</button></form>`,
    (page, target) => Promise.all([page.waitForURL(target), page.getByRole('button').click()])
  ],
  [
    'links to it',
    (target) => `<a href="${target}">Go</a>`,
    (page, target) => Promise.all([page.waitForURL(target), page.getByRole('link').click()])
  ],
  [
    'shows it in a frame',
    (target) => `<iframe src="${target}"></iframe>`,
    (page) => page.frameLocator('iframe').getByText('nobody').waitFor()
  ],
  [
    'asks for it as an image and as a script',
    (target) => `<img src="${target}"><script src="${target}"></script>`,
    (page) => page.waitForLoadState('load')
  ]
]

describe.skipIf(!isChromiumThere)('A3.5.1 overwriting: a page of another site', () => {
  const browser = new SpecBrowser()
  afterEach(() => browser.closePages())

  describe.each(['http', 'https'] as const)('over %s', (scheme) => {
    describe.each(['lax', 'strict'] as const)('under SameSite=%s', (sameSite) => {
      it.each(tricks)('logs nobody out that %s', async (_what, html, act) => {
        const site = await serveSite(scheme, sameSite)
        const target = `${site}/page`
        const port = await listenAs(scheme, pageOf(html(target)))
        const context = await browser.context()
        const page = await context.newPage()
        await logIn(page, site)
        const before = await sessionIn(context)

        await page.goto(`${scheme}://evil.example:${port}/`)
        await act(page, target)

        expect(await sessionIn(context)).toEqual(before)
        await page.goto(target)
        expect(await page.textContent('body')).toBe('jsmith')
      })
    })
  })
})
