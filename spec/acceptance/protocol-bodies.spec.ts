import { gzipSync } from 'node:zlib'

import { describe, expect, it } from 'vitest'

import { digest4D, StaticProvider } from '../../lib/index.js'
import { readError } from '../support/read-result.js'
import { serve } from '../support/serve.js'
import { type Answer, ask, Visitor } from '../support/visitor.js'

const belongsTo = '/rest/$directory/currentUserBelongsTo'
const form = 'application/x-www-form-urlencoded'
const limit = 16 * 1024

const names = ["O'B", 'O%27B', "!'()*", '%21%27%28%29%2A', 'a&b+c=d', '100%', '\u00e9\u20ac\u{1f600}']
const provider = new StaticProvider({
  users: [{ ID: '1', userName: 'jsmith', fullName: '', passwordHash: digest4D('smith') }],
  groups: names.map((name, index) => ({ ID: `G${index}`, name, users: ['jsmith'] }))
})

async function askGroup(body: string | Buffer, headers: Record<string, string>): Promise<Answer> {
  const { url } = await serve({ provider })
  const visitor = new Visitor(url)
  await visitor.logsInAs('jsmith', 'smith')
  return visitor.asks(belongsTo, { method: 'POST', body, headers })
}

describe('a body', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'text/plain',
    'application/octet-stream',
    form,
    `${form}; charset=UTF-8`,
    'nonsense',
    ''
  ])('is read as JSON whatever its content type says: "%s"', async (type) => {
    const { text } = await askGroup('["a&b+c=d"]', { 'content-type': type })

    expect(text).toBe('{"result":true}')
  })

  it('is read as JSON without a content type', async () => {
    const { text } = await askGroup('["a&b+c=d"]', {})

    expect(text).toBe('{"result":true}')
  })

  it.each([
    ['["%21%27%28%29%2A"]', "!'()*"],
    ['["O%27B"]', "O'B"],
    ['["%21%27%28%29%2a"]', "!'()*"],
    ['["100%"]', '100%'],
    ['["\u00e9\u20ac\u{1f600}"]', '\u00e9\u20ac\u{1f600}']
  ])('that is called a form has its five escapes decoded first, and no others: %s', async (body, name) => {
    const asked: string[] = []
    const { url } = await serve({ provider: recordGroups(asked) })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    await visitor.asks(belongsTo, { method: 'POST', body, headers: { 'content-type': form } })

    expect(asked).toEqual([name])
  })

  it.each(['O%27B', '%21%27%28%29%2A'])('of any other type keeps %s as it is', async (name) => {
    const asked: string[] = []
    const { url } = await serve({ provider: recordGroups(asked) })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    for (const type of ['application/json', 'text/plain']) {
      await visitor.asks(belongsTo, { method: 'POST', body: JSON.stringify([name]), headers: { 'content-type': type } })
    }

    expect(asked).toEqual([name, name])
  })

  it('may start with a byte order mark', async () => {
    const { text } = await askGroup('\ufeff["100%"]', {})

    expect(text).toBe('{"result":true}')
  })

  it('may be compressed', async () => {
    const { text } = await askGroup(gzipSync('["100%"]'), { 'content-encoding': 'gzip' })

    expect(text).toBe('{"result":true}')
  })

  it('may come in chunks, without a length', async () => {
    const { url } = await serve({ provider })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const response = await fetch(`${url}${belongsTo}`, {
      method: 'POST',
      headers: { cookie: `WASID4D=${visitor.sessionId ?? ''}` },
      body: new Blob(['["10', '0%"]']).stream(),
      duplex: 'half'
    })

    expect(await response.text()).toBe('{"result":true}')
  })

  it.each(['', '   ', '[]', '{}', '{"0":"100%"}'])('without arguments asks for nothing: "%s"', async (body) => {
    const { text } = await askGroup(body, {})

    expect(text).toBe('{"result":false}')
  })
})

describe('a body that cannot be read', () => {
  it.each(['{', '["Sales"', 'Sales', '[Sales]', 'userName=jsmith', '\u0000'])(
    'is refused with 400 where it is not JSON: %j',
    async (body) => {
      const answer = await askGroup(body, {})

      expect(answer.status).toBe(400)
      expect(answer.body).toEqual({
        result: false,
        __ERROR: [{ message: expect.stringContaining('JSON') as string, componentSignature: 'exdr', errCode: 4 }]
      })
    }
  )

  it('is refused with 400 in an encoding that nobody knows', async () => {
    const answer = await askGroup('["100%"]', { 'content-encoding': 'rot13' })

    expect([answer.status, readError(answer)?.errCode]).toEqual([400, 4])
  })

  it('is refused with 400 where it is not as compressed as it says', async () => {
    const answer = await askGroup('["100%"]', { 'content-encoding': 'gzip' })

    expect([answer.status, readError(answer)?.errCode]).toEqual([400, 4])
  })

  it('is taken at 16 KiB and refused with 413 a byte above', async () => {
    const fits = await askGroup(pad('["100%"]', limit), {})
    const tooLarge = await askGroup(pad('["100%"]', limit + 1), {})

    expect(fits.text).toBe('{"result":true}')
    expect(tooLarge.status).toBe(413)
    expect(tooLarge.body).toEqual({
      result: false,
      __ERROR: [{ message: expect.any(String) as string, componentSignature: 'exdr', errCode: 5 }]
    })
  })

  it('is refused with 413 however long it is', async () => {
    const answer = await askGroup(Buffer.alloc(2 * 1024 * 1024, ' '), {})

    expect(answer.status).toBe(413)
  })

  it('is refused with 413 where it grows above 16 KiB when it is inflated', async () => {
    const answer = await askGroup(gzipSync(pad('["100%"]', limit + 1)), { 'content-encoding': 'gzip' })

    expect(answer.status).toBe(413)
  })

  it('opens nothing, on login and on the group question', async () => {
    const { url, directory } = await serve()

    const answers = [
      await ask(`${url}/rest/$directory/login`, { method: 'POST', body: '{' }),
      await ask(`${url}/rest/$directory/login`, { method: 'POST', body: pad('["jsmith","smith"]', limit + 1) }),
      await ask(`${url}${belongsTo}`, { method: 'POST', body: '{' })
    ]

    expect(answers.map(({ status }) => status)).toEqual([400, 413, 400])
    expect(answers.flatMap(({ setCookies }) => setCookies)).toEqual([])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it('keeps the session that the visitor has', async () => {
    const { url } = await serve()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    await visitor.asks(belongsTo, { method: 'POST', body: '{' })

    expect(await visitor.isKnownAs()).toBe('jsmith')
  })
})

/** Blanks behind it, up to so many bytes. */
function pad(text: string, bytes: number): string {
  return text.padEnd(bytes, ' ')
}

/** A provider that writes down which groups it is asked for. */
function recordGroups(asked: string[]) {
  return {
    findUser: (userName: string) => provider.findUser(userName),
    belongsTo: (_user: unknown, group: string) => {
      asked.push(group)
      return Promise.resolve(true)
    }
  }
}
