import { randomBytes } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { serve } from '../support/serve.js'
import { StoreWithFaults } from '../support/store-with-faults.js'
import { ask, Visitor } from '../support/visitor.js'

function visitWith(url: string, value: string) {
  return ask(`${url}/rest/$directory/currentUser`, { headers: { cookie: `WASID4D=${value}` } })
}

/** A signed-in visitor and the store that is asked about ids. */
async function signedIn(options: Parameters<typeof serve>[0] = {}) {
  const store = new StoreWithFaults()
  const { url } = await serve({ store, ...options })
  const visitor = new Visitor(url)
  await visitor.logsInAs('jsmith', 'smith')
  store.asked.length = 0
  store.askedIds.length = 0
  return { store, url, id: visitor.sessionId ?? '' }
}

describe('A7.2.1: a cookie', () => {
  it('that is forged, though well-formed, resolves to nobody', async () => {
    const { url } = await signedIn()

    const { body } = await visitWith(url, randomBytes(16).toString('hex').toUpperCase())

    expect(body).toEqual({ result: null })
  })

  it('that is altered in any one digit resolves to nobody', async () => {
    const { url, id } = await signedIn()
    const altered = Array.from(id, (digit, index) => id.slice(0, index) + (digit === '0' ? '1' : '0') + id.slice(index + 1))

    const answers = await Promise.all(altered.map((value) => visitWith(url, value)))

    expect(answers.map(({ body }) => body)).toEqual(altered.map(() => ({ result: null })))
  })

  it("that is signed resolves to nobody without its signature, with another, and with another secret's", async () => {
    const { url, id, store } = await signedIn({ cookie: { secrets: ['correct horse battery staple'] } })
    expect((await visitWith(url, id)).body).toMatchObject({ result: { userName: 'jsmith' } })
    store.asked.length = 0
    const bare = id.slice(2, 34)

    const answers = await Promise.all(
      [bare, `s:${bare}`, `${id}x`, id.replace(/.$/, ''), `s:${bare}.${'A'.repeat(43)}`].map((value) => visitWith(url, value))
    )

    expect(answers.map(({ body }) => body)).toEqual(answers.map(() => ({ result: null })))
    expect(store.asked).not.toContain('resume')
  })
})

describe('O strict: an id that a client made up', () => {
  it('is never adopted: another is issued', async () => {
    const { url, store } = await signedIn()
    const madeUp = 'C0FFEE00C0FFEE00C0FFEE00C0FFEE00'

    const { setCookies } = await visitWith(url, madeUp)

    expect(setCookies[0]).toMatch(/^WASID4D=[0-9A-F]{32};/)
    expect(setCookies[0]).not.toContain(madeUp)
    expect(store.asked).toEqual(['resume', 'create'])
    expect(store.askedIds[1]).not.toBe(madeUp)
  })
})

describe('CVE-2026-13575: an id', () => {
  it.each([
    ['empty', ''],
    ['too short', 'A'.repeat(31)],
    ['too long', 'A'.repeat(33)],
    ['a megabyte of digits, nearly', 'A'.repeat(12_000)],
    ['not hexadecimal', 'G'.repeat(32)],
    ['behind a quote', `"${'A'.repeat(32)}`],
    ['percent-encoded', `%41${'A'.repeat(31)}`],
    ['a path', '../../../../etc/passwd0000000000'],
    ['a pattern of Redis', `*${'A'.repeat(31)}`],
    ['SQL', "' OR 1=1 --aaaaaaaaaaaaaaaaaaaaa"],
    ['a name of every object', '__proto__'],
    ['in digits of another script', Buffer.from('\u0661'.repeat(32)).toString('latin1')]
  ])('that is %s is never shown to the store', async (_what, value) => {
    const { url, store } = await signedIn()

    const { status, body } = await visitWith(url, value)

    expect([status, body]).toEqual([200, { result: null }])
    expect(store.asked).toEqual(['create'])
  })

  it.each([
    ['in lower case', (id: string) => id.toLowerCase()],
    ['with dashes', (id: string) => id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')],
    ['in braces', (id: string) => `{${id}}`]
  ])("of a session is taken %s, as the vendor's own parser does, and reaches the store in one spelling", async (_how, spell) => {
    const { url, store, id } = await signedIn()

    const { body } = await visitWith(url, spell(id))

    expect(body).toMatchObject({ result: { userName: 'jsmith' } })
    expect(store.askedIds).toEqual([id])
  })
})
