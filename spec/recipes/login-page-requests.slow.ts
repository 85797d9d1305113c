import { Secret, TOTP } from 'otpauth'
import supertest from 'supertest'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'

import { Accounts } from '../../demo/recipes/login-page/accounts.js'
import { createSite } from '../../demo/recipes/login-page/site.js'
import { BcryptPool, type DirectoryRouterOptions } from '../../lib/index.js'
import { SettableClock } from '../support/settable-clock.js'

const passwords = new BcryptPool({ cost: 4, threads: 1 })
afterAll(() => passwords.close())

const totpSecret = 'JBSWY3DPEHPK3PXP'
const html = 'text/html'

let hashes: readonly string[] = []
beforeAll(async () => {
  hashes = await Promise.all(['smith', 'kuhn'].map((password) => passwords.hash(password)))
})

function accountsOfTwo(): Accounts {
  const [smith = '', kuhn = ''] = hashes
  const beginning = { credentialsChangedAt: null, totpSecret: null, usedStep: 0, tries: { step: 0, count: 0 } }
  return new Accounts([
    { ...beginning, ID: '1', userName: 'jsmith', fullName: 'jsmith', email: 'jsmith@example.com', passwordHash: smith },
    { ...beginning, ID: '2', userName: 'anna', fullName: 'anna', email: 'anna@example.com', passwordHash: kuhn, totpSecret }
  ])
}

function openSite(options: Partial<DirectoryRouterOptions> = {}) {
  const clock = new SettableClock()
  const mails: { readonly to: string; readonly text: string }[] = []
  const sendMail = (to: string, text: string) => void mails.push({ to, text })
  const { app, directory } = createSite(accountsOfTwo(), sendMail, { passwords, now: clock.now, ...options })
  onTestFinished(() => directory.close())
  return { app, clock, directory, mails, browser: () => new Browser(app) }
}

/** A browser of supertest's: it keeps cookies, and asks for pages. */
class Browser {
  readonly #agent: ReturnType<typeof supertest.agent>

  constructor(app: Parameters<typeof supertest.agent>[0]) {
    this.#agent = supertest.agent(app)
  }

  async visits(path: string) {
    return this.#agent.get(path).set('Accept', html)
  }

  async sends(path: string, fields: Readonly<Record<string, string>> = {}) {
    return this.#agent.post(path).set('Accept', html).type('form').send(fields)
  }

  async logsIn(userName = 'jsmith', password = 'smith', fields: Readonly<Record<string, string>> = {}) {
    return this.sends('/login', { userName, password, ...fields })
  }

  /** `null`: nobody. */
  async isKnownAs(): Promise<string | null> {
    return /Logged in as (\w+)/.exec((await this.visits('/')).text)?.[1] ?? null
  }
}

function codeAt(now: number): string {
  return new TOTP({ secret: Secret.fromBase32(totpSecret) }).generate({ timestamp: now })
}

describe('The recipe "login-page"', () => {
  it('asks who is not logged in to do so, and leads back', async () => {
    const { browser } = openSite()
    const visitor = browser()

    const asked = await visitor.visits('/account?tab=2')
    const form = await visitor.visits(asked.headers['location'] ?? '')
    const entered = await visitor.logsIn('jsmith', 'smith', { returnTo: '/account?tab=2' })

    expect([asked.status, asked.headers['location']]).toEqual([303, '/login?returnTo=%2Faccount%3Ftab%3D2'])
    expect(form.text).toContain('<input type="hidden" name="returnTo" value="/account?tab=2" />')
    expect([entered.status, entered.headers['location']]).toEqual([303, '/account?tab=2'])
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })

  it('leads nobody to another site', async () => {
    const { browser } = openSite()

    expect((await browser().logsIn('jsmith', 'smith', { returnTo: '//evil.example' })).headers['location']).toBe('/')
  })

  it('says what was wrong, and how long to wait', async () => {
    const { browser } = openSite()
    const visitor = browser()
    const wrong = await visitor.logsIn('jsmith', '<b>')
    for (let turn = 1; turn < 10; turn++) await visitor.logsIn('jsmith', `guess ${turn}`)

    const throttled = await visitor.logsIn()

    expect([wrong.status, throttled.status, throttled.headers['retry-after']]).toEqual([401, 429, '30'])
    expect(wrong.text).toContain('The user name or the password is wrong.')
    expect(throttled.text).toContain('too many failed attempts')
  })

  it('says that all places are taken', async () => {
    const { browser } = openSite({ quotas: { sessions: 1 } })
    const first = browser()
    await first.logsIn()
    await first.visits('/account')

    const [byPassword, withSecondStep] = [await browser().logsIn(), await browser().logsIn('anna', 'kuhn')]

    expect([byPassword.status, withSecondStep.status]).toEqual([402, 402])
    expect(byPassword.text).toContain('All places are taken')
  })

  it('remembers who has asked for it, with a second step too, and nobody else beyond the end of the browser', async () => {
    const { browser, clock } = openSite()
    const remembered = await browser().logsIn('jsmith', 'smith', { rememberMe: 'on' })
    const forgotten = await browser().logsIn()
    const anna = browser()
    await anna.logsIn('anna', 'kuhn', { rememberMe: 'on' })
    const entered = await anna.sends('/login/code', { code: codeAt(clock.now()) })

    const persistent = [remembered, forgotten, entered].map(({ headers }) => String(headers['set-cookie']).includes('Max-Age='))

    expect(persistent).toEqual([true, false, true])
  })

  it('does not log in whom mayLogIn refuses', async () => {
    const { browser } = openSite({ mayLogIn: () => false })

    expect((await browser().logsIn()).status).toBe(401)
  })
})

