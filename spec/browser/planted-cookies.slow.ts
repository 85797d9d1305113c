import { randomBytes } from 'node:crypto'

import express from 'express'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'

import { BcryptPool, directoryRouter, type DirectoryRouterOptions, type RestDirectory, StaticProvider } from '../../lib/index.js'
import { openSession } from '../../lib/testing.js'
import { isChromiumThere, SpecBrowser } from '../support/browser.js'
import { groups, users } from '../support/seed-directory.js'
import { listenAs, type Scheme } from '../support/two-sites.js'

// A sibling host sets cookies for the whole domain, which a browser sends beside the host's own, those of longer paths in front (RFC 6265bis section 5.8.3).

const [jsmith, mallory] = users
/** Deep enough for thirty cookies of one name, one for each path. */
const paths = Array.from({ length: 30 }, (_, depth) => `/shop${'/x'.repeat(depth)}`)

interface Sites {
  readonly directory: RestDirectory
  readonly page: string
  /** The page of the sibling host, which plants these cookies. */
  readonly plant: (...setCookies: readonly string[]) => string
}

/** A shop, and a sibling host that somebody else has. */
async function serveSites(scheme: Scheme = 'http', options: Partial<DirectoryRouterOptions> = {}): Promise<Sites> {
  const passwords = new BcryptPool({ cost: 4, threads: 1 })
  const directory = directoryRouter({ provider: new StaticProvider({ users, groups }), passwords, ...options })
  onTestFinished(async () => {
    await directory.close()
    await passwords.close()
  })
  const app = express()
  app.use(directory)
  app.get(/^\/shop/, (req, res) => void res.type('text').send(req.directory.user?.userName ?? 'nobody'))
  const port = await listenAs(scheme, app)
  let planted: readonly string[] = []
  const sibling = await listenAs(scheme, (_req, res) => {
    res.setHeader('Set-Cookie', planted)
    res.end('planted')
  })
  return {
    directory,
    page: `${scheme}://shop.directory.test:${port}${paths.at(-1) ?? ''}`,
    plant: (...setCookies) => {
      planted = setCookies.map((setCookie) => `${setCookie}; Domain=directory.test${scheme === 'https' ? '; Secure' : ''}`)
      return `${scheme}://evil.directory.test:${sibling}/`
    }
  }
}

async function sees(page: Page, address: string): Promise<string | null> {
  await page.goto(address)
  return page.textContent('body')
}

async function asks(page: Page, address: string, request: 'login' | 'logout'): Promise<void> {
  await page.goto(address)
  const headers = { 'username-4D': 'jsmith', 'password-4D': 'smith' }
  await page.evaluate(([url, init]) => fetch(url, init), [`/$directory/${request}`, { method: 'POST', headers }] as const)
}

const madeUp = () => randomBytes(16).toString('hex').toUpperCase()

describe.skipIf(!isChromiumThere)('C tossing: in Chromium, a cookie that a sibling host has planted', () => {
  const browser = new SpecBrowser()
  afterEach(() => browser.closePages())

  it.each(['/', '/shop'])(
    'at %s of a session of its own never becomes that of who is logged in: both end, and the next login works',
    async (path) => {
      const { directory, page: address, plant } = await serveSites()
      const { cookie } = await openSession(directory, mallory)
      const page = await browser.page(address)
      await asks(page, address, 'login')
      expect(await sees(page, address)).toBe('jsmith')

      await page.goto(plant(`${cookie}; Path=${path}`))

      expect(await sees(page, address)).toBe('nobody')
      expect(await directory.sessions.count()).toMatchObject({ signedIn: 0 })
      await asks(page, address, 'login')
      expect(await sees(page, address)).toBe('jsmith')
    }
  )

  it.each<[string, readonly string[]]>([
    ['thirty made-up ones', paths.map((path) => `WASID4D=${madeUp()}; Path=${path}`)],
    ['a quote that is never closed', ['WASID4D="; Path=/shop', 'other="; Path=/shop/x']],
    ['a quote that the next one closes', ['a="; Path=/shop/x', 'b="; Path=/']],
    ['an empty one', ['WASID4D=; Path=/shop']],
    ['one without a name', ['=WASID4D; Path=/shop', `=WASID4D=${madeUp()}; Path=/shop`]]
  ])('hides nothing: %s', async (_what, cookies) => {
    const { page: address, plant } = await serveSites()
    const page = await browser.page(address)
    await asks(page, address, 'login')

    await page.goto(plant(...cookies))

    expect(await sees(page, address)).toBe('jsmith')
    await asks(page, address, 'logout')
    expect(await sees(page, address)).toBe('nobody')
  })

  it('of another session of the same user ends with the logout', async () => {
    const { directory, page: address, plant } = await serveSites()
    const { cookie } = await openSession(directory, jsmith)
    const page = await browser.page(address)
    await asks(page, address, 'login')
    await page.goto(plant(`${cookie}; Path=/`))
    expect(await sees(page, address)).toBe('jsmith')

    await asks(page, address, 'logout')

    expect(await sees(page, address)).toBe('nobody')
    expect(await directory.sessions.count()).toMatchObject({ signedIn: 0 })
  })

  // What SECURITY.md says of who is not logged in.
  it.each([
    ['WASID4D', mallory.userName],
    ['__Host-WASID4D', 'nobody']
  ])('under the name %s makes a visitor who is not logged in %s', async (name, who) => {
    const { directory, page: address, plant } = await serveSites('https', { cookie: { name, secure: true } })
    const { cookie } = await openSession(directory, mallory)
    const page = await browser.page(address)

    await page.goto(plant(`${cookie}; Path=/shop`))

    expect(await sees(page, address)).toBe(who)
  })
})
