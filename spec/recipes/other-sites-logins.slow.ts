import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { logInAtProvider } from '../support/identity-provider.js'
import { endSite, type RunningSite, runSite } from '../support/login-sites.js'
import { SiteBrowser } from '../support/site-browser.js'
import type { Answer } from '../support/visitor.js'

describe.each([
  ['openid-connect', 400],
  ['passport-strategies', 401]
])('The recipe "%s"', (name, begunElsewhere) => {
  let running: RunningSite
  let site: string
  beforeAll(async () => {
    running = await runSite(name)
    site = running.url
  })
  afterAll(() => endSite(running))

  /** The address by which the provider leads a browser back that has just logged in. */
  const callbackOf = (browser: SiteBrowser, login = `${site}/login`) =>
    browser.isLedTo(`${site}/callback`, async () => {
      const page = await browser.visits(login)
      // Whoever is logged in at the provider already is sent back at once.
      if (page.status === 200) await logInAtProvider(browser, page, 'anna')
    })

  it('leads a browser from the page that it asked for to the provider, and back to that page', async () => {
    const browser = new SiteBrowser()

    const form = await browser.visits(`${site}/me?tab=2`)
    const me = await logInAtProvider(browser, form, 'anna')

    expect([form.status, browser.url]).toEqual([200, `${site}/me?tab=2`])
    expect(me.body).toEqual({ ID: `${running.provider.issuer}#anna`, userName: 'anna@example.com', fullName: 'anna of the provider' })
  })

  it('gives who only looks at pages no session', async () => {
    const browser = new SiteBrowser()

    const { status } = await browser.visits(`${site}/`)

    expect([status, await browser.cookie(site)]).toEqual([200, ''])
  })

  it('changes the session id at the login', async () => {
    const browser = new SiteBrowser()
    const form = await browser.visits(`${site}/login`)
    const before = await browser.cookie(site)

    await logInAtProvider(browser, form, 'anna')

    expect(before).not.toBe('')
    expect(await browser.cookie(site)).not.toBe(before)
  })

  it('lets logins that were begun in two windows both come back', async () => {
    const browser = new SiteBrowser()
    const begin = (returnTo: string) => callbackOf(browser, `${site}/login?returnTo=${returnTo}`)
    const [first, second] = [await begin('/me?1'), await begin('/me?2')]

    const ends: string[] = []
    for (const callback of [first, second]) {
      await browser.visits(callback)
      ends.push(browser.url)
    }

    expect(ends).toEqual([`${site}/me?1`, `${site}/me?2`])
  })

  it('refuses what another browser has begun, which would log its user in here', async () => {
    const [attacker, victim] = [new SiteBrowser(), new SiteBrowser()]
    const callback = await callbackOf(attacker)

    const answer = await victim.visits(callback)

    expect([answer.status, (await victim.visits(`${site}/`)).body]).toEqual([begunElsewhere, { user: null }])
  })

  it('refuses an answer that comes a second time', async () => {
    const browser = new SiteBrowser()
    const callback = await callbackOf(browser)

    await browser.visits(callback)

    expect((await browser.visits(callback)).status).toBe(begunElsewhere)
  })

  it.each([
    ['a code that the provider has not given', (callback: URL) => callback.searchParams.set('code', 'made-up')],
    ["a user's no", withError]
  ])('answers %s with 401', async (_what, change) => {
    const browser = new SiteBrowser()
    const callback = new URL(await callbackOf(browser))
    change(callback)

    expect((await browser.visits(callback.href)).status).toBe(401)
  })

  it('logs out', async () => {
    const browser = new SiteBrowser()
    await logInAtProvider(browser, await browser.visits(`${site}/me`), 'anna')

    await browser.visits(`${site}/logout`, 'POST')

    expect((await browser.visits(`${site}/`)).body).toEqual({ user: null })
  })
})

describe('The recipe "form-post"', () => {
  let running: RunningSite
  beforeAll(async () => {
    running = await runSite('form-post')
  })
  afterAll(() => endSite(running))

  /** The provider's page with the form that it would post by itself. */
  async function formFor(browser: SiteBrowser, path = '/me'): Promise<Answer> {
    return logInAtProvider(browser, await browser.visits(running.url + path), 'anna')
  }

  it('logs in by the POST of another site, which carries no session, and leads back to the page that was asked for', async () => {
    const browser = new SiteBrowser()
    const form = await formFor(browser, '/me?tab=2')

    const me = await browser.submits(form, {})

    expect([me.body, browser.url]).toEqual([
      { ID: `${running.provider.issuer}#anna`, userName: 'anna', fullName: 'anna of the provider' },
      `${running.url}/me?tab=2`
    ])
  })

  it('A3.5.1: refuses what another browser has begun', async () => {
    const [attacker, victim] = [new SiteBrowser(), new SiteBrowser()]
    const form = await formFor(attacker)
    victim.url = attacker.url

    const { status } = await victim.submits(form, {})

    expect(status).toBe(401)
    expect((await victim.visits(`${running.url}/`)).body).toEqual({ user: null })
  })

  it('refuses an answer that comes a second time, and one that is made up', async () => {
    const browser = new SiteBrowser()
    const form = await formFor(browser)
    const page = browser.url
    await browser.submits(form, {})
    await browser.visits(`${running.url}/logout`, 'POST')

    browser.url = page
    const again = await browser.submits(form, {})
    browser.url = page
    const madeUp = await browser.submits({ ...form, text: form.text.replace(/name="code" value="[^"]*"/, 'name="code" value="x"') }, {})

    expect([again.status, madeUp.status]).toEqual([401, 401])
    expect((await browser.visits(`${running.url}/`)).body).toEqual({ user: null })
  })
})

function withError(callback: URL): void {
  callback.searchParams.delete('code')
  callback.searchParams.set('error', 'access_denied')
}