describe('The second factor of the recipe "login-page"', () => {
  it('lets in by the password and a code, each of which works once', async () => {
    const { browser, clock } = openSite()
    const [anna, onlooker] = [browser(), browser()]
    await onlooker.logsIn('anna', 'kuhn')
    const asked = await anna.logsIn('anna', 'kuhn', { returnTo: '/account' })
    const before = await anna.isKnownAs()

    const entered = await anna.sends('/login/code', { code: codeAt(clock.now()) })
    const again = await onlooker.sends('/login/code', { code: codeAt(clock.now()) })

    expect([asked.headers['location'], before]).toEqual(['/login/code', null])
    expect([entered.status, entered.headers['location'], await anna.isKnownAs()]).toEqual([303, '/account', 'anna'])
    expect([again.status, await onlooker.isKnownAs()]).toEqual([401, null])
  })

  it('takes no code of before one that was used, and the next one', async () => {
    const { browser, clock } = openSite()
    const old = codeAt(clock.now())
    clock.passSeconds(30)
    const anna = browser()
    await anna.logsIn('anna', 'kuhn')
    await anna.sends('/login/code', { code: codeAt(clock.now()) })
    await anna.sends('/logout')
    await anna.logsIn('anna', 'kuhn')

    const statuses = [(await anna.sends('/login/code', { code: old })).status]
    clock.passSeconds(30)
    statuses.push((await anna.sends('/login/code', { code: codeAt(clock.now()) })).status)

    expect(statuses).toEqual([401, 303])
  })

  it.each([{ code: '000000' }, { code: '' }, {}, { 'code[]': '1' }])('refuses %j', async (fields) => {
    const { browser } = openSite()
    const anna = browser()
    await anna.logsIn('anna', 'kuhn')

    expect((await anna.sends('/login/code', fields)).status).toBe(401)
    expect(await anna.isKnownAs()).toBeNull()
  })

  it('has who guesses wait, and begin anew', async () => {
    const { browser, clock } = openSite()
    const guesser = browser()
    await guesser.logsIn('anna', 'kuhn')
    for (let turn = 0; turn < 10; turn++) await guesser.sends('/login/code', { code: '000000' })

    const throttled = await guesser.sends('/login/code', { code: '000000' })
    clock.passSeconds(31)
    const late = await guesser.sends('/login/code', { code: codeAt(clock.now()) })

    expect([throttled.status, throttled.headers['retry-after']]).toEqual([429, '30'])
    expect([late.status, late.headers['location'], await guesser.isKnownAs()]).toEqual([303, '/login', null])
  })

  it('looks at five codes in half a minute, however many are sent at once', async () => {
    const { browser, clock } = openSite({ throttle: false })
    const guesser = browser()
    await guesser.logsIn('anna', 'kuhn')
    await Promise.all(Array.from({ length: 5 }, () => guesser.sends('/login/code', { code: '000000' })))

    expect((await guesser.sends('/login/code', { code: codeAt(clock.now()) })).status).toBe(401)
  })

  it('is asked for within five minutes of the password', async () => {
    const { browser, clock } = openSite()
    const anna = browser()
    await anna.logsIn('anna', 'kuhn')
    clock.passMinutes(5)

    const answers = [await anna.visits('/login/code'), await anna.sends('/login/code', { code: codeAt(clock.now()) })]

    expect(answers.map(({ headers }) => headers['location'])).toEqual(['/login', '/login'])
    expect(await anna.isKnownAs()).toBeNull()
  })
})

