import { describe, expect, it } from 'vitest'

import { counterRoutes } from '../support/counter-routes.js'
import { Gate } from '../support/gate.js'
import { serve } from '../support/serve.js'
import { ask, type Answer, Visitor } from '../support/visitor.js'

function maxAgeOf({ setCookies }: Answer): number {
  return Number(/Max-Age=(\d+);/.exec(setCookies[0] ?? '')?.[1])
}

describe('A7.3.1: a session', () => {
  it.each(['guest', 'user'])('of a %s lives until one millisecond before its idle time is over, and is gone then', async (who) => {
    const { url, clock, directory } = await serve({ session: { idleMinutes: 5 } }, counterRoutes())
    const visitor = new Visitor(url)
    if (who === 'user') await visitor.logsInAs('jsmith', 'smith')
    await visitor.asks('/rest/put/note/kept')
    const { sessionId } = visitor

    clock.passMilliseconds(5 * 60_000 - 1)
    expect((await visitor.asks('/rest/storage')).body).toEqual({ note: 'kept' })
    clock.passMilliseconds(5 * 60_000)

    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
    expect((await visitor.asks('/rest/storage')).body).toEqual({})
    expect(visitor.sessionId).not.toBe(sessionId)
  })

  it('gives its place back without being visited', async () => {
    const { url, clock } = await serve({ session: { idleMinutes: 5 }, quotas: { sessions: 1 } })
    await new Visitor(url).logsInAs('jsmith', 'smith')
    clock.passMinutes(5)

    expect((await new Visitor(url).logsInAs('john', '123')).status).toBe(200)
  })
})

describe('A7.3.2: a session that is never idle', () => {
  it('is over at its absolute limit, to the millisecond', async () => {
    const { url, clock } = await serve({ session: { idleMinutes: 10, absoluteMinutes: 30 } })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    for (let visit = 0; visit < 3; visit++) {
      clock.passMilliseconds(10 * 60_000 - 1)
      expect(await visitor.isKnownAs()).toBe('jsmith')
    }
    clock.passMilliseconds(2)
    expect(await visitor.isKnownAs()).toBe('jsmith')
    clock.passMilliseconds(1)

    expect(await visitor.isKnownAs()).toBeNull()
  })
})

describe('the length that a login asks for', () => {
  it('counts for its session alone', async () => {
    const { url, clock } = await serve()
    const [long, standard] = [new Visitor(url), new Visitor(url)]
    await long.logsInAs('jsmith', 'smith', { 'session-4D-length': '120' })
    await standard.logsInAs('john', '123')

    clock.passMinutes(119)

    expect([await long.isKnownAs(), await standard.isKnownAs()]).toEqual(['jsmith', null])
  })

  it('is kept at every visit, and shown as idleMinutes', async () => {
    const { url, clock } = await serve({}, (app, directory) => {
      app.use('/rest', directory)
      app.get('/rest/minutes', (req, res) => void res.json(req.directory.session?.idleMinutes))
    })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith', { 'session-4D-length': '120' })

    clock.passMinutes(119)
    const { body } = await visitor.asks('/rest/minutes')
    clock.passMinutes(119)

    expect(body).toBe(120)
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })
})

describe('the cookie', () => {
  it('never promises more than the server keeps: the smaller of idle time and what is left of the absolute limit', async () => {
    const { url, clock } = await serve({ session: { idleMinutes: 60, absoluteMinutes: 90 } })
    const visitor = new Visitor(url)
    const promised = [maxAgeOf(await visitor.asks('/rest/$directory/currentUser'))]

    clock.passMinutes(20)
    promised.push(maxAgeOf(await visitor.asks('/rest/$directory/currentUser')))
    clock.passMinutes(20)
    promised.push(maxAgeOf(await visitor.asks('/rest/$directory/currentUser')))
    clock.passMilliseconds(500)
    promised.push(maxAgeOf(await visitor.asks('/rest/$directory/currentUser')))

    expect(promised).toEqual([3600, 3600, 3000, 2999])
  })

  it('of a slow answer promises what is left when it goes out', async () => {
    const gate = new Gate()
    const { url, clock } = await serve({}, counterRoutes(gate))

    const slow = new Visitor(url).asks('/rest/slow')
    await gate.reached
    clock.passMinutes(10)
    gate.open()

    expect(maxAgeOf(await slow)).toBe(3000)
  })

  it('is left out of an answer that comes after the session is over', async () => {
    const gate = new Gate()
    const { url, clock } = await serve({}, counterRoutes(gate))

    const slow = new Visitor(url).asks('/rest/slow')
    await gate.reached
    clock.passMinutes(60)
    gate.open()

    expect((await slow).setCookies).toEqual([])
  })
})

describe("CVE-2024-35220: the server's record", () => {
  it('decides on expiry, whatever a client does with its cookie', async () => {
    const { url, clock } = await serve()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')
    const cookie = `WASID4D=${visitor.sessionId}; Max-Age=99999999; Expires=Fri, 31 Dec 9999 23:59:59 GMT`

    clock.passMinutes(60)

    expect((await ask(`${url}/rest/$directory/currentUser`, { headers: { cookie } })).body).toEqual({ result: null })
  })
})
