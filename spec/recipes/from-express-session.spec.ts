import { randomUUID } from 'node:crypto'

import { CookieJar } from 'tough-cookie'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { runRecipe, type RunningRecipe } from '../support/recipe.js'
import { describeWithRedis } from '../support/redis-server.js'
import { type Answer, ask } from '../support/visitor.js'

/** A browser: it keeps every cookie that it is given, and does not follow redirections. */
class Browser {
  readonly jar = new CookieJar()

  async asks(url: string, method = 'GET', body?: string): Promise<Answer> {
    const form = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
    const headers = { cookie: await this.jar.getCookieString(url), ...form }
    const answer = await ask(url, { method, headers, ...(body !== undefined && { body }) })
    for (const setCookie of answer.setCookies) await this.jar.setCookie(setCookie, url)
    return answer
  }

  logsIn(url: string, userName: string, password: string): Promise<Answer> {
    return this.asks(`${url}/login`, 'POST', `username=${userName}&password=${password}`)
  }

  async cookieNames(url: string): Promise<readonly string[]> {
    return (await this.jar.getCookies(url)).map(({ key }) => key)
  }
}

const jsmith = { ID: '17', userName: 'jsmith', fullName: 'John Smith' }

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

  /** Somebody who has logged in and filled a basket before the move. */
  async function customerOfOld(): Promise<Browser> {
    const browser = new Browser()
    await browser.logsIn(before.url, 'jsmith', 'smith')
    await browser.asks(`${before.url}/basket/apple`, 'POST')
    return browser
  }

  it('knows at once who was logged in before, and what was in the basket', async () => {
    const browser = await customerOfOld()

    const answer = await browser.asks(`${after.url}/me`)

    expect(answer.body).toEqual({ user: jsmith, basket: ['apple'] })
    expect(await browser.cookieNames(after.url)).toContain('WASID4D')
  })

  it('ends the old session as soon as the new cookie has come back, and goes on with the new one', async () => {
    const browser = await customerOfOld()
    const oldCookie = await browser.jar.getCookieString(before.url)
    await browser.asks(`${after.url}/me`)

    const answer = await browser.asks(`${after.url}/basket/pear`, 'POST')

    expect(answer.body).toEqual(['apple', 'pear'])
    expect(await browser.cookieNames(after.url)).toEqual(['WASID4D'])
    expect((await ask(`${before.url}/me`, { headers: { cookie: oldCookie } })).body).toEqual({ user: null, basket: [] })
    expect((await browser.asks(`${after.url}/me`)).body).toEqual({ user: jsmith, basket: ['apple', 'pear'] })
  })

  it('serves a page that asks for many things at once, whichever of their cookies stays', async () => {
    const browser = await customerOfOld()

    const answers = await Promise.all(Array.from({ length: 6 }, () => browser.asks(`${after.url}/me`)))
    const next = await browser.asks(`${after.url}/me`)

    expect(answers.map(({ body }) => body)).toEqual(answers.map(() => ({ user: jsmith, basket: ['apple'] })))
    expect(next.body).toEqual({ user: jsmith, basket: ['apple'] })
  })

  it('logs out from both, also when that is the first thing that comes with the old cookie', async () => {
    const browser = await customerOfOld()
    const oldCookie = await browser.jar.getCookieString(after.url)

    await browser.asks(`${after.url}/logout`, 'POST')

    const answers = [
      await browser.asks(`${after.url}/me`),
      await ask(`${after.url}/me`, { headers: { cookie: oldCookie } }),
      await ask(`${before.url}/me`, { headers: { cookie: oldCookie } })
    ]
    expect(answers.map(({ body }) => body)).toEqual(answers.map(() => ({ user: null, basket: [] })))
  })

  it('logs in by the strategy of old, without an old session', async () => {
    const browser = new Browser()

    const statuses = [(await browser.logsIn(after.url, 'anna', 'wrong')).status, (await browser.logsIn(after.url, 'anna', 'kuhn')).status]

    expect(statuses).toEqual([401, 302])
    expect(await browser.cookieNames(after.url)).toEqual(['WASID4D'])
    expect((await browser.asks(`${after.url}/me`)).body).toMatchObject({ user: { userName: 'anna' } })
  })

  it('lets another user log in over an old session, and does not bring the first one back', async () => {
    const browser = await customerOfOld()

    await browser.logsIn(after.url, 'anna', 'kuhn')

    expect((await browser.asks(`${after.url}/me`)).body).toMatchObject({ user: { userName: 'anna' }, basket: [] })
    expect((await browser.asks(`${after.url}/me`)).body).toMatchObject({ user: { userName: 'anna' }, basket: [] })
  })

  it('gives visitors no cookie', async () => {
    const browser = new Browser()

    const answer = await browser.asks(`${after.url}/me`)

    expect([answer.body, answer.setCookies]).toEqual([{ user: null, basket: [] }, []])
  })

  it('serves the directory to the same users, for clients of 4D', async () => {
    const { status } = await ask(`${after.url}/rest/$directory/login`, { method: 'POST', body: '["anna", "kuhn"]' })

    expect(status).toBe(200)
  })
})
