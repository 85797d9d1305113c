import { randomBytes } from 'node:crypto'

import { sign } from 'cookie-signature'
import { describe, expect, it } from 'vitest'

import { type DirectoryEvent, LruSessionStore } from '../../lib/index.js'
import { serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

async function logIn(url: string, userName = 'jsmith', password = 'smith'): Promise<string> {
  const visitor = new Visitor(url)
  await visitor.logsInAs(userName, password)
  return visitor.sessionId ?? ''
}

async function openGuest(url: string): Promise<string> {
  const visitor = new Visitor(url)
  await visitor.isKnownAs()
  return visitor.sessionId ?? ''
}

async function whoIs(url: string, cookie: string | readonly string[]): Promise<string | null> {
  const { body } = await ask(`${url}/rest/$directory/currentUser`, { headers: { cookie } })
  return (body as { result: { userName: string } | null }).result?.userName ?? null
}

/** A store that writes down which ids it is asked for. */
class WatchedStore extends LruSessionStore {
  readonly asked: string[] = []

  override resume(...args: Parameters<LruSessionStore['resume']>): ReturnType<LruSessionStore['resume']> {
    this.asked.push(...args[0])
    return super.resume(...args)
  }
}

describe('the id in a Cookie header', () => {
  const spellings: readonly (readonly [what: string, spell: (id: string) => string])[] = [
    ['as it was sent', (id) => `WASID4D=${id}`],
    ['in lower case', (id) => `WASID4D=${id.toLowerCase()}`],
    ['in braces', (id) => `WASID4D={${id}}`],
    ['with dashes', (id) => `WASID4D=${dashed(id)}`],
    ['with dashes, in braces, in lower case', (id) => `WASID4D={${dashed(id).toLowerCase()}}`],
    ['behind other cookies', (id) => `a=b; c=d; WASID4D=${id}`],
    ['before other cookies', (id) => `WASID4D=${id}; a=b`],
    ['without a blank between', (id) => `a=b;WASID4D=${id};c=d`],
    ['with blanks around', (id) => `a=b;  WASID4D=${id}  ; c=d`],
    ["in quotes, as Java's CookieManager sends it", (id) => `$Version="1"; WASID4D="${id}";$Path="/"`],
    ['beside a quote that somebody has planted', (id) => `a="b; WASID4D=${id}; c="`]
  ]

  it.each(spellings)('is understood %s', async (_what, spell) => {
    const { url } = await serve()

    expect(await whoIs(url, spell(await logIn(url)))).toBe('jsmith')
  })

  it('is found in any of several Cookie headers', async () => {
    const { url } = await serve()
    const cookie = `WASID4D=${await logIn(url)}`

    expect(await whoIs(url, [cookie, 'a=b'])).toBe('jsmith')
    expect(await whoIs(url, ['a=b', cookie])).toBe('jsmith')
  })

  it.each<[string, (id: string) => string]>([
    ['under a name that ends in ours', (id) => `XWASID4D=${id}`],
    ['under a name that begins with ours', (id) => `WASID4DX=${id}`],
    ['under our name in another case', (id) => `wasid4d=${id}`],
    ['in the value of another cookie', (id) => `a="WASID4D=${id}"`],
    ['behind one quote', (id) => `WASID4D="${id}`],
    ['in quotes in quotes', (id) => `WASID4D=""${id}""`],
    ['cut', (id) => `WASID4D=${id.slice(1)}`],
    ['with more behind it', (id) => `WASID4D=${id}0`],
    ['with a digit altered', (id) => `WASID4D=${id.slice(1)}${id.startsWith('0') ? '1' : '0'}`],
    ['with dashes elsewhere', (id) => `WASID4D=${id.slice(0, 16)}-${id.slice(16)}`],
    ['with one brace', (id) => `WASID4D={${id}`]
  ])('A7.2.1: resolves to nobody %s', async (_what, spell) => {
    const { url } = await serve()

    expect(await whoIs(url, spell(await logIn(url)))).toBeNull()
  })
})

describe('an id that a client made up', () => {
  it('O strict: is never adopted, however well-formed', async () => {
    const { url } = await serve()
    const madeUp = randomBytes(16).toString('hex').toUpperCase()
    const visitor = new Visitor(url)
    visitor.sessionId = madeUp

    await visitor.isKnownAs()
    const asGuest = visitor.sessionId
    await visitor.logsInAs('jsmith', 'smith', { cookie: `WASID4D=${madeUp}` })

    expect(new Set([madeUp, asGuest, visitor.sessionId]).size).toBe(3)
  })

  it.each([
    '',
    'x',
    'A'.repeat(31),
    'A'.repeat(33),
    'G'.repeat(32),
    '%41'.repeat(32),
    '../'.repeat(11),
    'A'.repeat(4000),
    '{}',
    '-'.repeat(36)
  ])('V CVE-2026-13575: does not reach the store unless it has the form of one: "%s"', async (value) => {
    const store = new WatchedStore()
    const { url } = await serve({ store })

    const { status } = await ask(`${url}/rest/$directory/currentUser`, { headers: { cookie: `WASID4D=${value}` } })

    expect([status, store.asked]).toEqual([200, []])
  })

  it('reaches the store once in one request, and thirty-two of them at the most, the last', async () => {
    const store = new WatchedStore()
    const { url } = await serve({ store })
    const ids = Array.from({ length: 40 }, () => randomBytes(16).toString('hex').toUpperCase())

    await ask(`${url}/rest/$directory/currentUser`, {
      headers: { cookie: [...ids, ids[39]].map((id) => `WASID4D=${id ?? ''}`).join('; ') }
    })

    expect(store.asked).toEqual(ids.slice(8))
  })
})

describe('C: several cookies of our name', () => {
  it('do not hide the valid one, wherever it stands', async () => {
    const { url } = await serve()
    const valid = `WASID4D=${await logIn(url)}`
    const planted = ['WASID4D=', 'WASID4D=x', `WASID4D=${'A'.repeat(32)}`, `WASID4D=${await openGuest(url)}`]

    for (let index = 0; index <= planted.length; index++) {
      expect(await whoIs(url, planted.toSpliced(index, 0, valid).join('; '))).toBe('jsmith')
    }
  })

  it('of two sessions of one user are the user', async () => {
    const { url } = await serve()

    expect(await whoIs(url, `WASID4D=${await logIn(url)}; WASID4D=${await logIn(url)}`)).toBe('jsmith')
  })

  it('of two users are nobody, and an event each', async () => {
    const { url, directory } = await serve()
    const events: DirectoryEvent[] = []
    directory.events.on('malicious_extraneous', (event) => events.push(event))

    const name = await whoIs(url, `WASID4D=${await logIn(url)}; WASID4D=${await logIn(url, 'john', '123')}`)

    expect(name).toBeNull()
    expect(events.map(({ userName }) => userName).sort()).toEqual(['john', 'jsmith'])
  })
})

describe('a signed cookie', () => {
  const secrets = ['new secret', 'old secret']

  it('is signed by the first secret, as cookie-parser signs', async () => {
    const { url } = await serve({ cookie: { secrets } })

    const value = await logIn(url)

    expect(value).toMatch(/^s:[0-9A-F]{32}\.[A-Za-z0-9+/]{43}$/)
    expect(value).toBe(`s:${sign(value.slice(2, 34), 'new secret')}`)
  })

  it('is read when any of the secrets has signed it', async () => {
    const { url } = await serve({ cookie: { secrets } })
    const value = await logIn(url)

    expect(await whoIs(url, `WASID4D=${value}`)).toBe('jsmith')
    expect(await whoIs(url, `WASID4D=s:${sign(value.slice(2, 34), 'old secret')}`)).toBe('jsmith')
  })

  it('A7.2.1: resolves to nobody when it is bare, altered, or signed by another secret, and the store is not asked', async () => {
    const store = new WatchedStore()
    const { url } = await serve({ store, cookie: { secrets } })
    const value = await logIn(url)
    const id = value.slice(2, 34)
    const forged = [
      id,
      `s:${id}`,
      `s:${sign(id, 'third secret')}`,
      value.slice(0, -1),
      value.slice(2),
      `s:${sign('A'.repeat(32), '')}`,
      `s:.${value.slice(35)}`
    ]

    const names = await Promise.all(forged.map((cookie) => whoIs(url, `WASID4D=${cookie}`)))

    expect(names).toEqual(forged.map(() => null))
    expect(store.asked).toEqual([])
  })
})

function dashed(id: string): string {
  return id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
