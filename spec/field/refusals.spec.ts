import { describe, expect, it } from 'vitest'

import { requireUser } from '../../lib/index.js'
import { readError } from '../support/read-result.js'
import { serve } from '../support/serve.js'
import { isDown, StoreWithFaults } from '../support/store-with-faults.js'
import { ask, Visitor } from '../support/visitor.js'

const elsewhere = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }

describe('what the middleware on its own refuses', () => {
  it('is in the format of the protocol for a request of the directory, without an errorHandler', async () => {
    const { url } = await serve({}, (app, directory) => app.use(directory.sessionMiddleware).use('/rest', directory))
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const logout = await visitor.asks('/rest/$directory/logout', { method: 'POST', headers: elsewhere })
    const page = await visitor.asks('/page', { method: 'POST', headers: elsewhere })

    expect([logout.status, readError(logout)?.errCode]).toEqual([403, 3])
    expect([page.status, page.headers['content-type']]).toEqual([403, 'text/html; charset=utf-8'])
  })

  it("is so for a request with 4D's credential headers", async () => {
    const store = new StoreWithFaults()
    const { url } = await serve({ store }, (app, directory) => app.use(directory.sessionMiddleware))
    store.fault('resume', isDown)

    const cookie = `WASID4D=${'A'.repeat(32)}`
    const answer = await ask(`${url}/page`, { headers: { cookie, 'username-4D': 'jsmith', 'password-4D': 'smith' } })

    expect([answer.status, readError(answer)?.errCode]).toEqual([503, 10])
  })
})

describe('a visitor whom a guard turns away', () => {
  it('gets no session for that, and takes no licence', async () => {
    const { url, directory } = await serve({}, (app, directory) => {
      app.use('/rest', directory)
      app.get('/rest/page', requireUser(), (_req, res) => res.json('in'))
      app.use(directory.errorHandler)
    })

    const { status, setCookies } = await ask(`${url}/rest/page`)

    expect([status, setCookies, await directory.sessions.count()]).toEqual([401, [], { signedIn: 0, guests: 0 }])
  })

  it('keeps the session that came along', async () => {
    const { url } = await serve({}, (app, directory) => {
      app.use('/rest', directory)
      app.get('/rest/page', requireUser(), (_req, res) => res.json('in'))
    })
    const visitor = new Visitor(url)
    await visitor.isKnownAs()

    expect((await visitor.asks('/rest/page')).setCookies).toEqual([expect.stringContaining(visitor.firstSessionId ?? 'none')])
  })
})
