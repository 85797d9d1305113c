import type { Page } from 'playwright-core'
import { afterEach, describe, expect, it } from 'vitest'

import { isChromiumThere, SpecBrowser } from '../support/browser.js'
import { users } from '../support/seed-directory.js'
import { serveDemo } from '../support/serve-demo.js'

async function logIn(page: Page, userName: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^${userName}`) }).click()
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.locator('#me[data-state=user]').waitFor()
  await page.locator('#wire-shown').waitFor()
}

const whoIAm = (page: Page) => page.locator('#me').textContent()
const wire = (page: Page, part: 'curl' | 'request' | 'response') => page.locator(`#${part}`).textContent()

describe.skipIf(!isChromiumThere)('the demo page, in a browser', () => {
  const browser = new SpecBrowser()
  afterEach(() => browser.closePages())

  it('logs in and out, and shows what went over the wire without the cookie', async () => {
    const { url } = await serveDemo()
    const page = await browser.page(url)

    await logIn(page, 'jsmith')
    const me = await whoIAm(page)
    const [request, response, curl] = [await wire(page, 'request'), await wire(page, 'response'), await wire(page, 'curl')]
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByText('Not logged in').waitFor()

    expect(me).toBe('Logged in as John Smith')
    expect(request).toContain('POST /rest/$directory/login HTTP/1.1')
    expect(request).toContain('username-4D: jsmith')
    expect(response).toMatch(/^Set-Cookie: WASID4D=[0-9A-F]{4}\.\.\.; Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax$/m)
    expect(response).toContain('{"result":true}')
    expect(curl).toBe(
      `curl -i -b cookies.txt -c cookies.txt -X POST -H 'username-4D: jsmith' -H 'password-4D: smith' '${url}/rest/$directory/login'`
    )
  })

  it('logs in by a JSON array as well', async () => {
    const { url } = await serveDemo()
    const page = await browser.page(url)

    await page.getByLabel('Sent as').selectOption('body')
    await logIn(page, 'kind user')

    expect(await wire(page, 'request')).toContain('["kind user","test"]')
    expect(await wire(page, 'curl')).toContain(`-d '["kind user","test"]'`)
  })

  it('logs in by authentify as newer versions of 4D do, and says which privileges that gives', async () => {
    const { url } = await serveDemo()
    const page = await browser.page(url)

    await page.getByRole('button', { name: 'Call authentify' }).click()
    await page.getByText('The function returned true.').waitFor()
    const request = await wire(page, 'request')
    await page.getByRole('button', { name: 'Privileges' }).click()
    await page.getByText('Sales, Everybody').waitFor()
    await page.getByLabel('Password').fill('wrong')
    await page.getByRole('button', { name: 'Call authentify' }).click()
    await page.getByText('The function returned false.').waitFor()

    expect(request).toContain('POST /rest/$catalog/authentify HTTP/1.1')
    expect(request).toContain('[{"name":"jsmith","password":"smith"}]')
    expect(await whoIAm(page)).toBe('Logged in as John Smith')
  })

  it('answers who I am and what I belong to', async () => {
    const { url } = await serveDemo()
    const page = await browser.page(url)
    await logIn(page, 'jsmith')

    await page.getByRole('button', { name: 'Ask for the current user' }).click()
    await page.getByText(`ID ${users[0].ID}`).waitFor()
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await page.getByText('Yes, in Sales.').waitFor()
    await page.getByLabel('Group, by name or ID').fill('Administrators')
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await page.getByText('No, not in Administrators.').waitFor()

    expect(await wire(page, 'response')).toContain('{"result":false}')
  })

  it('keeps a visitor logged in over a reload', async () => {
    const { url } = await serveDemo()
    const page = await browser.page(url)
    await logIn(page, 'jsmith')

    await page.reload()
    await page.getByText('Logged in as John Smith').waitFor()

    expect(await whoIAm(page)).toBe('Logged in as John Smith')
  })

  it('knows after the back button that the visitor has logged out', async () => {
    const { url } = await serveDemo()
    const page = await browser.page(url)
    await logIn(page, 'jsmith')

    await page.getByRole('link', { name: 'Session console' }).click()
    await page.getByRole('heading', { name: 'Not for jsmith' }).waitFor()
    await page.evaluate(() => fetch('rest/$directory/logout', { method: 'POST' }))
    await page.goBack()
    await page.getByText('Not logged in').waitFor()

    expect(await whoIAm(page)).toBe('Not logged in')
  })

  it('raises one counter from two tabs at the same time without losing one', async () => {
    const { url } = await serveDemo()
    const context = await browser.context()
    const tabs = [await context.newPage(), await context.newPage()] as const
    // One after the other: two first visits at once would be two guests.
    for (const tab of tabs) {
      await tab.goto(url)
      await tab.getByText('Not logged in').waitFor()
    }

    await Promise.all(tabs.map((tab) => tab.getByRole('button', { name: '20 at once' }).click()))
    for (const tab of tabs) await tab.getByText('Raised by 20.').waitFor()
    await Promise.all(tabs.map((tab) => tab.locator('#counter', { hasText: /^40$/ }).waitFor()))

    const counters = await Promise.all(tabs.map((tab) => tab.locator('#counter').textContent()))
    expect(counters).toEqual(['40', '40'])
  })

  it('keeps two users in two browsers apart', async () => {
    const { url } = await serveDemo()
    const [smith, kind] = [await browser.page(url), await browser.page(url)]

    await Promise.all([logIn(smith, 'jsmith'), logIn(kind, 'kind user')])

    expect([await whoIAm(smith), await whoIAm(kind)]).toEqual(['Logged in as John Smith', 'Logged in as Kind User'])
  })

  it('shows a wrong password, a full licence pool and a throttled login as they are', async () => {
    const { url } = await serveDemo()
    const page = await browser.page(url)
    const answer = page.locator('#wrong-answer')

    await page.getByRole('button', { name: 'Wrong password' }).click()
    await answer.getByText('Refused, 401').waitFor()
    await page.getByRole('button', { name: 'Full licence pool' }).click()
    await answer.getByText('After 2 more sessions both licences are taken: 402').waitFor()
    const full = await wire(page, 'response')
    await page.getByRole('button', { name: 'Throttled login' }).click()
    await answer.getByText('After 3 wrong passwords, 429: try again in 10 s.').waitFor()

    expect(full).toContain('"errCode":1823')
    expect(await wire(page, 'response')).toContain('Retry-After: 10')
  })

  it('says that the server is gone, and finds it again', async () => {
    const { url, stop } = await serveDemo()
    const page = await browser.page(url)
    await page.getByText('Not logged in').waitFor()

    await stop()
    await page.getByRole('button', { name: 'Ask for the current user' }).click()
    await page.getByRole('alert').waitFor()

    expect(await page.getByRole('alert').textContent()).toContain('The server does not answer')
    expect(await whoIAm(page)).toBe('No answer')
  })

  it('can be used by the keyboard alone', async () => {
    const { url } = await serveDemo()
    const page = await browser.page(url)
    await page.getByText('Not logged in').waitFor()

    await page.getByLabel('User', { exact: true }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('Logged in as John Smith').waitFor()

    expect(await whoIAm(page)).toBe('Logged in as John Smith')
  })

  it('says what happened once, and nothing that no longer holds', async () => {
    const { url } = await serveDemo()
    const page = await browser.page(url)
    await logIn(page, 'jsmith')
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await page.getByText('Yes, in Sales.').waitFor()

    await page.evaluate(() => fetch('rest/$directory/logout', { method: 'POST' }))
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await page.getByText('Not logged in').waitFor()

    expect(await page.locator('main').textContent()).not.toMatch(/Logged (?:in|out)|Yes, in Sales/)
  })

  it('shows the body of the response without scrolling, at 1280 x 800', async () => {
    const { url } = await serveDemo()
    const page = await browser.page(url, { viewport: { width: 1280, height: 800 } })
    await logIn(page, 'jsmith')

    const response = await page.locator('#response').boundingBox()
    const request = await page.locator('#request').boundingBox()

    expect((response?.y ?? 0) + (response?.height ?? 0)).toBeLessThan(800)
    expect(request?.y).toBeGreaterThan(response?.y ?? Infinity)
  })

  it('shows the code of the app, and leads to the guides', async () => {
    const { url } = await serveDemo()
    const page = await browser.page(url)

    await page.getByRole('tab', { name: 'On the wire' }).focus()
    await page.keyboard.press('ArrowRight')
    await page.locator('#code', { hasText: "app.use('/rest', directory)" }).waitFor()
    await page.getByRole('link', { name: 'Your own app' }).click()
    await page.getByText('# Getting started').waitFor()

    expect(page.url()).toBe(`${url}/guides/getting-started.md`)
  })

  it('fits on a screen of 360 pixels', async () => {
    const { url } = await serveDemo()
    const page = await browser.page(url, { viewport: { width: 360, height: 740 } })
    await logIn(page, 'jsmith')

    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
  })
})