describe('The account of the recipe "login-page"', () => {
  it('wants the password again for a change of it, and leads back', async () => {
    const { browser, clock } = openSite()
    const visitor = browser()
    await visitor.logsIn()
    clock.passMinutes(11)

    const asked = await visitor.visits('/account/password')
    const form = await visitor.visits(asked.headers['location'] ?? '')
    const wrong = await visitor.sends('/login', { password: 'wrong', returnTo: '/account/password' })
    const confirmed = await visitor.sends('/login', { password: 'smith', returnTo: '/account/password' })

    expect(asked.headers['location']).toBe('/login?returnTo=%2Faccount%2Fpassword')
    expect(form.text).toContain('Enter your password again')
    expect([wrong.status, confirmed.headers['location']]).toEqual([401, '/account/password'])
    expect((await visitor.visits('/account/password')).status).toBe(200)
  })

  it('ends the other sessions when the password changes, and goes on with this one', async () => {
    const { browser, directory } = openSite()
    const [here, there] = [browser(), browser()]
    await here.logsIn()
    await there.logsIn()

    const short = await here.sends('/account/password', { password: 'short' })
    const changed = await here.sends('/account/password', { password: 'a longer password' })

    expect([short.status, changed.headers['location']]).toEqual([400, '/account'])
    expect([await here.isKnownAs(), await there.isKnownAs()]).toEqual(['jsmith', null])
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
    expect([(await there.logsIn()).status, (await there.logsIn('jsmith', 'a longer password')).status]).toEqual([401, 303])
  })

  it('shows a new name at once', async () => {
    const { browser } = openSite()
    const visitor = browser()
    await visitor.logsIn()
    await visitor.visits('/account')

    await visitor.sends('/account/name', { fullName: 'Jane' })

    expect(await visitor.isKnownAs()).toBe('Jane')
  })

  it("ends another device of the user's, and nobody else's", async () => {
    const { browser, clock } = openSite()
    const [here, there, anna] = [browser(), browser(), browser()]
    await here.logsIn()
    await there.logsIn()
    await anna.logsIn('anna', 'kuhn')
    await anna.sends('/login/code', { code: codeAt(clock.now()) })

    const devices = [...(await here.visits('/account')).text.matchAll(/\/account\/devices\/(\w+)\/end/g)].map(([path]) => path)
    await anna.sends(devices[0] ?? '')
    const before = await there.isKnownAs()
    await here.sends(devices[0] ?? '')

    expect(devices).toHaveLength(1)
    expect([before, await there.isKnownAs(), await here.isKnownAs()]).toEqual(['jsmith', null, 'jsmith'])
  })

  it('logs out everywhere', async () => {
    const { browser, directory } = openSite()
    const [here, there] = [browser(), browser()]
    await here.logsIn()
    await there.logsIn()

    await here.sends('/account/log-out-everywhere')

    expect([await here.isKnownAs(), await there.isKnownAs()]).toEqual([null, null])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })
})

describe('The mailed link of the recipe "login-page"', () => {
  async function lockedOut() {
    const site = openSite()
    const visitor = site.browser()
    for (let turn = 0; turn < 10; turn++) await visitor.logsIn('jsmith', `guess ${turn}`)
    return { ...site, visitor, secretOf: (index: number) => site.mails[index]?.text.split('secret=')[1] ?? '' }
  }

  it('unlocks the account, by a button, once', async () => {
    const { visitor, mails, secretOf } = await lockedOut()
    await visitor.sends('/unlock', { userName: 'JSmith' })
    const secret = secretOf(0)
    const page = await visitor.visits(`/unlock?secret=${secret}`)
    const before = await visitor.logsIn()

    const unlocked = await visitor.sends('/unlock/now', { secret })
    const again = await visitor.sends('/unlock/now', { secret })

    expect(mails).toMatchObject([{ to: 'jsmith@example.com' }])
    expect(page.text).toContain(`value="${secret}"`)
    expect([before.status, unlocked.headers['location'], again.status]).toEqual([429, '/login', 400])
    expect((await visitor.logsIn()).status).toBe(303)
  })

  it('says the same whoever is meant, and fills nobody a mailbox', async () => {
    const { visitor, mails } = await lockedOut()

    const answers = [
      await visitor.sends('/unlock', { userName: 'jsmith' }),
      await visitor.sends('/unlock', { userName: 'jsmith' }),
      await visitor.sends('/unlock', { userName: 'nobody' }),
      await visitor.sends('/unlock')
    ]

    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(mails).toHaveLength(1)
  })

  it.each(['', 'made-up'])('is worth nothing as %j', async (secret) => {
    const { visitor } = await lockedOut()

    expect((await visitor.sends('/unlock/now', { secret })).status).toBe(400)
  })

  it('is worth nothing after a quarter of an hour', async () => {
    const { visitor, clock, secretOf } = await lockedOut()
    await visitor.sends('/unlock', { userName: 'jsmith' })
    clock.passMinutes(15)

    expect((await visitor.sends('/unlock/now', { secret: secretOf(0) })).status).toBe(400)
  })
})
