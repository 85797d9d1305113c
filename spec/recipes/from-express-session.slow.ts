import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { CookieJar } from 'tough-cookie'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { isChromiumThere, SpecBrowser } from '../support/browser.js'
import { runRecipe, type RunningRecipe } from '../support/recipe.js'
import { describeWithRedis } from '../support/redis-server.js'
import { type Answer, ask } from '../support/visitor.js'

/** A browser: it keeps every cookie that it is given, and does not follow redirections. */
class Browser {
  readonly jar = new CookieJar()

  async asks(url: string, request: { readonly method?: string; readonly form?: URLSearchParams | FormData } = {}): Promise<Answer> {
    const { method = 'GET', form } = request
    const sent = form && new Response(form)
    const answer = await ask(url, {
      method,
      headers: {
        accept: 'text/html',
        cookie: await this.jar.getCookieString(url),
        ...(sent && { 'content-type': sent.headers.get('content-type') ?? '' })
      },
      ...(sent && { body: Buffer.from(await sent.arrayBuffer()) })
    })
    for (const setCookie of answer.setCookies) await this.jar.setCookie(setCookie, url)
    return answer
  }

  /** Sends a form of a page of that site, with the token that the page has where it has one. */
  async sends(url: string, path: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.asks(url + path, { method: 'POST', form: new URLSearchParams({ ...fields, ...(await this.#tokenOf(url)) }) })
  }

  async uploads(url: string, path: string, name: string): Promise<Answer> {
    const form = new FormData()
    for (const [field, token] of Object.entries(await this.#tokenOf(url))) form.set(field, token)
    form.set(name, new Blob(['picture']), 'picture.png')
    return this.asks(url + path, { method: 'POST', form })
  }

  logsIn(url: string, userName: string, password: string): Promise<Answer> {
    return this.sends(url, '/login', { userName, password })
  }

  async #tokenOf(url: string): Promise<{ csrf?: string }> {
    const [, csrf] = /name="csrf" value="([^"]*)"/.exec((await this.asks(`${url}/`)).text) ?? []
    return csrf === undefined ? {} : { csrf }
  }

  async cookieNames(url: string): Promise<readonly string[]> {
    return (await this.jar.getCookies(url)).map(({ key }) => key)
  }
}

/** Of code: no comments, no empty lines, and nothing that is there for the move alone. */
function linesOf(name: string): number {
  const lines = readFileSync(`demo/recipes/from-express-session/${name}`, 'utf8').split('\n')
  return lines.filter((line) => !/^\s*(?:$|\/\/|\/?\*)|\/\/ OLD$/.test(line)).length
}

const nobody = { user: null, basket: [] }

describeWithRedis('The recipe "from-express-session"', (redis) => {
  let before: RunningRecipe
  let after: RunningRecipe

  beforeAll(async () => {
    const environment = { REDIS_URL: redis().url, SECRET: randomUUID() }
    ;[before, after] = await Promise.all([
      runRecipe('from-express-session/before.ts', environment),
      runRecipe('from-express-session/server.ts', environment)
    ])
  })
  afterAll(() => Promise.all([before.program.kill(), after.program.kill()]))

  it('needs fewer lines after the move', () => {
    expect(linesOf('server.ts')).toBeLessThan(linesOf('before.ts'))
  })

  describe.each([
    ['before', () => before],
    ['after', () => after]
  ])('%s the move', (_when, app) => {
    it('asks for a login, leads back, and keeps what was in the basket', async () => {
      const { url } = app()
      const browser = new Browser()
      await browser.sends(url, '/basket/apple')

      const asked = await browser.asks(`${url}/account`)
      const form = await browser.asks(new URL(asked.headers['location'] ?? '', url).href)
      const [, returnTo = ''] = /name="returnTo" value="([^"]*)"/.exec(form.text) ?? []
      const entered = await browser.sends(url, '/login', { userName: 'jsmith', password: 'smith', returnTo })

      expect(entered.headers['location']).toBe('/account')
      expect((await browser.asks(`${url}/account`)).text).toContain('John Smith, jsmith@example.com, without a picture.')
      expect((await browser.asks(`${url}/me`)).body).toEqual({ user: 'jsmith', basket: ['apple'] })
    })

    it('says what was wrong', async () => {
      const { url } = app()
      const browser = new Browser()

      const wrong = await browser.logsIn(url, 'anna', 'wrong')
      const shown = wrong.status === 302 ? await browser.asks(`${url}/login`) : wrong

      expect(shown.text).toContain('The name or the password is wrong.')
      expect((await browser.asks(`${url}/me`)).body).toEqual(nobody)
    })

    it('takes a picture of whoever is logged in, and of nobody else', async () => {
      const { url } = app()
      const [anna, stranger] = [new Browser(), new Browser()]
      await anna.logsIn(url, 'anna', 'kuhn')

      await anna.uploads(url, '/account/picture', 'picture')
      const refused = await stranger.uploads(url, '/account/picture', 'picture')

      expect((await anna.asks(`${url}/account`)).text).toContain('with a picture')
      expect(refused.headers['location'] ?? refused.status).toMatch(/^\/login/)
    })

    it('refuses a form that a page of another site sends', async () => {
      const { url } = app()
      const browser = new Browser()
      await browser.logsIn(url, 'anna', 'kuhn')
      const cookie = await browser.jar.getCookieString(url)

      const { status } = await ask(`${url}/basket/pear`, { method: 'POST', headers: { cookie, 'sec-fetch-site': 'cross-site' } })

      expect(status).toBe(403)
      expect((await browser.asks(`${url}/me`)).body).toEqual({ user: 'anna', basket: [] })
    })
  })

  describe.skipIf(!isChromiumThere)('in a browser', () => {
    const browser = new SpecBrowser()

    afterEach(() => browser.closePages())

    it('leads from the basket by the login page to the account, and goes on after the move without another login', async () => {
      const page = await browser.page(before.url)
      await page.goto(before.url)
      await page.getByRole('button', { name: 'Add an apple' }).click()
      await page.getByRole('link', { name: 'My account' }).click()
      await page.getByLabel('User').fill('jsmith')
      await page.getByLabel('Password').fill('smith')
      await page.getByRole('button', { name: 'Log in' }).click()
      const cameTo = page.url()

      await page.goto(after.url)
      const moved = await page.getByRole('paragraph').allTextContents()
      await page.getByRole('button', { name: 'Log out' }).click()
      await page.goto(after.url)
      const left = await page.getByRole('paragraph').allTextContents()

      expect(cameTo).toBe(`${before.url}/account`)
      expect(moved).toEqual(['Logged in as John Smith. My account', 'In the basket: apple.'])
      expect(left).toEqual(['Not logged in. My account', 'In the basket: nothing.'])
    })
  })

  describe('during the move', () => {
    /** Somebody who has logged in and filled a basket before the move. */
    async function customerOfOld(): Promise<Browser> {
      const browser = new Browser()
      await browser.logsIn(before.url, 'jsmith', 'smith')
      await browser.sends(before.url, '/basket/apple')
      return browser
    }

    const customer = { user: 'jsmith', basket: ['apple'] }
    const me = (browser: Browser) => browser.asks(`${after.url}/me`).then(({ body }) => body)

    it('knows at once who was logged in before, and what was in the basket', async () => {
      const browser = await customerOfOld()

      expect(await me(browser)).toEqual(customer)
      expect(await browser.cookieNames(after.url)).toContain('WASID4D')
    })

    it('takes over the basket of a visitor, who then logs in with it', async () => {
      const browser = new Browser()
      await browser.sends(before.url, '/basket/apple')

      const moved = await me(browser)
      await browser.logsIn(after.url, 'anna', 'kuhn')

      expect([moved, await me(browser)]).toEqual([
        { user: null, basket: ['apple'] },
        { user: 'anna', basket: ['apple'] }
      ])
    })

    it('ends the old session as soon as the new cookie has come back, and goes on with the new one', async () => {
      const browser = await customerOfOld()
      const oldCookie = await browser.jar.getCookieString(before.url)
      await me(browser)

      await browser.sends(after.url, '/basket/pear')

      expect(await browser.cookieNames(after.url)).not.toContain('connect.sid')
      expect((await ask(`${before.url}/me`, { headers: { cookie: oldCookie } })).body).toEqual(nobody)
      expect(await me(browser)).toEqual({ user: 'jsmith', basket: ['apple', 'pear'] })
    })

    it('serves a page that asks for many things at once, whichever of their cookies stays', async () => {
      const browser = await customerOfOld()

      const answers = await Promise.all(Array.from({ length: 6 }, () => me(browser)))

      expect([...answers, await me(browser)]).toEqual(Array(7).fill(customer))
    })

    it('logs out from both, also when that is the first thing that comes with the old cookie', async () => {
      const browser = await customerOfOld()
      const oldCookie = await browser.jar.getCookieString(after.url)

      await browser.asks(`${after.url}/logout`, { method: 'POST' })

      const answers = await Promise.all([before, after].map(({ url }) => ask(`${url}/me`, { headers: { cookie: oldCookie } })))
      expect([await me(browser), ...answers.map(({ body }) => body)]).toEqual([nobody, nobody, nobody])
    })

    it('lets another user log in over an old session, and does not bring the first one back', async () => {
      const browser = await customerOfOld()

      await browser.logsIn(after.url, 'anna', 'kuhn')

      expect([await me(browser), await me(browser)]).toEqual(Array(2).fill({ user: 'anna', basket: [] }))
    })
  })

  it('gives visitors no cookie', async () => {
    const answer = await new Browser().asks(`${after.url}/me`)

    expect([answer.body, answer.setCookies]).toEqual([nobody, []])
  })

  it('serves the directory to the same users, for clients of 4D', async () => {
    const { status } = await ask(`${after.url}/rest/$directory/login`, { method: 'POST', body: '["anna", "kuhn"]' })

    expect(status).toBe(200)
  })
})
