import { describe, expect, it } from 'vitest'

import { counterRoutes } from '../support/counter-routes.js'
import { serve } from '../support/serve.js'
import { isDown, StoreWithFaults, type StoreVerb } from '../support/store-with-faults.js'
import { Visitor } from '../support/visitor.js'

async function signedIn() {
  const store = new StoreWithFaults()
  const served = await serve({ store }, counterRoutes())
  const visitor = new Visitor(served.url)
  await visitor.logsInAs('jsmith', 'smith')
  return { ...served, store, visitor }
}

describe('a store that fails', () => {
  it.each<[StoreVerb, string]>([
    ['resume', '/rest/$directory/currentUser'],
    ['resume', '/rest/storage'],
    ['update', '/rest/increment'],
    ['end', '/rest/$directory/logout']
  ])('at %s makes %s a 503 with Retry-After, and the visitor is still known afterwards', async (verb, path) => {
    const { store, visitor, directory } = await signedIn()
    const before = visitor.sessionId
    store.fault(verb, isDown)

    const { status, headers, body, setCookies } = await visitor.asks(path)
    store.fault(verb, null)

    expect(status).toBe(503)
    expect(headers['retry-after']).toBe('1')
    expect(body).toMatchObject({ __ERROR: [{ componentSignature: 'exdr', errCode: 10 }] })
    expect(JSON.stringify(body)).not.toContain('ECONNREFUSED')
    expect(setCookies.filter((setCookie) => !setCookie.includes(`WASID4D=${before};`))).toEqual([])
    expect(await visitor.isKnownAs()).toBe('jsmith')
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
  })

  it('at create refuses a login with 503, and the session that it would have replaced goes on', async () => {
    const { store, visitor } = await signedIn()
    const before = visitor.sessionId
    store.fault('create', isDown)

    const { status, headers, body } = await visitor.logsInAs('john', '123')
    store.fault('create', null)

    expect([status, headers['retry-after']]).toEqual([503, '1'])
    expect(body).toMatchObject({ result: false, __ERROR: [{ errCode: 10 }] })
    expect(visitor.sessionId).toBe(before)
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })

  it('at create makes a visit without a cookie a 503 without one', async () => {
    const { store, url } = await signedIn()
    store.fault('create', isDown)

    const { status, setCookies } = await new Visitor(url).asks('/rest/storage')

    expect([status, setCookies]).toEqual([503, []])
  })

  it('at read makes a conflicting update a 503 that has changed nothing', async () => {
    const { store, visitor } = await signedIn()
    await visitor.asks('/rest/increment')
    store.fault('update', () => Promise.resolve('conflict' as never))
    store.fault('read', isDown)

    const { status } = await visitor.asks('/rest/increment')
    store.fault('update', null)

    expect(status).toBe(503)
    expect((await visitor.asks('/rest/storage')).body).toEqual({ count: 1 })
  })

  it.each<[StoreVerb, (directory: Awaited<ReturnType<typeof signedIn>>['directory']) => Promise<unknown>]>([
    ['count', ({ sessions }) => sessions.count()],
    ['list', ({ sessions }) => sessions.endAll()],
    ['list', ({ sessions }) => sessions.endUser('1')],
    ['endByHandle', ({ sessions }) => sessions.end('handle')]
  ])('at %s rejects what an operator asks with ERR_STORE_UNAVAILABLE', async (verb, call) => {
    const { store, directory } = await signedIn()
    store.fault(verb, isDown)

    await expect(call(directory)).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', status: 503 })
  })

  it('tells the audit trail each time, without the cause', async () => {
    const { store, visitor, directory } = await signedIn()
    const reasons: string[] = []
    directory.events.on('sys_degraded', ({ reason }) => reasons.push(reason))
    store.fault('resume', isDown)

    await visitor.asks('/rest/storage')

    expect(reasons).toEqual(['session store: resume failed'])
  })
})
