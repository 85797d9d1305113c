import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { type DirectoryProvider, StaticProvider } from '../../lib/index.js'
import { collect } from '../support/collect.js'
import { groups, users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

// SECURITY.md lists every text from outside with its bound.
describe('A2.4.1 names: of a text that a client sends', () => {
  it.each([
    ['over 255 characters', 'x'.repeat(256)],
    ['with a NUL', 'Sales\0']
  ])("the name of a group %s is nobody's, and no provider is asked about it", async (_what, group) => {
    const people = new StaticProvider({ users, groups })
    const belongsTo = vi.fn<NonNullable<DirectoryProvider['belongsTo']>>(() => Promise.resolve(true))
    const { url } = await serve({ provider: { findUser: (userName) => people.findUser(userName), belongsTo } })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const answer = await visitor.asks('/rest/$directory/currentUserBelongsTo', { method: 'POST', body: JSON.stringify([group]) })

    expect(answer.body).toEqual({ result: false })
    expect(belongsTo).not.toHaveBeenCalled()
  })

  it('no more than 64 characters are kept as its address', async () => {
    const { url, app, directory } = await serve()
    app.set('trust proxy', 1)

    await new Visitor(url).logsInAs('jsmith', 'smith', { 'x-forwarded-for': '1'.repeat(15_000), 'user-agent': 'x'.repeat(300) })

    const [session] = await collect(directory.sessions.list())
    expect([session?.ip.length, session?.userAgent.length]).toEqual([64, 200])
  })

  it.each([
    ['the origin', { origin: `http://${'%CC%81'.repeat(1000)}` }],
    ['the referring page', { referer: `http://127.0.0.1/${'x'.repeat(5000)}` }]
  ])('%s is not read beyond what browsers send', async (_what, headers) => {
    const asked = vi.fn(() => true)
    const { url } = await serve({ allowedOrigins: asked })

    const { status } = await ask(`${url}/rest/$directory/logout`, { headers })

    expect(status).toBe(403)
    expect(asked).not.toHaveBeenCalled()
  })

  it('no more than 200 characters of a path stand in a warning', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
    onTestFinished(() => void vi.restoreAllMocks())
    const { url } = await serve({}, (app, directory) => {
      app.use(directory.sessionMiddleware, (req, res, next) => {
        res.set('Cache-Control', 'public, max-age=60')
        req.directory.login({ userName: 'jsmith', password: 'smith' }).then(() => res.end(), next)
      })
    })

    await ask(`${url}/${'x'.repeat(5000)}`)

    expect(warned).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^The answer to GET \/x{199} was made private/), expect.anything())
  })
})
