// https://github.com/nestjs/nest/issues/9517: server.close() waits for every stream that is open, and nobody ends them.
import { describe, expect, it, onTestFinished } from 'vitest'

import { sendHalf } from '../support/half-request.js'
import { serve } from '../support/serve.js'
import { serveConsole } from '../support/serve-console.js'

describe('server.close() comes to its end by directory.close() alone', () => {
  it('while tabs with the session console are open', async () => {
    const { server, directory, operator } = await serveConsole({}, { timing: { mostStreams: 3 } })
    const tabs = [await operator.watches(), await operator.watches()]
    for (const tab of tabs) await tab.until(() => tab.messages.length > 0)

    const closed = new Promise((resolve) => server.close(resolve))
    await directory.close()
    await Promise.all(tabs.map(({ ended }) => ended))

    await closed
    // The page takes `end` for the end of its session, and would not look for the server that comes after this one.
    expect(tabs.flatMap(({ messages }) => messages).filter(({ event }) => event === 'end')).toEqual([])
  })

  it('while a tab opens that had been asked for before', async () => {
    const { directory, operator } = await serveConsole()
    await directory.close()

    const tab = await operator.watches()

    await tab.ended
    expect(tab.messages).toEqual([])
  })

  it.each([
    ['a login', '/rest/$directory/login'],
    ['a question about a group', '/rest/$directory/currentUserBelongsTo'],
    ['the call of a datastore function', '/rest/$catalog/authentify'],
    ["the console's login form", '/console', 'application/x-www-form-urlencoded'],
    ["an operator's action", '/console/unlock']
  ])('while the body of %s comes in drops, which is answered with 503', async (_what, path, type = 'application/json') => {
    const served = await serveConsole({ rest: { datastoreFunctions: { authentify: () => true } } })
    const arrived = new Promise((resolve) => served.server.once('request', resolve))
    const answering = sendHalf(served.url + path, { cookie: `WASID4D=${served.operator.sessionId ?? ''}`, type })
    await arrived

    const closed = new Promise((resolve) => served.server.close(resolve))
    await served.directory.close()
    const { status, ended } = await answering

    expect(status).toBe(503)
    await ended
    await closed
  })

  it("tells streams of the host's own, however many, through directory.closing", async () => {
    const warnings: Error[] = []
    const listen = (warning: Error) => warnings.push(warning)
    process.on('warning', listen)
    onTestFinished(() => void process.off('warning', listen))
    const { directory } = await serve()
    let told = 0
    for (let stream = 0; stream < 100; stream++) directory.closing.addEventListener('abort', () => (told += 1))

    await directory.close()

    expect(told).toBe(100)
    expect(warnings).toEqual([])
  })
})
