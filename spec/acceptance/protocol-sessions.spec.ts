import { describe, expect, it } from 'vitest'

import { serve, type Served } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

function serveWithPage(options: Parameters<typeof serve>[0] = {}): Promise<Served> {
  return serve(options, (app, directory) => {
    app.use('/rest', directory)
    app.get('/rest/Employee', (_req, res) => res.json([]))
  })
}

describe('the first request without a live session', () => {
  it.each(['/rest/Employee', '/rest/nothing', '/rest/$directory/currentUser'])(
    'opens one and answers with the cookie: %s',
    async (path) => {
      const { url, directory } = await serveWithPage()

      const { setCookies } = await ask(url + path)

      expect(setCookies).toEqual([expect.stringMatching(/^WASID4D=[0-9A-F]{32}; Max-Age=3600; Path=\/; HttpOnly; SameSite=Lax$/)])
      expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 1 })
    }
  )

  it('opens none where guests are off', async () => {
    const { url, directory } = await serveWithPage({ session: { guests: 'never' } })

    const { status, setCookies } = await ask(`${url}/rest/Employee`)

    expect([status, setCookies]).toEqual([200, []])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it.each(['/rest/Employee', '/rest/$directory/login', '/rest/$directory/currentUser'])(
    'opens none when it is a preflight: %s',
    async (path) => {
      const { url, directory } = await serveWithPage()

      const { setCookies } = await ask(url + path, {
        method: 'OPTIONS',
        headers: { origin: 'https://shop.example.com', 'access-control-request-method': 'POST' }
      })

      expect(setCookies).toEqual([])
      expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
    }
  )
})

describe('a live session', () => {
  it('slides with every request, of the directory and of the host', async () => {
    const { url, clock } = await serveWithPage()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    for (const path of ['/rest/Employee', '/rest/$directory/currentUser', '/rest/nothing', '/rest/$directory/nothing']) {
      clock.passMinutes(59)
      const { setCookies } = await visitor.asks(path)
      expect(setCookies).toEqual([expect.stringContaining(`WASID4D=${visitor.firstSessionId ?? ''}; Max-Age=3600;`)])
    }

    clock.passMinutes(59)
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })

  it('is replaced by a login: a new id, and the old one is no longer anybody', async () => {
    const { url, directory } = await serve()
    const visitor = new Visitor(url)
    await visitor.isKnownAs()

    await visitor.logsInAs('jsmith', 'smith')
    const old = await ask(`${url}/rest/$directory/currentUser`, { headers: { cookie: `WASID4D=${visitor.firstSessionId ?? ''}` } })

    expect(visitor.sessionId).not.toBe(visitor.firstSessionId)
    expect(old.text).toBe('{"result":null}')
    expect(old.setCookies[0]).not.toContain(visitor.firstSessionId)
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 1 })
  })

  it('stays as it was when a login is refused', async () => {
    const { url, directory } = await serve()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const answer = await visitor.logsInAs('john', 'wrong')

    expect(answer.setCookies).toEqual([expect.stringContaining(`WASID4D=${visitor.firstSessionId ?? ''};`)])
    expect(await visitor.isKnownAs()).toBe('jsmith')
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
  })

  it('takes one licence, and needs no other for a login in its place', async () => {
    const { url } = await serve({ quotas: { sessions: 1 } })
    const visitor = new Visitor(url)
    await visitor.isKnownAs()

    const login = await visitor.logsInAs('jsmith', 'smith')
    const again = await visitor.logsInAs('john', '123')

    expect([login.status, again.status]).toEqual([200, 200])
  })
})
