import { describe, expect, it } from 'vitest'

import { counterRoutes } from '../support/counter-routes.js'
import { Gate } from '../support/gate.js'
import { serve } from '../support/serve.js'
import { type Fault, StoreWithFaults, type StoreVerb } from '../support/store-with-faults.js'
import { ask, Visitor } from '../support/visitor.js'

async function signedIn(store = new StoreWithFaults()) {
  const gate = new Gate()
  const served = await serve({ store }, counterRoutes(gate))
  const visitor = new Visitor(served.url)
  await visitor.logsInAs('jsmith', 'smith')
  const cookie = `WASID4D=${visitor.sessionId}`
  return { ...served, gate, store, visitor, withOldCookie: (path: string) => ask(served.url + path, { headers: { cookie } }) }
}

describe('A7.4.1, CVE-2025-46336: after logout', () => {
  it('the old cookie is dead, and its place is free', async () => {
    const { visitor, withOldCookie, directory } = await signedIn()

    await visitor.logsOut()

    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
    expect((await withOldCookie('/rest/$directory/currentUser')).body).toEqual({ result: null })
  })

  it.each<[string, StoreVerb, string, (gate: Gate) => Fault]>([
    [
      'a write that has not reached the store',
      'update',
      '/rest/increment',
      (gate) => async (proceed) => {
        await gate.pass()
        return proceed()
      }
    ],
    [
      'a write that the store has made',
      'update',
      '/rest/increment',
      (gate) => async (proceed) => {
        const answer = await proceed()
        await gate.pass()
        return answer
      }
    ],
    [
      'a read that has not reached the store',
      'resume',
      '/rest/increment',
      (gate) => async (proceed) => {
        await gate.pass()
        return proceed()
      }
    ],
    [
      'a read that the store has answered',
      'resume',
      '/rest/increment',
      (gate) => async (proceed) => {
        const answer = await proceed()
        await gate.pass()
        return answer
      }
    ]
  ])('the old cookie is dead although there was %s under way', async (_what, verb, path, faultAt) => {
    const { url, store, visitor, withOldCookie, directory } = await signedIn()
    const gate = new Gate()
    store.fault(verb, faultAt(gate))

    const underWay = withOldCookie(path)
    await gate.reached
    store.fault(verb, null)
    await visitor.logsOut()
    gate.open()
    const late = await underWay

    expect(late.setCookies.filter((setCookie) => setCookie.includes(visitor.firstSessionId ?? ''))).toEqual([])
    expect((await directory.sessions.count()).signedIn).toBe(0)
    expect((await withOldCookie('/rest/$directory/currentUser')).body).toEqual({ result: null })
    expect((await ask(`${url}/rest/storage`, { headers: { cookie: late.setCookies[0]?.split(';')[0] ?? '' } })).body).not.toBeNull()
  })

  it('an answer that was under way does not set the cookie again', async () => {
    const { gate, visitor, withOldCookie } = await signedIn()

    const slow = withOldCookie('/rest/slow')
    await gate.reached
    await visitor.logsOut()
    gate.open()

    expect((await slow).setCookies).toEqual([])
  })

  it('a second logout with the same cookie is answered alike', async () => {
    const { visitor, withOldCookie } = await signedIn()
    await visitor.logsOut()

    const again = await withOldCookie('/rest/$directory/logout')

    expect([again.status, again.body]).toEqual([200, { result: true }])
    expect(again.setCookies).toEqual(['WASID4D=; Max-Age=0; Path=/'])
  })
})

describe('a logout that the store does not carry out', () => {
  it('is a 503, and the session goes on', async () => {
    const { store, visitor } = await signedIn()
    const before = visitor.sessionId
    store.fault('end', () => Promise.reject(new Error('connection reset')))

    const { status } = await visitor.logsOut()

    expect(status).toBe(503)
    expect(visitor.sessionId).toBe(before)
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })
})
