import { Secret, TOTP } from 'otpauth'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { isChromiumThere, SpecBrowser } from '../support/browser.js'
import { runRecipe, type RunningRecipe } from '../support/recipe.js'

const totpSecret = 'JBSWY3DPEHPK3PXP'

async function logIn(page: Page, userName: string, password: string): Promise<void> {
  await page.getByLabel('User').fill(userName)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
}

describe.skipIf(!isChromiumThere)('The recipe "login-page", in a browser,', () => {
  const browser = new SpecBrowser()
  let recipe: RunningRecipe

  beforeAll(async () => {
    recipe = await runRecipe('login-page/server.ts', { TOTP_SECRET: totpSecret })
  })
  afterAll(() => recipe.program.kill())
  afterEach(() => browser.closePages())

  /** What the page complains of, its Content-Security-Policy included. */
  async function openPage(path: string): Promise<{ page: Page; complaints: readonly string[] }> {
    const page = await browser.page(recipe.url)
    const complaints: string[] = []
    page.on('pageerror', ({ message }) => complaints.push(message))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    await page.goto(recipe.url + path)
    return { page, complaints }
  }

  it('logs in by a password and a code, and leads back', async () => {
    const { page, complaints } = await openPage('/account')
    await logIn(page, 'anna', 'kuhn')

    await page.getByLabel('Code').fill(new TOTP({ secret: Secret.fromBase32(totpSecret) }).generate())
    await page.getByRole('button', { name: 'Log in' }).click()

    expect(page.url()).toBe(`${recipe.url}/account`)
    expect(await page.getByLabel('Name').inputValue()).toBe('Anna Kuhn')
    expect(complaints).toEqual([])
  })

  it('says on the form what was wrong, and keeps the name and the way back', async () => {
    const { page } = await openPage('/account')

    await logIn(page, 'jsmith', 'wrong')

    expect(await page.getByRole('alert').textContent()).toBe('The user name or the password is wrong.')
    expect(await page.getByLabel('User').inputValue()).toBe('jsmith')
    expect(await page.locator('[name=returnTo]').inputValue()).toBe('/account')
  })

  it('ends the session of another browser from the list of devices, and then logs out everywhere', async () => {
    const [{ page: here, complaints }, { page: there }] = [await openPage('/account'), await openPage('/account')]
    await logIn(here, 'jsmith', 'smith')
    await logIn(there, 'jsmith', 'smith')
    await here.reload()

    await here.getByRole('button', { name: 'End' }).click()
    await there.reload()
    expect(await there.title()).toBe('Log in')

    await here.getByRole('button', { name: 'Log out everywhere' }).click()
    await here.goto(`${recipe.url}/account`)
    expect(await here.title()).toBe('Log in')
    expect(complaints).toEqual([])
  })

  it('unlocks an account by the link that is mailed', async () => {
    const { page } = await openPage('/login')
    await page.getByRole('link', { name: 'Unlock' }).click()
    await page.getByLabel('User').fill('jsmith')
    await page.getByRole('button', { name: 'Mail me a link' }).click()
    const [, path = ''] = await recipe.program.says(/Mail to jsmith@example.com: To unlock your account: (\S+)/)

    await page.goto(recipe.url + path)
    await page.getByRole('button', { name: 'Unlock' }).click()

    expect(page.url()).toBe(`${recipe.url}/login`)
  })
})
