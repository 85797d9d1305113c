import { tmpdir } from 'node:os'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import express, { type Express, type Response } from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'

import { requireUser, type RestDirectory } from '../../lib/index.js'
import { collect } from '../support/collect.js'
import '../support/spec-storage.js'
import { serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

const mountings: readonly (readonly [form: string, mount: (app: Express, directory: RestDirectory) => void])[] = [
  ['the middleware first', (app, directory) => app.use(directory.sessionMiddleware).use('/rest', directory)],
  ['the router first', (app, directory) => app.use('/rest', directory).use(directory.sessionMiddleware)],
  ['both on one path', (app, directory) => app.use('/rest', directory.sessionMiddleware, directory).use(directory.sessionMiddleware)],
  ['the middleware twice', (app, directory) => app.use(directory.sessionMiddleware, directory.sessionMiddleware).use('/rest', directory)],
  ['the router twice', (app, directory) => app.use(directory.sessionMiddleware).use('/rest', directory).use('/rest', directory)]
]

describe.each(mountings)('pages of an app with %s', (_form, mount) => {
  it('take no licence for bots, missing pages and health checks, and heed no password in the headers', async () => {
    const { url, directory } = await serve({ quotas: { sessions: 1 } }, (app, mounted) => {
      mount(app, mounted)
      app.get('/health', (req, res) => void res.json(req.directory.user))
    })
    const withPassword = { 'username-4D': 'jsmith', 'password-4D': 'smith' }

    for (const path of ['/health', '/robots.txt', '/missing', '/health']) {
      expect(await ask(url + path, { headers: withPassword })).toMatchObject({ status: path === '/health' ? 200 : 404, setCookies: [] })
    }
    expect(await collect(directory.sessions.list())).toEqual([])
  })

  it('open one session for the first updates of one request', async () => {
    const { url, directory } = await serve({}, (app, mounted) => {
      mount(app, mounted)
      app.get('/cart', async (req, res) => {
        const { session } = req.directory
        await Promise.all([session?.update((storage) => (storage.count = 1)), session?.update((storage) => (storage.note = 'two'))])
        res.json(req.directory.session?.storage)
      })
    })

    const answer = await ask(`${url}/cart`)

    expect(answer).toMatchObject({ body: { count: 1, note: 'two' } })
    expect(answer.setCookies).toHaveLength(1)
    expect(await collect(directory.sessions.list())).toHaveLength(1)
  })

  it('still open a session at the first request to the router', async () => {
    const { url } = await serve({}, mount)

    expect((await ask(`${url}/rest/$directory/currentUser`)).setCookies).toHaveLength(1)
  })
})

// https://github.com/auth0/express-openid-connect/issues/835, https://github.com/expressjs/session/issues/964
describe.each<[string, (res: Response, file: string) => void]>([
  ['res.sendFile', (res, file) => res.sendFile(file)],
  ['res.download', (res, file) => res.download(file)]
])('a login that is followed by %s', (_how, send) => {
  it('is kept, as its logout is', async () => {
    const file = join(directoryOfFile(), 'welcome.html')
    const { url } = await serve({}, (app, directory) => {
      app.use(directory.sessionMiddleware)
      app.use('/rest', directory)
      app.post('/in', async (req, res) => {
        await req.directory.login({ userName: 'jsmith', password: 'smith' })
        send(res, file)
      })
      app.post('/out', async (req, res) => {
        await req.directory.logout()
        send(res, file)
      })
    })
    const visitor = new Visitor(url)

    expect((await visitor.asks('/in', { method: 'POST' })).headers['cache-control']).toBe('private, max-age=0')
    expect(await visitor.isKnownAs()).toBe('jsmith')
    expect((await visitor.asks('/out', { method: 'POST' })).headers['cache-control']).toBe('private, max-age=0')
    expect(visitor.sessionId).toBeNull()
  })
})

it('does not log a reader of guarded static pages out, however long they read', async () => {
  const { url, clock } = await serve({}, (app, directory) => {
    app.use('/rest', directory)
    app.use(directory.sessionMiddleware, requireUser(), express.static(directoryOfFile()))
  })
  const reader = new Visitor(url)
  await reader.logsInAs('jsmith', 'smith')

  for (let page = 0; page < 5; page++) {
    clock.passMinutes(50)
    const answer = await reader.asks('/welcome.html')
    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'private, max-age=0' } })
    expect(answer.setCookies).toHaveLength(1)
  }
})

function directoryOfFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'pages-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  writeFileSync(join(directory, 'welcome.html'), '<p>Welcome</p>')
  return directory
}
