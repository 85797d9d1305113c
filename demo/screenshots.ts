import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { directoryRouter } from 'express-4d-directory'
import { chromium, type Page } from 'playwright-core'

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

/** Makes the pictures of the guides of a demo that serves nobody else: `npm run screenshots`. */
async function takeScreenshots(): Promise<void> {
  const provider = await seedProvider()
  const directory = directoryRouter({ provider, quotas: { sessions: 25, guestSessions: 10 }, rest: { datastoreFunctions: { authentify } } })
  const small = smallDirectory(provider)
  const app = demoApp(directory, small, { groupsOf: (user) => provider.groupsOf(user) })
  app.set('trust proxy', 'loopback')
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
  mkdirSync(folder, { recursive: true })
  try {
    await populate(url)
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 800 } })
      await page.goto(url)
      await page.getByRole('button', { name: 'Log in' }).click()
      await page.getByText('Logged in as John Smith').waitFor()
      await take(page, `demo-${colorScheme}`)
      await page.goto(`${url}/console`)
      await page.getByLabel('User').fill('john')
      await page.getByLabel('Password').fill('123')
      await page.getByRole('button', { name: 'Log in' }).click()
      await page.getByRole('button', { name: 'End all sessions of jsmith' }).first().waitFor()
      await take(page, `console-${colorScheme}`)
      await page.close()
    }
  } finally {
    await browser.close()
    server.closeAllConnections()
    server.close()
    await Promise.all([directory.close(), small.close()])
  }
}

async function take(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' })
}

/** Some visitors, spread over a few seconds so that the chart has a line to draw, and one who has forgotten the password. */
async function populate(url: string): Promise<void> {
  for (let turn = 0; turn < 8; turn++) {
    const from = { 'user-agent': agents[turn % agents.length] ?? '', 'x-forwarded-for': `192.0.2.${turn + 10}` }
    const [userName, password] = turn % 2 === 0 ? ['jsmith', 'smith'] : ['kind user', 'test']
    if (turn % 3 === 2) await fetch(`${url}/rest/counter`, { headers: from })
    else await logIn(url, { ...from, 'username-4D': userName, 'password-4D': password })
  }
  for (let turn = 0; turn < 10; turn++)
    await logIn(url, { 'username-4D': 'kind user', 'password-4D': `guess ${turn}`, 'x-forwarded-for': '198.51.100.23' })
}

async function logIn(url: string, headers: Record<string, string>): Promise<void> {
  await fetch(`${url}/rest/$directory/login`, { method: 'POST', headers })
}

takeScreenshots().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
