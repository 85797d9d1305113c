import { afterEach, describe, expect, it } from 'vitest'

import { isChromiumThere, SpecBrowser } from '../support/browser.js'
import { endSite, type RunningSite, runSite } from '../support/login-sites.js'

// The provider is at localhost, and the site at 127.0.0.1: two sites to a browser.
describe.skipIf(!isChromiumThere)('Chromium', () => {
  const browser = new SpecBrowser()
  let running: RunningSite | undefined
  afterEach(async () => {
    await browser.closePages()
    if (running) await endSite(running)
  })

  it.each(['openid-connect', 'passport-strategies', 'form-post'])('logs in at another site, by the recipe "%s"', async (name) => {
    running = await runSite(name)
    const page = await browser.page(`${running.url}/me?tab=2`)

    await page.locator('input[name=login]').fill('anna')
    await page.locator('input[name=password]').fill('any')
    await page.locator('button[type=submit]').click()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.waitForURL(`${running.url}/me?tab=2`)

    expect(JSON.parse((await page.locator('body').textContent()) ?? '')).toMatchObject({ ID: `${running.provider.issuer}#anna` })
    const cookies = await page.context().cookies(running.url)
    expect(cookies.map((cookie) => [cookie.name, cookie.sameSite])).toEqual([['WASID4D', 'Lax']])
  })
})
