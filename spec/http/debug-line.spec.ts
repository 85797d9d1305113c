import { describe, expect, it, vi } from 'vitest'

import { type DirectoryRouterOptions, requireUser, StaticProvider } from '../../lib/index.js'
import { debugLines as lines } from '../support/debug-lines.js'
import { Program } from '../support/program.js'
import { groups, users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { isDown, StoreWithFaults } from '../support/store-with-faults.js'
import { type AskOptions, Visitor } from '../support/visitor.js'

vi.mock('node:util', async (original) => (await import('../support/debug-lines.js')).withDebugLines(await original()))

/** The directory, a page of it for shared caches, one behind a guard and one that looks; and a visitor of theirs. */
async function serveLines(options: Partial<DirectoryRouterOptions> = {}) {
  const served = await serve(options, (app, directory) => {
    app.use('/rest', directory)
    app.get('/rest/public', (_req, res) => void res.setHeader('Cache-Control', 'public, max-age=60').json({}))
    app.get('/rest/guarded', requireUser(), (_req, res) => void res.json({}))
    app.get('/rest/looking', (req, res) => void res.json({ user: req.directory.user }))
    app.get('/rest/plain', (_req, res) => void res.json({}))
  })
  const visitor = new Visitor(served.url)
  /** The line of this one request, with the handles of sessions as `#1`, `#2` in the order in which they appear. */
  const line = async (path: string, ask: AskOptions = {}): Promise<string> => {
    lines.length = 0
    await visitor.asks(path, ask)
    const handles: string[] = []
    return lines.join('\n').replace(/\b[0-9a-f]{16}\b/g, (handle) => {
      if (!handles.includes(handle)) handles.push(handle)
      return `#${handles.indexOf(handle) + 1}`
    })
  }
  return { ...served, visitor, line }
}

const jsmith = 'jsmith (12F169764253481E89F0E4EA8C1D791A)'

describe('the line of a request', () => {
  it('says that a guest came, and why the answer is private', async () => {
    const { line } = await serveLines()

    expect([await line('/rest/plain'), await line('/rest/plain')]).toEqual([
      'GET /rest/plain: no cookie came; session #1 of a guest; cookie out; private: it carries the cookie',
      'GET /rest/plain: came WASID4D x 1, live #1; session #1 of a guest; cookie out; private: it carries the cookie'
    ])
  })

  it('says whose the session is, and who has looked', async () => {
    const { line, visitor } = await serveLines()
    await visitor.logsInAs('jsmith', 'smith')
    const came = `came WASID4D x 1, live #1; session #1 of ${jsmith}; cookie out`

    expect([await line('/rest/plain?a=b'), await line('/rest/looking'), await line('/rest/guarded')]).toEqual([
      `GET /rest/plain: ${came}; private: it carries the cookie`,
      `GET /rest/looking: ${came}; private: user or session was looked at`,
      `GET /rest/guarded: ${came}; private: a guard found the user`
    ])
  })

  it('says that somebody logged in, and out', async () => {
    const { line } = await serveLines()
    const credentials = { 'username-4D': 'jsmith', 'password-4D': 'smith' }

    expect([await line('/rest/$directory/login', { method: 'POST', headers: credentials }), await line('/rest/$directory/logout')]).toEqual(
      [
        `POST /rest/$directory/login: no cookie came; session #1 of ${jsmith}; cookie out; private: login, logout or first write`,
        'GET /rest/$directory/logout: came WASID4D x 1, none live; nobody, as logged out; cookie taken back; private: login, logout or first write'
      ]
    )
  })

  it.each([
    [
      'a cookie that is no id',
      { cookie: 'WASID4D=nonsense' },
      'came WASID4D x 1, 0 of them taken for ids, none live; nobody: what came is no id, or not signed by cookie.secrets'
    ],
    [
      'an id that no session has',
      { cookie: `WASID4D=${'A'.repeat(32)}` },
      'came WASID4D x 1, none live; nobody: none lives under what came: ended, expired, or of another store'
    ],
    ['no session asked for', { 'nosession-4d': 'true' }, 'no cookie came; no session, as NoSession-4D asks']
  ])('says why it is nobody: %s', async (_why, headers, words) => {
    const { line } = await serveLines({ session: { guests: 'never' } })

    expect(await line('/rest/plain', { headers })).toContain(`: ${words}; no cookie out: `)
  })

  it('says why it is nobody: two users, a user who is gone, a store that fails', async () => {
    const store = new StoreWithFaults()
    const people = new StaticProvider({ users, groups })
    let isGone = false
    const { line, url, visitor, clock } = await serveLines({
      store,
      session: { guests: 'never' },
      provider: {
        findUser: (name) => people.findUser(name),
        findUserByID: (ID) => (isGone ? Promise.resolve(null) : people.findUserByID(ID)),
        belongsTo: (user, group) => people.belongsTo(user, group)
      }
    })
    const other = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    await other.logsInAs('john', '123')
    const two = await line('/rest/plain', { headers: { cookie: `WASID4D=${visitor.sessionId}; WASID4D=${other.sessionId}` } })
    await visitor.logsInAs('jsmith', 'smith')
    store.fault('resume', isDown)
    const down = await line('/rest/plain')
    store.fault('resume', null)
    isGone = true
    clock.passSeconds(61)
    const gone = await line('/rest/plain')

    expect(two).toContain(
      'came WASID4D x 2, live #1 #2; nobody: sessions of two users came, and were ended; no cookie out: there is no session'
    )
    expect(down).toContain('came WASID4D x 1, none live; nobody: it could not be found out;')
    expect(down).toContain('; 503: session store: resume failed: Error: connect ECONNREFUSED 127.0.0.1:6379')
    expect(gone).toContain('live #1; nobody: its user is gone, disabled, or has another password since; it was ended')
  })

  it('says why no cookie went out: an answer for shared caches, a page of another site', async () => {
    const { line, visitor } = await serveLines()
    await visitor.logsInAs('jsmith', 'smith')
    const fromElsewhere = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }

    expect(await line('/rest/public')).toContain('; no cookie out: the answer is for shared caches; not made private')
    expect(await line('/rest/plain', { headers: fromElsewhere })).toContain(
      '; no cookie out: a page of another site asked, and the browser may have kept its cookie back; not made private'
    )
    expect(await line('/rest/plain', { method: 'POST', headers: fromElsewhere })).toContain(
      '; nobody: a page of another site sent the request;'
    )
  })

  it('is one line, without an id, whatever is in the path', async () => {
    const { line, visitor } = await serveLines()
    await visitor.logsInAs('jsmith', 'smith')
    const id = visitor.sessionId ?? ''

    const shown = await line(`/rest/${id}/%0d%0aGET`)

    expect(shown).toContain('GET /rest/***/%0d%0aGET: ')
    expect(lines).toHaveLength(1)
    expect(lines.join()).not.toContain(id)
  })

  it('tells of a WebSocket upgrade, too', async () => {
    const { directory, server, line } = await serveLines()
    server.on('upgrade', (req, socket) => {
      void directory.sessions.resume(req).finally(() => socket.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n'))
    })

    const shown = await line('/rest/socket', { headers: { connection: 'upgrade', upgrade: 'websocket' } })

    expect(shown).toBe('GET /rest/socket: no cookie came; nobody: no cookie of this directory came; an upgrade, so no cookie')
  })
})

it('is written where NODE_DEBUG asks for it, and nowhere else', async () => {
  const script = `
    const { directoryRouter, StaticProvider } = require('./lib/index.ts')
    const app = require('express')().use('/rest', directoryRouter({ provider: new StaticProvider({ users: [] }) }))
    const server = app.listen(0, '127.0.0.1', async () => {
      await fetch('http://127.0.0.1:' + server.address().port + '/rest/$directory/currentUser')
      server.closeAllConnections()
      server.close()
    })`
  const run = async (value: string) => {
    const program = new Program('env', `NODE_DEBUG=${value}`, process.execPath, '--import', 'tsx', '--eval', script)
    await program.ends()
    return program.complaint
  }

  const [asked, unasked] = await Promise.all([run('express-4d-directory'), run('')])

  expect(asked).toMatch(
    /^EXPRESS-4D-DIRECTORY \d+: GET \/rest\/\$directory\/currentUser: no cookie came; session [0-9a-f]{16} of a guest; cookie out;/m
  )
  expect(unasked).toBe('')
})
