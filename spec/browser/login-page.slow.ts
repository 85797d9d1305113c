import express from 'express'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, it } from 'vitest'

import { requireUser, safeReturnTo } from '../../lib/index.js'
import { isChromiumThere, SpecBrowser } from '../support/browser.js'
import { awayTargets } from '../support/return-targets.js'
import { serve } from '../support/serve.js'

const form = `<!doctype html><title>Log in</title>
  <form method="post"><input name="userName"><input name="password" type="password"><button>Log in</button></form>`

/** The form posts to the address that the page has, whose query holds the address to come back to. */
async function serveSite() {
  return serve({ loginPage: '/login' }, (app, { sessionMiddleware, errorHandler }) => {
    app.use(sessionMiddleware, express.urlencoded({ extended: false }))
    app.get('/login', (_req, res) => void res.send(form))
    app.post('/login', (req, res, next) => {
      const { userName, password } = req.body as { userName: string; password: string }
      req.directory.login({ userName, password }).then((user) => {
        if (user === null) res.status(401).send(form)
        else res.redirect(303, safeReturnTo(req))
      }, next)
    })
    app.all('/private', requireUser(), (req, res) => void res.send(`<title>Private</title>${req.originalUrl}`))
    app.use('/go', (req, res) => res.redirect(303, safeReturnTo(req)))
    app.get('/{*path}', (_req, res) => void res.send('<title>Own</title>'))
    app.use(errorHandler)
  })
}

async function logIn(page: Page): Promise<void> {
  await page.locator('[name=userName]').fill('jsmith')
  await page.locator('[name=password]').fill('smith')
  await page.getByRole('button').click()
}

describe.skipIf(!isChromiumThere)('A login page, in a browser,', () => {
  const browser = new SpecBrowser()
  afterEach(() => browser.closePages())

  it('is where who is not logged in comes to, and from where the login leads back', async () => {
    const { url } = await serveSite()
    const page = await browser.page(`${url}/private?tab=2&q=a%20b`)
    expect(await page.title()).toBe('Log in')

    await logIn(page)

    expect([await page.title(), page.url()]).toEqual(['Private', `${url}/private?tab=2&q=a%20b`])
  })

  it('is not what a script of the page is sent to', async () => {
    const { url } = await serveSite()
    const page = await browser.page(url)

    const answer = await page.evaluate(async () => {
      const { status, redirected } = await fetch('/private', { headers: { accept: 'text/html' } })
      return { status, redirected }
    })

    expect(answer).toEqual({ status: 401, redirected: false })
  })

  it('A3.7.2: leads nobody to another site, whatever the link to it says', async () => {
    const { url } = await serveSite()
    const page = await browser.page(url)
    const reached: string[] = []
    page.on('request', (request) => reached.push(new URL(request.url()).origin))

    for (const target of awayTargets) {
      await page.goto(`${url}/go?returnTo=${encodeURIComponent(target)}`)
      expect([target, page.url()]).toEqual([target, `${url}/`])
    }
    expect(new Set(reached)).toEqual(new Set([url]))
  })
})
