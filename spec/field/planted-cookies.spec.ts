import { randomBytes } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import type { DirectoryEvent } from '../../lib/index.js'
import { StoreWithFaults } from '../support/store-with-faults.js'
import { serve } from '../support/serve.js'
import { ask, type Answer, Visitor } from '../support/visitor.js'

// expressjs/session#1010: a cookie.path or cookie.domain that was changed once leaves a second live cookie in browsers. Sibling hosts can plant one (cookie tossing).

async function sessionOf(url: string, userName = 'jsmith', password = 'smith'): Promise<string> {
  const visitor = new Visitor(url)
  await visitor.logsInAs(userName, password)
  return visitor.sessionId ?? ''
}

async function guestOf(url: string): Promise<string> {
  const visitor = new Visitor(url)
  await visitor.isKnownAs()
  return visitor.sessionId ?? ''
}

async function whoIs(url: string, cookie: string): Promise<string | null> {
  const { body } = await ask(`${url}/rest/$directory/currentUser`, { headers: { cookie } })
  return (body as { result: { userName: string } | null }).result?.userName ?? null
}

function logOut(url: string, cookie: string): Promise<Answer> {
  return ask(`${url}/rest/$directory/logout`, { headers: { cookie } })
}

const madeUp = () => `WASID4D=${randomBytes(16).toString('hex').toUpperCase()}`

