import { describe, expect, it } from 'vitest'

import type { Session } from '../../lib/index.js'
import { forwardRejection } from '../../lib/http/forward-rejection.js'
import { counterRoutes } from '../support/counter-routes.js'
import { Gate } from '../support/gate.js'
import { serve } from '../support/serve.js'
import '../support/spec-storage.js'
import { StoreWithFaults } from '../support/store-with-faults.js'
import { ask, Visitor } from '../support/visitor.js'

/** An app with one more route, which does to the session what the spec says. */
function serveWith(handle: (session: Session) => unknown, options: Parameters<typeof serve>[0] = {}) {
  return serve(options, (app, directory) => {
    counterRoutes()(app, directory)
    app.get(
      '/rest/try',
      forwardRejection(async (req, res) => {
        const { session } = req.directory
        if (session === null) throw new Error('there is no session')
        try {
          res.json({ returned: await handle(session) })
        } catch (error) {
          res.json({ name: (error as Error).name, message: (error as Error).message })
        }
      })
    )
  })
}

describe('session.update', () => {
  it('loses none of 200 concurrent increments', async () => {
    const { url } = await serve({}, counterRoutes())
    const visitor = new Visitor(url)
    await visitor.isKnownAs()

    const answers = await Promise.all(Array.from({ length: 200 }, () => visitor.asks('/rest/increment')))

    expect(new Set(answers.map(({ body }) => (body as { count: number }).count)).size).toBe(200)
    expect((await visitor.asks('/rest/storage')).body).toEqual({ count: 200 })
  })

  it('A7.4.1: of a slow request is null after another request has logged out, and the session stays ended', async () => {
    const gate = new Gate()
    const { url, directory } = await serve({}, counterRoutes(gate))
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    const cookie = `WASID4D=${visitor.sessionId}`

    const slow = ask(`${url}/rest/slow/increment`, { headers: { cookie } })
    await gate.reached
    await visitor.logsOut()
    gate.open()
    const { body, setCookies } = await slow

    expect(body).toBeNull()
    expect(setCookies).toEqual([])
    expect((await ask(`${url}/rest/$directory/currentUser`, { headers: { cookie } })).body).toEqual({ result: null })
    expect((await directory.sessions.count()).signedIn).toBe(0)
  })

  it.each<[string, unknown, string]>([
    ['that returns a promise', () => Promise.resolve(), 'session.update takes a synchronous function'],
    ['that returns what should be stored', (storage: object) => ({ ...storage, note: 'after' }), 'edits the draft in place'],
    [
      'that leaves what JSON cannot hold',
      (storage: { cart: unknown }) => void (storage.cart = [{ since: new Date(0) }]),
      'storage.cart[0].since is an instance of Date'
    ],
    [
      'that leaves too much',
      (storage: { note: string }) => void (storage.note = 'x'.repeat(200)),
      'storage takes 211 bytes as JSON, and session.maxStorageBytes allows 200'
    ],
    [
      'that throws',
      (storage: { note: string }) => {
        storage.note = 'half done'
        throw new Error('out of apples')
      },
      'out of apples'
    ]
  ])('with a change %s rejects, and nothing has changed', async (_what, change, message) => {
    const { url } = await serveWith((session) => session.update(change as never), { session: { maxStorageBytes: 200 } })
    const visitor = new Visitor(url)
    await visitor.asks('/rest/put/note/before')

    const { body } = await visitor.asks('/rest/try')

    expect((body as { message: string }).message).toContain(message)
    expect((await visitor.asks('/rest/storage')).body).toEqual({ note: 'before' })
  })

  it('gives the request a new frozen snapshot, and leaves the one that it had as it was', async () => {
    const { url } = await serveWith(async (session) => {
      const before = session.storage
      const returned = await session.update((storage) => void (storage.count = 1))
      return {
        before,
        after: session.storage,
        same: returned === session.storage,
        frozen: Object.isFrozen(session.storage) && Object.isFrozen(before)
      }
    })

    const { body } = await new Visitor(url).asks('/rest/try')

    expect(body).toEqual({ returned: { before: {}, after: { count: 1 }, same: true, frozen: true } })
  })

  it('cannot be gone round by editing the snapshot', async () => {
    const { url } = await serveWith((session) => {
      ;(session.storage as { note: string }).note = 'edited'
    })

    const { body } = await new Visitor(url).asks('/rest/try')

    expect(body).toMatchObject({ name: 'TypeError' })
  })

  it('keeps no hold on what the change has put in', async () => {
    const cart = ['apple']
    const { url } = await serveWith(async (session) => {
      await session.update((storage) => void (storage.cart = cart))
      cart.push('pear')
      return session.storage
    })

    expect((await new Visitor(url).asks('/rest/try')).body).toEqual({ returned: { cart: ['apple'] } })
  })

  it('of one request does not show in the snapshot of another that is under way', async () => {
    const gate = new Gate()
    const { url } = await serveWith(async (session) => {
      const before = session.storage
      await gate.pass()
      return [before, session.storage]
    })
    const visitor = new Visitor(url)
    await visitor.asks('/rest/put/note/old')

    const slow = visitor.asks('/rest/try')
    await gate.reached
    await visitor.asks('/rest/put/note/new')
    gate.open()

    expect((await slow).body).toEqual({ returned: [{ note: 'old' }, { note: 'old' }] })
  })

  it('starts from what others have stored since the request came in', async () => {
    const gate = new Gate()
    const { url } = await serveWith(async (session) => {
      await gate.pass()
      return session.update((storage) => void (storage.count = 1))
    })
    const visitor = new Visitor(url)
    await visitor.asks('/rest/storage')

    const slow = visitor.asks('/rest/try')
    await gate.reached
    await visitor.asks('/rest/put/note/new')
    gate.open()

    expect((await slow).body).toEqual({ returned: { note: 'new', count: 1 } })
  })

  it('is not needed by requests that only read: they write nothing', async () => {
    const store = new StoreWithFaults()
    const { url } = await serve({ store }, counterRoutes())
    const visitor = new Visitor(url)
    await visitor.asks('/rest/storage')

    await visitor.asks('/rest/storage')

    expect(store.asked).toEqual(['create', 'resume'])
  })
})
