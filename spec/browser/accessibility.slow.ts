import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, it } from 'vitest'

import { standInApp } from '../../lib/command/serve/stand-in-app.js'
import { StaticProvider } from '../../lib/index.js'
import { isChromiumThere, SpecBrowser } from '../support/browser.js'
import { groups, users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { serveDemo } from '../support/serve-demo.js'
import { Visitor } from '../support/visitor.js'

const axeSource = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe-core complains of, each with the elements. The policy of the pages lets no script in but by the debugger's door. */
async function complaints(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  const found = await page.evaluate(() => (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run())
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
}

describe.skipIf(!isChromiumThere)('the pages, before axe-core', () => {
  const browser = new SpecBrowser()
  afterEach(() => browser.closePages())

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    it.each([1280, 360])('the page of the command serve has nothing to complain of at %i pixels', async (width) => {
      const provider = new StaticProvider({ users, groups })
      const told = { provider, corsOrigins: [], licences: 2, guestsTakeLicences: true, host: '127.0.0.1' }
      const { url } = await serve({ provider }, (app, directory) => app.use(standInApp({ directory, ...told })))
      await new Visitor(url).logsInAs('jsmith', 'smith')

      const page = await browser.page(`${url}/?given=back`, { colorScheme, viewport: { width, height: 800 } })

      expect(await complaints(page)).toEqual([])
    })

    it.each([1280, 360])('the demo page has nothing to complain of at %i pixels', async (width) => {
      const { url } = await serveDemo()
      const page = await browser.page(url, { colorScheme, viewport: { width, height: 800 } })
      const untouched = await complaints(page)

      await page.getByRole('button', { name: 'Wrong password' }).click()
      await page.getByText('Refused, 401').waitFor()
      await page.getByRole('button', { name: 'Log in' }).click()
      await page.getByText('Logged in as John Smith').waitFor()

      expect(untouched).toEqual([])
      expect(await complaints(page)).toEqual([])
    })

    it.each([1280, 360])('the console has nothing to complain of at %i pixels', async (width) => {
      const { url } = await serveDemo()
      const visitor = new Visitor(url)
      await visitor.logsInAs('kind user', 'test')
      for (let turn = 0; turn < 10; turn++) await visitor.logsInAs('jsmith', `guess ${turn}`)
      const page = await browser.page(`${url}/console`, { colorScheme, viewport: { width, height: 800 } })
      const atLogin = await complaints(page)

      await page.getByLabel('User').fill('john')
      await page.getByLabel('Password').fill('123')
      await page.getByRole('button', { name: 'Log in' }).click()
      await page.getByText('kind user', { exact: true }).waitFor()
      const atWork = await complaints(page)
      await page.getByRole('button', { name: 'End all others' }).click()
      const inDialog = await complaints(page)

      expect([atLogin, atWork, inDialog]).toEqual([[], [], []])
    })
  })
})
