import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

import { directoryRouter } from 'express-4d-directory'
import { type Browser, chromium, type Page } from 'playwright-core'

import { seedProvider } from './accounts.js'
import { demoApp } from './app.js'
import { authentify } from './authentify.js'
import { smallDirectory } from './small-directory.js'

const folder = join(__dirname, 'screenshots')
const agents = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15',
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  '4D/20.6'
]

/** Ten minutes are shown in half a minute: the clock of the directory is set on by this much at each turn. */
const turnMilliseconds = 30_000
const turns = 18
/** The console looks at the sessions once a second while somebody watches, so each turn becomes a point of its chart. */
const pauseMilliseconds = 1200

/** Makes the pictures of the guides of a demo that serves nobody else: `npm run screenshots`. */
async function takeScreenshots(): Promise<void> {
  let behind = turns * turnMilliseconds
  const provider = await seedProvider()
  const directory = directoryRouter({
    provider,
    quotas: { sessions: 12, guestSessions: 6 },
    rest: { datastoreFunctions: { authentify } },
    now: () => Date.now() - behind
  })
  const small = smallDirectory(provider)
  const app = demoApp(directory, small, { groupsOf: (user) => provider.groupsOf(user) })
  app.set('trust proxy', 'loopback')
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
  mkdirSync(folder, { recursive: true })
  try {
    const operator = await browser.newPage({ viewport: { width: 1280, height: 1240 } })
    await logInAsOperator(operator, url)
    const visitors = new Visitors(url)
    for (let turn = 0; turn < turns; turn++) {
      behind -= turnMilliseconds
      await visitors.visit(turn)
      await setTimeout(pauseMilliseconds)
    }
    for (const colorScheme of ['light', 'dark'] as const) {
      await operator.emulateMedia({ colorScheme })
      await operator.screenshot({ path: join(folder, `console-${colorScheme}.png`), animations: 'disabled' })
    }
    for (const colorScheme of ['light', 'dark'] as const) await showDemo(browser, url, colorScheme)
  } finally {
    await browser.close()
    server.closeAllConnections()
    server.close()
    await Promise.all([directory.close(), small.close()])
  }
}

async function logInAsOperator(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/console`)
  await page.getByLabel('User').fill('john')
  await page.getByLabel('Password').fill('123')
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByText('Live', { exact: true }).waitFor()
}

/** The page as it is after a login as clients of 4D 20 do it. */
async function showDemo(browser: Browser, url: string, colorScheme: 'light' | 'dark'): Promise<void> {
  const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 800 } })
  await page.goto(url)
  await page.getByRole('button', { name: 'Call authentify' }).click()
  await page.getByText('The function returned true.').waitFor()
  await page.screenshot({ path: join(folder, `demo-${colorScheme}.png`), animations: 'disabled' })
  await page.close()
}

/** Visitors of one site, who come one after the other. */
class Visitors {
  readonly #url: string
  /** What those send who are logged in, the first one first. */
  readonly #inside: Record<string, string>[] = []

  constructor(url: string) {
    this.#url = url
  }

  /** Somebody comes at each turn and comes back with the cookie, and somebody else logs out. A few only look, and the last one has forgotten the password. */
  async visit(turn: number): Promise<void> {
    const from = { 'user-agent': agents[turn % agents.length] ?? '', 'x-forwarded-for': `192.0.2.${turn + 10}` }
    if (turn === turns - 1) for (let guess = 0; guess < 10; guess++) await this.#logIn('kind user', `guess ${guess}`, from)
    else if (turn % 6 === 5) await this.#ask('GET', 'counter', from)
    else await this.#logInAndBack(turn, from)
    if (turn > 6) await this.#ask('POST', '$directory/logout', this.#inside.shift() ?? from)
  }

  async #logInAndBack(turn: number, from: Record<string, string>): Promise<void> {
    const { headers } = await (turn % 2 === 0 ? this.#logIn('jsmith', 'smith', from) : this.#logIn('kind user', 'test', from))
    const [cookie = ''] = headers.getSetCookie().join().split(';')
    this.#inside.push({ ...from, cookie })
    await this.#ask('GET', '$directory/currentUser', { ...from, cookie })
  }

  #logIn(userName: string, password: string, from: Record<string, string>): Promise<Response> {
    return this.#ask('POST', '$directory/login', { ...from, 'username-4D': userName, 'password-4D': password })
  }

  #ask(method: string, request: string, headers: Record<string, string>): Promise<Response> {
    return fetch(`${this.#url}/rest/${request}`, { method, headers })
  }
}

takeScreenshots().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