describe('A7.4.1 candidates: a logout', () => {
  it('ends every session that came along, of one user, of several, and of guests', async () => {
    const { url, directory } = await serve()
    const ofOne = [await sessionOf(url), await sessionOf(url), await guestOf(url), await guestOf(url)]
    const ofTwo = [await sessionOf(url), await sessionOf(url, 'john', '123')]

    const answers = [ofOne, ofTwo].map((ids) => logOut(url, ids.map((id) => `WASID4D=${id}`).join('; ')))

    for (const { body, setCookies } of await Promise.all(answers))
      expect([body, setCookies]).toEqual([{ result: true }, ['WASID4D=; Max-Age=0; Path=/']])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it('that the store does not carry out ends none, and says so', async () => {
    const store = new StoreWithFaults()
    const { url } = await serve({ store })
    const ids = [await sessionOf(url), await sessionOf(url)]
    store.fault('end', () => Promise.reject(new Error('down')))

    const { status } = await logOut(url, ids.map((id) => `WASID4D=${id}`).join('; '))
    store.fault('end', null)

    expect([status, await whoIs(url, `WASID4D=${ids[0] ?? ''}`), await whoIs(url, `WASID4D=${ids[1] ?? ''}`)]).toEqual([
      503,
      'jsmith',
      'jsmith'
    ])
  })
})

describe('C tossing: a planted session', () => {
  it('of another user ends with that of the visitor, wherever it stands, and the next login works', async () => {
    const { url, directory } = await serve()
    const events: DirectoryEvent[] = []
    directory.events.on('event', (event) => events.push(event))
    for (const isFirst of [true, false]) {
      const [own, planted] = [await sessionOf(url), await sessionOf(url, 'john', '123')]
      const cookies = [`WASID4D=${planted}`, `WASID4D=${own}`]
      events.length = 0

      const name = await whoIs(url, (isFirst ? cookies : cookies.toReversed()).join('; '))

      expect(name).toBeNull()
      expect([await whoIs(url, `WASID4D=${own}`), await whoIs(url, `WASID4D=${planted}`)]).toEqual([null, null])
      expect(
        events
          .filter(({ event }) => event === 'malicious_extraneous')
          .map(({ userName }) => userName)
          .toSorted((a, b) => a.localeCompare(b))
      ).toEqual(['john', 'jsmith'])
    }

    expect(await whoIs(url, `WASID4D=${await sessionOf(url)}`)).toBe('jsmith')
  })

  it('of another user ends with a login, though two of that user came and one of them stays in the browser', async () => {
    const { url, directory } = await serve()
    const planted = [await sessionOf(url, 'john', '123'), await sessionOf(url, 'john', '123')].map((id) => `WASID4D=${id}`)

    const login = await ask(`${url}/rest/$directory/login`, {
      method: 'POST',
      headers: { cookie: planted.join('; '), 'username-4D': 'jsmith', 'password-4D': 'smith' }
    })

    const own = login.setCookies[0]?.split(';')[0] ?? ''
    expect(await Promise.all(planted.map((left) => whoIs(url, `${own}; ${left}`)))).toEqual(['jsmith', 'jsmith'])
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
  })

  it('hides nothing among thirty-one others that stand in front, nor behind a quote that never ends', async () => {
    const { url } = await serve()
    const own = `WASID4D=${await sessionOf(url)}`

    const names = [
      await whoIs(url, [...Array.from({ length: 60 }, madeUp), own].join('; ')),
      await whoIs(url, [own, ...Array.from({ length: 31 }, madeUp)].join('; ')),
      await whoIs(url, `a="; ${own}; b="`),
      await whoIs(url, `WASID4D="${'A'.repeat(32)}; ${own}`),
      await whoIs(url, `$Version="1"; ${own.replace('=', '="')}";$Path="/";$Domain="localhost.local"; b=c`)
    ]

    expect(names).toEqual(Array(5).fill('jsmith'))
  })

  it('of a guest is not carried into a login beside another', async () => {
    const { url } = await serve({}, (app, directory) => {
      app.use('/rest', directory)
      app.get('/rest/note', (req, res, next) => {
        Promise.resolve(req.directory.session?.update((storage) => (storage.note = 'planted'))).then(() => res.json('done'), next)
      })
      app.get('/rest/storage', (req, res) => void res.json(req.directory.session?.storage))
    })
    const [planted, own] = [await guestOf(url), await guestOf(url)]
    for (const id of [planted, own]) await ask(`${url}/rest/note`, { headers: { cookie: `WASID4D=${id}` } })
    const logInWith = async (cookie: string) => {
      const visitor = new Visitor(url)
      await visitor.logsInAs('jsmith', 'smith', { cookie })
      return (await visitor.asks('/rest/storage')).body
    }

    expect(await logInWith(`WASID4D=${planted}; WASID4D=${own}`)).toEqual({})
    const alone = await guestOf(url)
    await ask(`${url}/rest/note`, { headers: { cookie: `WASID4D=${alone}` } })
    expect(await logInWith(`WASID4D=${alone}`)).toEqual({ note: 'planted' })
  })
})

describe('A cookie of two names', () => {
  const rest = { cookieAlias: '4DSID_Shop' }

  it('is sent under both, the own first, and read and taken back under either', async () => {
    const { url } = await serve({ rest })
    const visitor = new Visitor(url)

    const { setCookies } = await visitor.logsInAs('jsmith', 'smith')
    const id = visitor.sessionId ?? ''
    const names = [
      await whoIs(url, `WASID4D=${id}`),
      await whoIs(url, `4DSID_Shop=${id}`),
      await whoIs(url, `WASID4D=${id}; 4DSID_Shop=${id}`)
    ]
    const taken = (await logOut(url, `4DSID_Shop=${id}`)).setCookies

    expect(setCookies.map((cookie) => cookie.split(';')[0])).toEqual([`WASID4D=${id}`, `4DSID_Shop=${id}`])
    expect(names).toEqual(Array(3).fill('jsmith'))
    expect(taken.map((cookie) => cookie.split(';')[0])).toEqual(['WASID4D=', '4DSID_Shop='])
  })

  it('that two apps share a store with is decided by the second name, and neither user is logged out', async () => {
    const { url } = await serve({ rest })
    const [ofOtherApp, own] = [await sessionOf(url), await sessionOf(url, 'john', '123')]

    expect(await whoIs(url, `WASID4D=${ofOtherApp}; 4DSID_Shop=${own}`)).toBe('john')
    expect([await whoIs(url, `WASID4D=${ofOtherApp}`), await whoIs(url, `WASID4D=${own}`)]).toEqual(['jsmith', 'john'])
  })
})
