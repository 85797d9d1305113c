import { describe, expect, it } from 'vitest'

import { serve } from '../support/serve.js'
import { StoreWithFaults } from '../support/store-with-faults.js'
import { type Answer, ask, Visitor } from '../support/visitor.js'

async function visitors(count: number) {
  const store = new StoreWithFaults()
  const served = await serve({ store })
  const all = await Promise.all(
    Array.from({ length: count }, async () => {
      const visitor = new Visitor(served.url)
      await visitor.isKnownAs()
      return visitor
    })
  )
  const currentUserWith = (...cookies: (string | null)[]): Promise<Answer> =>
    ask(`${served.url}/rest/$directory/currentUser`, { headers: { cookie: cookies.map((id) => `WASID4D=${id}`).join('; ') } })
  return { ...served, store, visitors: all as [Visitor, Visitor, ...Visitor[]], currentUserWith }
}

describe('C: several cookies of our name', () => {
  it.each(['before', 'after'])("do not hide the signed-in one when a guest's is planted %s it", async (where) => {
    const {
      visitors: [planted, own],
      currentUserWith
    } = await visitors(2)
    await own.logsInAs('jsmith', 'smith')

    const { body, setCookies } = await (where === 'before'
      ? currentUserWith(planted.sessionId, own.sessionId)
      : currentUserWith(own.sessionId, planted.sessionId))

    expect(body).toMatchObject({ result: { userName: 'jsmith' } })
    expect(setCookies[0]).toContain(`WASID4D=${own.sessionId};`)
  })

  it('of one user are served as the newest login', async () => {
    const {
      visitors: [older, newer],
      currentUserWith,
      clock
    } = await visitors(2)
    await older.logsInAs('jsmith', 'smith')
    clock.passSeconds(1)
    await newer.logsInAs('jsmith', 'smith')

    const { setCookies } = await currentUserWith(older.sessionId, newer.sessionId)

    expect(setCookies[0]).toContain(`WASID4D=${newer.sessionId};`)
  })

  it("of two users are nobody's: both end, with an event each, and the next login works", async () => {
    const {
      visitors: [own, mallory],
      currentUserWith,
      directory
    } = await visitors(2)
    await own.logsInAs('jsmith', 'smith')
    await mallory.logsInAs('john', '123')
    const heard: string[] = []
    directory.events.on('event', ({ event }) => heard.push(event))

    const { body, setCookies } = await currentUserWith(mallory.sessionId, own.sessionId)

    expect(body).toEqual({ result: null })
    expect(setCookies[0]).not.toMatch(new RegExp(`${own.sessionId}|${mallory.sessionId}`))
    expect(heard).toEqual(['malicious_extraneous', 'malicious_extraneous', 'session_created'])
    expect([await own.isKnownAs(), await mallory.isKnownAs()]).toEqual([null, null])
    await own.logsInAs('jsmith', 'smith')
    expect(await own.isKnownAs()).toBe('jsmith')
  })

  it('are asked for in one round trip, at most thirty-two of them, none twice', async () => {
    const {
      visitors: [own],
      currentUserWith,
      store
    } = await visitors(1)
    store.askedIds.length = 0
    store.asked.length = 0
    const made = Array.from({ length: 40 }, (_, n) => n.toString(16).toUpperCase().padStart(32, '0'))

    await currentUserWith(...made, own.sessionId, own.sessionId)

    expect(store.asked).toEqual(['resume'])
    expect(store.askedIds).toEqual([...made.slice(9), own.sessionId])
  })
})
