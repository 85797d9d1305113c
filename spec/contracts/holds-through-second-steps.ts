import express from 'express'
import { describe, expect, it } from 'vitest'

import {
  type Credentials,
  type DirectoryEvent,
  type DirectoryRouterOptions,
  type RequestDirectory,
  type SessionStore,
  StaticProvider,
  type UserRecord
} from '../../lib/index.js'
import { forwardRejection } from '../../lib/http/forward-rejection.js'
import { users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import '../support/spec-storage.js'
import { StoreWithFaults } from '../support/store-with-faults.js'
import { type Answer, Visitor } from '../support/visitor.js'

const [jsmith] = users
const known = { ID: jsmith.ID, userName: jsmith.userName, fullName: jsmith.fullName }

type Step = (own: RequestDirectory, sent: Credentials & string) => Promise<unknown> | undefined

const steps: Readonly<Record<string, Step>> = {
  verify: (own, sent) => own.verify(sent),
  login: (own, sent) => own.login(sent),
  remember: (own, sent) => own.login(sent, { rememberMe: true, idleMinutes: 90 }),
  again: (own, sent) => own.login(sent, { rememberMe: false, idleMinutes: 5 }),
  confirm: (own, sent) => own.confirmPassword(sent),
  'wrong-code': (own) => own.countFailure(known),
  'right-code': (own, sent) => own.signIn(known, { authenticatedAt: new Date(sent) }),
  refresh: async (own) => [await own.refreshUser(), own.user],
  note: (own, sent) => own.session?.update((storage) => void (storage.note = sent))
}

/** A site with a page for each step, which hands on what is posted as it is. */
async function serveSite(options: Partial<DirectoryRouterOptions>) {
  const served = await serve(options, (app, directory) => {
    app.use(directory.sessionMiddleware, express.json({ strict: false }))
    app.post(
      '/:step',
      forwardRejection(async (req, res) => {
        const step = steps[String(req.params['step'])]
        res.json((await step?.(req.directory, req.body as Credentials & string)) ?? null)
      })
    )
    app.get('/session', (req, res) => void res.json({ user: req.directory.user, session: req.directory.session }))
    app.use(directory.errorHandler)
  })
  const events: DirectoryEvent[] = []
  served.directory.events.on('event', (event) => events.push(event))
  const posting =
    (visitor: Visitor) =>
    (step: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) =>
      visitor.asks(`/${step}`, {
        method: 'POST',
        ...(body !== undefined && { body: JSON.stringify(body) }),
        headers: { 'content-type': 'application/json', ...headers }
      })
  const visitor = new Visitor(served.url)
  return { ...served, events, visitor, post: posting(visitor), postAs: posting }
}

interface ShownSession {
  readonly handle: string
  readonly authenticatedAt: string
  readonly expirationDate: string
  readonly idleMinutes: number
  readonly storage: object
}

async function sessionOf(visitor: Visitor): Promise<ShownSession> {
  return ((await visitor.asks('/session')).body as { session: ShownSession }).session
}

const right = { userName: 'jsmith', password: 'smith' }
const crossSite = { 'sec-fetch-site': 'cross-site' }
const maxAgeOf = ({ setCookies: [cookie = ''] }: Answer) => Number(/Max-Age=(\d+)/.exec(cookie)?.[1] ?? 0)

/** What `verify`, `countFailure`, `confirmPassword` and `refreshUser` promise of the session, over any store. */
export function holdsThroughSecondSteps(newStore: () => Promise<SessionStore> | SessionStore): void {
  const site = async (options: Partial<DirectoryRouterOptions> = {}) => serveSite({ store: await newStore(), ...options })

  describe('verify', () => {
    it('opens no session and sends no cookie, and says who it is', async () => {
      const { post, directory } = await site()

      const [yes, no] = [await post('verify', right), await post('verify', { ...right, password: 'wrong' })]

      expect([yes.body, no.body]).toEqual([known, null])
      expect([yes.setCookies, no.setCookies, await directory.sessions.count()]).toEqual([[], [], { signedIn: 0, guests: 0 }])
    })

    it('keeps what the guest has stored until signIn completes the login, whose moment is that of the first step', async () => {
      const { post, visitor, clock } = await site()
      await post('note', 'before')
      const provedAt = clock.now()
      await post('verify', right)
      clock.passMinutes(3)

      await post('right-code', new Date(provedAt).toISOString())

      expect(await sessionOf(visitor)).toMatchObject({ authenticatedAt: new Date(provedAt).toISOString(), storage: { note: 'before' } })
    })

    it('takes wrong second factors for wrong passwords: who has to wait begins anew', async () => {
      const { post } = await site()
      await post('verify', right)
      for (let turn = 0; turn < 10; turn++) await post('wrong-code')

      const answers = [await post('wrong-code'), await post('verify', right)]

      expect(answers.map(({ status, headers }) => [status, headers['retry-after']])).toEqual([
        [429, '30'],
        [429, '30']
      ])
    })

    it('is refused to pages of other sites, as a wrong second factor is', async () => {
      const { post } = await site()

      expect([(await post('verify', right, crossSite)).status, (await post('wrong-code', undefined, crossSite)).status]).toEqual([403, 403])
    })
  })

  describe('confirmPassword', () => {
    it('gives the session another id and a new moment, and changes nothing else of it', async () => {
      const { post, visitor, clock, directory, events } = await site({ session: { absoluteMinutes: 120, idleMinutes: 90 } })
      await post('remember', right)
      await post('note', 'kept')
      clock.passMinutes(80)
      const [before, idBefore] = [await sessionOf(visitor), visitor.sessionId]

      const confirmed = await post('confirm', 'smith')
      const after = await sessionOf(visitor)

      expect(confirmed.body).toBe(true)
      expect(visitor.sessionId).not.toBe(idBefore)
      expect(after).toMatchObject({ storage: { note: 'kept' }, idleMinutes: 90, authenticatedAt: new Date(clock.now() - 1).toISOString() })
      // Of the 120 minutes 40 are left, and the cookie still outlives the browser.
      expect([after.expirationDate, maxAgeOf(confirmed)]).toEqual([before.expirationDate, 40 * 60])
      expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
      expect(events.slice(-2)).toMatchObject([
        { event: 'authn_login_success', by: 'confirmPassword' },
        { event: 'session_renewed', handle: after.handle, replaces: before.handle }
      ])
    })

    it('V CVE-2022-25896: makes the id from before worth nothing', async () => {
      const { post, visitor, url } = await site()
      await post('login', right)
      const old = new Visitor(url)
      old.sessionId = visitor.sessionId
      await post('confirm', 'smith')

      expect((await old.asks('/session')).body).toMatchObject({ user: null })
    })

    it.each([['wrong'], [''], [null], [7], [{}], [['smith']], [undefined]])('leaves the session as it was for %j', async (password) => {
      const { post, visitor, events } = await site()
      await post('login', right)
      const [before, id] = [await sessionOf(visitor), visitor.sessionId]

      const answer = await post('confirm', password)

      expect([answer.status, answer.body, visitor.sessionId]).toEqual([200, false, id])
      expect(await sessionOf(visitor)).toEqual(before)
      expect(events.at(-1)).toMatchObject({ event: 'authn_login_fail', by: 'confirmPassword', userName: 'jsmith' })
    })

    it('says no where nobody is logged in, and asks nobody', async () => {
      const { post, events } = await site()

      expect((await post('confirm', 'smith')).body).toBe(false)
      expect(events).toEqual([])
    })

    it('is throttled, and refused to pages of other sites', async () => {
      const { post } = await site()
      await post('login', right)
      for (let turn = 0; turn < 10; turn++) await post('confirm', `guess ${turn}`)

      expect([(await post('confirm', 'smith')).status, (await post('confirm', 'smith', crossSite)).status]).toEqual([429, 403])
    })

    it('A7.4.1: does not bring back a session that ended while the password was checked', async () => {
      let end: () => Promise<unknown> = () => Promise.resolve()
      const people = new StaticProvider({ users })
      const provider = {
        findUser: (userName: string) => people.findUser(userName),
        // Asked by confirmPassword, whose request is under way.
        findUserByID: (ID: string) => end().then(() => people.findUserByID(ID))
      }
      const { post, visitor, directory } = await site({ provider })
      await post('login', right)
      const { handle } = await sessionOf(visitor)
      end = () => directory.sessions.end(handle)

      const answer = await post('confirm', 'smith')

      expect([answer.body, answer.setCookies]).toEqual([false, []])
      expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
    })

    it('A7.4.1: opens nothing where another process ends the session at the last moment', async () => {
      const store = new StoreWithFaults(await newStore())
      const { post, visitor, directory, clock, events } = await site({ store })
      await post('login', right)
      const { handle } = await sessionOf(visitor)
      store.fault('create', async (proceed) => {
        await store.endByHandle(handle, clock.now())
        return proceed()
      })

      const answer = await post('confirm', 'smith')

      expect([answer.body, answer.setCookies]).toEqual([false, []])
      expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
      expect(events.map(({ event }) => event)).not.toContain('session_renewed')
    })

    it('comes too late once the answer has gone out, and says so before anything changes', async () => {
      const store = await newStore()
      let late: Promise<unknown> | null = null
      const { url, directory } = await serve({ store }, (app, served) => {
        app.use('/rest', served)
        app.get('/rest/late', (req, res) => {
          res.json('out')
          late = req.directory.confirmPassword('smith')
        })
      })
      const visitor = new Visitor(url)
      await visitor.logsInAs('jsmith', 'smith')

      await visitor.asks('/rest/late')

      await expect(late).rejects.toThrow('confirmPassword came after the headers of the answer')
      expect(await visitor.isKnownAs()).toBe('jsmith')
      expect((await directory.sessions.count()).signedIn).toBe(1)
    })
  })

  describe('refreshUser', () => {
    /** One user, whom the spec changes as a host would. */
    async function siteOfOne() {
      const row: { -readonly [Member in keyof UserRecord]: UserRecord[Member] } = { ...jsmith }
      let isDown = false
      const find = () => (isDown ? Promise.reject(new Error('down')) : Promise.resolve({ ...row }))
      const served = await site({ provider: { findUser: find, findUserByID: find } })
      await served.post('login', right)
      return { ...served, row, goDown: () => (isDown = true) }
    }

    it('shows at once what the host has changed, in this request and the next', async () => {
      const { post, visitor, row } = await siteOfOne()
      await visitor.asks('/session')
      row.fullName = 'Jane Smith'

      const before = await visitor.asks('/session')
      const refreshed = await post('refresh')

      expect(before.body).toMatchObject({ user: { fullName: 'John Smith' } })
      expect(refreshed.body).toMatchObject([{ fullName: 'Jane Smith' }, { fullName: 'Jane Smith' }])
      expect((await visitor.asks('/session')).body).toMatchObject({ user: { fullName: 'Jane Smith' } })
    })

    it.each([
      ['is disabled', { disabled: true }],
      ['has another password since', { credentialsChangedAt: new Date(Date.UTC(2027, 0)) }]
    ])('ends the session of a user who %s', async (_what, change) => {
      const { post, row, directory, events } = await siteOfOne()
      Object.assign(row, change)

      const { body } = await post('refresh')

      expect(body).toEqual([null, null])
      expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
      expect(events.at(-1)).toMatchObject({ event: 'authn_token_revoked', reason: 'revalidation' })
    })

    it('could not find out where the provider fails, and the session goes on', async () => {
      const { post, visitor, goDown } = await siteOfOne()
      goDown()

      expect((await post('refresh')).status).toBe(503)
      expect((await visitor.asks('/session')).body).toMatchObject({ user: known })
    })

    it('is nobody of nobody', async () => {
      const { post } = await site()

      expect((await post('refresh')).body).toEqual([null, null])
    })
  })

  describe('login and verify', () => {
    it.each<[string, unknown]>([
      ['no body', undefined],
      ['null', null],
      ['a number', 7],
      ['a text', 'jsmith'],
      ['an array', ['jsmith', 'smith']],
      ['a name alone', { userName: 'jsmith' }],
      ['a password alone', { password: 'smith' }],
      ['an object for the name', { userName: { $ne: '' }, password: 'smith' }],
      ['an array for the name', { userName: ['jsmith'], password: 'smith' }],
      ['an object for the password', { userName: 'jsmith', password: { $gt: '' } }],
      ['a number for the password', { userName: 'jsmith', password: 7 }],
      ['numbers', { userName: 1, hashedPassword: 2 }]
    ])('A16.5.1: refuse %s as a login, with its event', async (_what, sent) => {
      const { post, events, directory } = await site()

      const answers = [await post('login', sent), await post('verify', sent)]

      expect(answers.map(({ status, body }) => [status, body])).toEqual([
        [200, null],
        [200, null]
      ])
      expect(events.map(({ event, by }) => [event, by])).toEqual([
        ['authn_login_fail', 'login'],
        ['authn_login_fail', 'verify']
      ])
      expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
    })

    it('tell a host that gives a user instead of credentials to sign in', async () => {
      const { url } = await serve({ store: await newStore() }, (app, directory) => {
        app.use(directory.sessionMiddleware)
        app.post('/:step', (req, res) => {
          const given = known as unknown as Credentials
          const call = req.params.step === 'login' ? req.directory.login(given) : req.directory.verify(given)
          call.catch((error: unknown) => res.json({ isTypeError: error instanceof TypeError, text: String(error) }))
        })
      })

      for (const step of ['login', 'verify'])
        expect((await new Visitor(url).asks(`/${step}`, { method: 'POST' })).body).toEqual({
          isTypeError: true,
          text: expect.stringContaining('write signIn(user)') as string
        })
    })

    it('of the same user keeps how long the session and its cookie live, unless told otherwise', async () => {
      const { post, visitor } = await site({ cookie: { persistent: false } })
      const first = await post('remember', right)
      const second = await post('login', right)
      const lengths = [(await sessionOf(visitor)).idleMinutes]
      const third = await post('again', right)
      lengths.push((await sessionOf(visitor)).idleMinutes)

      expect([maxAgeOf(first), maxAgeOf(second), maxAgeOf(third)]).toEqual([90 * 60, 90 * 60, 0])
      expect(lengths).toEqual([90, 5])
    })
  })
}
