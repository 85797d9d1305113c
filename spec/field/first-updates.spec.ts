import type { Request, Response } from 'express'
import { describe, expect, it } from 'vitest'

import '../support/spec-storage.js'
import { type Served, serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

// What expressjs/session#964 and others ask for: visitors who store nothing cost nothing, and the first who does has a session.

function servePages(handle: (req: Request, res: Response) => Promise<unknown>, options: Parameters<typeof serve>[0] = {}): Promise<Served> {
  return serve(options, (app, directory) => {
    app.use(directory.sessionMiddleware)
    app.use('/rest', directory)
    app.all(['/page', '/rest/page'], (req, res, next) => {
      handle(req, res).catch(next)
    })
  })
}

describe('a session of a page', () => {
  it('opens with its first update, and takes the next ones through the same object', async () => {
    const { url, directory } = await servePages(async (req, res) => {
      const { session } = req.directory
      const before = [session?.handle, await session?.isLive()]
      await session?.update((storage) => (storage.count = 1))
      await session?.update((storage) => (storage.count = (storage.count ?? 0) + 1))
      res.json([before, session?.storage, session?.handle === req.directory.session?.handle, await session?.isLive()])
    })

    const answer = await ask(`${url}/page`)

    expect(answer.body).toEqual([['', false], { count: 2 }, true, true])
    expect([answer.setCookies.length, await directory.sessions.count()]).toEqual([1, { signedIn: 0, guests: 1 }])
  })

  it('is one for all first updates of one request', async () => {
    const { url, directory } = await servePages(async (req, res) => {
      const { session } = req.directory
      await Promise.all([
        session?.update((storage) => (storage.note = 'a')),
        session?.update((storage) => (storage.greeting = 'b')),
        req.directory.session?.update((storage) => (storage.count = 1))
      ])
      res.json(req.directory.session?.storage)
    })

    expect((await ask(`${url}/page`)).body).toEqual({ note: 'a', greeting: 'b', count: 1 })
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 1 })
  })

  it('is known to who looked at it before the router opened it', async () => {
    const { url } = await serve({}, (app, directory) => {
      app.use(directory.sessionMiddleware)
      app.use((req, res, next) => {
        res.locals['session'] = req.directory.session
        next()
      })
      app.use('/rest', directory)
      app.get('/rest/page', (req, res, next) => {
        const session = res.locals['session'] as Request['directory']['session']
        Promise.resolve(session?.update((storage) => (storage.count = 1))).then(
          () => res.json([session?.storage, session?.handle === req.directory.session?.handle]),
          next
        )
      })
    })

    expect((await ask(`${url}/rest/page`)).body).toEqual([{ count: 1 }, true])
  })

  it('is carried into a login that does not wait for its update', async () => {
    const { url, directory } = await servePages(async (req, res) => {
      const update = req.directory.session?.update((storage) => (storage.note = 'cart'))
      await req.directory.login({ userName: 'jsmith', password: 'smith' })
      await update
      res.json([req.directory.user?.userName, req.directory.session?.storage])
    })

    expect((await ask(`${url}/page`)).body).toEqual(['jsmith', { note: 'cart' }])
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
  })

  it('is ended by a logout that does not wait for its update', async () => {
    const { url, directory } = await servePages(async (req, res) => {
      const update = req.directory.session?.update((storage) => (storage.note = 'cart'))
      await req.directory.logout()
      await update
      res.json(req.directory.session)
    })

    await ask(`${url}/page`)

    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it('rejects its update with 402 where no place is left, and the page is served', async () => {
    const { url } = await servePages(
      async (req, res) => {
        const refusal = await req.directory.session?.update((storage) => (storage.count = 1)).catch((error: unknown) => error)
        res.json([(refusal as { status?: number }).status, req.directory.session?.handle])
      },
      { quotas: { sessions: 1 } }
    )
    await new Visitor(url).logsInAs('jsmith', 'smith')

    const answer = await ask(`${url}/page`)

    expect([answer.status, answer.body, answer.setCookies]).toEqual([200, [402, ''], []])
  })
})

describe('what a host forgets to await', () => {
  it('ends no process when it fails: an update without a place, a group that cannot be asked for', async () => {
    const provider = {
      authenticate: () => Promise.resolve({ ID: '1', userName: 'jsmith', fullName: 'John Smith' }),
      belongsTo: () => Promise.reject(new Error('down'))
    }
    const unhandled: unknown[] = []
    const note = (reason: unknown) => void unhandled.push(reason)
    process.on('unhandledRejection', note)
    const { url } = await servePages(
      async (req, res) => {
        void req.directory.session?.update((storage) => (storage.count = 1))
        void req.directory.belongsTo('Sales')
        void req.directory.login({ userName: 7 as unknown as string, password: 'smith' })
        await new Promise((resolve) => setImmediate(resolve))
        res.json('page')
      },
      { provider, quotas: { sessions: 1 } }
    )
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const statuses = [(await visitor.asks('/page')).status, (await ask(`${url}/page`)).status]
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)

    expect([statuses, unhandled]).toEqual([[200, 200], []])
  })
})
