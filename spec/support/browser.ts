import { existsSync } from 'node:fs'

import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'

import { isServerThere } from './required-server.js'

const chromiumPath = '/usr/bin/chromium'

export const isChromiumThere = isServerThere('chromium', existsSync(chromiumPath), 'chromium')
if (!isChromiumThere) console.warn('Specs in a browser are skipped: apt-get install chromium')

/** Names under `.test` and `.example` lead to this machine, so that there are origins and sites to tell apart. */
const resolverRules = 'MAP *.test 127.0.0.1, MAP *.example 127.0.0.1'

const chromiumArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--host-resolver-rules=${resolverRules}`
]

/** One browser for all specs of a file. Each context is a browser of its own to the server: another cookie jar. */
export class SpecBrowser {
  #browser: Browser | null = null

  constructor() {
    beforeAll(async () => {
      this.#browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumArguments })
    })
    afterAll(() => this.#browser?.close())
  }

  async context(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    if (this.#browser === null) throw new Error('the browser has not been started')
    const context = await this.#browser.newContext({ ignoreHTTPSErrors: true, ...options })
    context.setDefaultTimeout(15_000)
    return context
  }

  async page(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await this.context(options)).newPage()
    await page.goto(url)
    return page
  }

  /** After each spec: nobody stays before a server that is gone. */
  async closePages(): Promise<void> {
    await Promise.all(this.#browser?.contexts().map((context) => context.close()) ?? [])
  }
}
