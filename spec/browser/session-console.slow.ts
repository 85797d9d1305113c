import { hostname } from 'node:os'

import type { Page } from 'playwright-core'
import { afterEach, describe, expect, it } from 'vitest'

import { LruSessionStore, StaticProvider } from '../../lib/index.js'
import { isChromiumThere, SpecBrowser } from '../support/browser.js'
import { crowd } from '../support/console-crowd.js'
import { groups, users } from '../support/seed-directory.js'
import { serveDemo } from '../support/serve-demo.js'
import { Visitor } from '../support/visitor.js'

async function logIn(page: Page, userName: string, password: string): Promise<void> {
  await page.getByLabel('User').fill(userName)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
}

async function logInAsOperator(page: Page): Promise<void> {
  await logIn(page, 'john', '123')
  await page.getByText('Live', { exact: true }).waitFor()
}

const rowsOf = (page: Page, userName: string) => page.getByRole('row').filter({ has: page.getByText(userName, { exact: true }) })

describe.skipIf(!isChromiumThere)('the session console, in a browser', () => {
  const browser = new SpecBrowser()
  afterEach(() => browser.closePages())

  it('logs an operator in and shows the sessions, under a policy that nothing breaks', async () => {
    const { url } = await serveDemo()
    await new Visitor(url).logsInAs('jsmith', 'smith')
    const page = await browser.page(`${url}/console`)
    const complaints: string[] = []
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))

    await logInAsOperator(page)
    await rowsOf(page, 'jsmith').waitFor()

    expect(await rowsOf(page, 'john').textContent()).toContain('You')
    expect(await page.locator('#count-signed-in').textContent()).toBe('2')
    expect(await page.locator('#chart svg').getAttribute('aria-label')).toContain('Now 2 signed in and 0 guests')
    expect(page.url()).toBe(`${url}/console`)
    expect(complaints).toEqual([])
  })

  it('shows who comes while the operator watches, and what has happened, in plain words', async () => {
    const { url } = await serveDemo()
    const page = await browser.page(`${url}/console`)
    await logInAsOperator(page)

    await new Visitor(url).logsInAs('kind user', 'test')
    await rowsOf(page, 'kind user').waitFor()

    expect(await page.locator('#audit li').first().textContent()).toContain('Session opened')
  })

  it('ends a session that the other browser then finds over', async () => {
    const { url } = await serveDemo()
    const visitor = await browser.page(url)
    await visitor.getByRole('button', { name: 'Log in' }).click()
    await visitor.getByText('Logged in as John Smith').waitFor()
    const page = await browser.page(`${url}/console`)
    await logInAsOperator(page)

    await page.getByRole('button', { name: 'End the session of jsmith' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'End' }).click()
    await rowsOf(page, 'jsmith').waitFor({ state: 'detached' })
    await visitor.getByRole('button', { name: 'Ask for the current user' }).click()
    await visitor.getByText('Nobody: a guest.').waitFor()

    expect(await visitor.locator('#me').textContent()).toBe('Not logged in')
  })

  it('ends nothing when the operator thinks better of it', async () => {
    const { url, directory } = await serveDemo()
    await new Visitor(url).logsInAs('jsmith', 'smith')
    const page = await browser.page(`${url}/console`)
    await logInAsOperator(page)

    await page.getByRole('button', { name: 'End all others' }).click()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })

    expect(await directory.sessions.count()).toEqual({ signedIn: 2, guests: 0 })
  })

  it("ends all of a user's sessions, and all others", async () => {
    const { url, directory } = await serveDemo()
    for (const visitor of [new Visitor(url), new Visitor(url)]) await visitor.logsInAs('jsmith', 'smith')
    await new Visitor(url).isKnownAs()
    const page = await browser.page(`${url}/console`)
    await logInAsOperator(page)

    await page.getByRole('button', { name: 'End all sessions of jsmith' }).first().click()
    await page.getByRole('dialog').getByRole('button', { name: 'End all' }).click()
    await page.getByText('2 sessions ended').waitFor()
    const afterUser = await directory.sessions.count()
    await page.getByRole('button', { name: 'End all others' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'End all others' }).click()
    await page.getByText('1 session ended').waitFor()

    expect(afterUser).toEqual({ signedIn: 1, guests: 1 })
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
  })

  it('unlocks an account that has to wait', async () => {
    const { url } = await serveDemo()
    const visitor = new Visitor(url)
    for (let turn = 0; turn < 10; turn++) await visitor.logsInAs('jsmith', `guess ${turn}`)
    const page = await browser.page(`${url}/console`)
    await logInAsOperator(page)

    await page.getByRole('button', { name: 'Unlock jsmith' }).click()
    await page.getByText('No account has to wait.').waitFor()
    const login = await visitor.logsInAs('jsmith', 'smith')

    expect(login.status).toBe(200)
  })

  it('unlocks by the name that an operator types, and says so when there was nothing to unlock', async () => {
    const { url } = await serveDemo()
    for (let turn = 0; turn < 10; turn++) await new Visitor(url).logsInAs('jsmith', `guess ${turn}`)
    const page = await browser.page(`${url}/console`)
    await logInAsOperator(page)
    const unlock = async (name: string) => {
      await page.getByLabel('Unlock by user name or ID').fill(name)
      await page.getByRole('button', { name: 'Unlock', exact: true }).click()
    }

    await unlock('jsmith')
    await page.getByText('jsmith is unlocked').waitFor()
    await unlock('jsmith')
    await page.getByText('jsmith was not locked, and did not have to wait').waitFor()

    expect(await page.locator('#waiting li').count()).toBe(0)
  })

  it('says which process it shows, how that does, and what has failed why', async () => {
    const people = new StaticProvider({ users, groups })
    const findUser = (name: string) => (name === 'jsmith' ? Promise.reject(new RangeError('no such table')) : people.findUser(name))
    const { url } = await serveDemo({ provider: { findUser, belongsTo: (user, group) => people.belongsTo(user, group) } })
    await new Visitor(url).logsInAs('jsmith', 'smith')
    const page = await browser.page(`${url}/console`)
    await logInAsOperator(page)

    const failure = page.locator('#failure-list li')
    await failure.waitFor()

    expect(await page.locator('#process').textContent()).toBe(`on ${hostname()}, process ${process.pid}`)
    expect(await page.locator('#figures').textContent()).toContain('1 refused')
    expect(await failure.textContent()).toMatch(
      /^Users and groups once, the last time .*: provider.findUser failedRangeError: no such table$/
    )
  })

  it('goes back to the form after a mistyped password, and sends it to nobody again', async () => {
    const { url } = await serveDemo()
    const page = await browser.page(`${url}/console`)
    await logIn(page, 'john', 'mistyped')
    await page.getByText('The user name or the password is wrong.').waitFor()

    await page.reload()
    await page.getByText('The user name or the password is wrong.').waitFor()
    await page.goBack()
    await page.getByText('Log in to see who is logged in.').waitFor()
    const problems = await page.locator('#problem').count()
    await logInAsOperator(page)

    expect(problems).toBe(0)
    expect(page.url()).toBe(`${url}/console`)
  })

  it('tells the operator whose own session has ended, and leads back to the form', async () => {
    const { url, directory } = await serveDemo()
    const page = await browser.page(`${url}/console`)
    await logInAsOperator(page)

    await directory.sessions.endAll()
    await page.getByRole('link', { name: 'Log in again' }).click()

    await page.getByLabel('Password').waitFor()
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it('shows nothing after logout and the back button', async () => {
    const { url } = await serveDemo()
    const page = await browser.page(url)
    await page.getByRole('link', { name: 'Session console' }).click()
    await logInAsOperator(page)

    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByLabel('Password').waitFor()
    await page.goBack()
    await page.goForward()

    await page.getByLabel('Password').waitFor()
    expect(await page.getByText('Live sessions').count()).toBe(0)
  })

  it('is not for a user outside the group', async () => {
    const { url } = await serveDemo()
    const page = await browser.page(`${url}/console`)

    await logIn(page, 'jsmith', 'smith')

    await page.getByRole('heading', { name: 'Not for jsmith' }).waitFor()
    expect(await page.getByText('Live sessions').count()).toBe(0)
  })

  it('says that the server is gone', async () => {
    const { url, stop } = await serveDemo()
    const page = await browser.page(`${url}/console`)
    await logInAsOperator(page)

    await stop()

    await page.getByText('The server is gone; trying again').waitFor()
  })

  it('shows ten thousand sessions page by page, and finds one of them', async () => {
    // None of them has come back, so the operator's login would end the oldest at the default of ten thousand.
    const store = new LruSessionStore({ maxUnconfirmed: 20_000 })
    await crowd(store, 10_000, Date.now())
    const { url } = await serveDemo({ store })
    const page = await browser.page(`${url}/console`)
    await logInAsOperator(page)
    await page.getByText('10,001 sessions').waitFor()

    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText('Page 2 of 201').waitFor()
    const rows = await page.locator('tbody tr').count()
    await page.getByLabel('Search').fill('person 7777')
    await page.getByText('1 session', { exact: true }).waitFor()

    expect(rows).toBe(50)
    expect(await page.locator('tbody tr').count()).toBe(1)
  })

  it('shows what clients say of themselves as text', async () => {
    const { url } = await serveDemo()
    await new Visitor(url).logsInAs('jsmith', 'smith', { 'user-agent': '<img/src=x/onerror=document.title="gone">' })
    const page = await browser.page(`${url}/console`)
    await logInAsOperator(page)

    await page.getByText('<img/src=x/onerror=document.title="gone">').waitFor()

    expect(await page.title()).toBe('Sessions')
    expect(await page.locator('#table img').count()).toBe(0)
  })

  it('sorts by the head of a column and fits on a screen of 360 pixels', async () => {
    const { url } = await serveDemo()
    for (const [name, password] of [
      ['jsmith', 'smith'],
      ['kind user', 'test']
    ] as const)
      await new Visitor(url).logsInAs(name, password)
    const page = await browser.page(`${url}/console`)
    await logInAsOperator(page)

    await page.getByRole('button', { name: 'User', exact: true }).click()
    await page.locator('tbody tr').first().getByText('john').waitFor()
    await page.getByRole('columnheader', { name: 'User' }).and(page.locator('[aria-sort=ascending]')).waitFor()
    await page.setViewportSize({ width: 360, height: 740 })

    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    await expect.poll(() => page.locator('tbody tr b').allTextContents()).toEqual(['john', 'jsmith', 'kind user'])
  })
})
