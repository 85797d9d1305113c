import { describe, expect, it } from 'vitest'

import { digest4D, StaticProvider } from '../../lib/index.js'
import { readError, readResult } from '../support/read-result.js'
import { serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

const belongsTo = '/rest/$directory/currentUserBelongsTo'

const endpoints = [
  { name: 'login', methods: ['POST'], loggedIn: '{"result":true}' },
  { name: 'loginByPassword', methods: ['POST'], loggedIn: '{"result":true}' },
  {
    name: 'currentUser',
    methods: ['GET', 'POST'],
    loggedIn: '{"result":{"userName":"jsmith","fullName":"John Smith","ID":"12F169764253481E89F0E4EA8C1D791A"}}'
  },
  { name: 'currentUserBelongsTo', methods: ['GET', 'POST'], loggedIn: '{"result":false}' },
  { name: 'logout', methods: ['GET', 'POST'], loggedIn: '{"result":true}' }
] as const

const spellings = ['', '/', '?a=b', '/?$top=40&$method=entityset&$timeout=300', '/?']

describe.each(endpoints)('$name', ({ name, methods, loggedIn }) => {
  it.each(methods)("answers %s in the protocol's format", async (method) => {
    const { url } = await serve()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const { status, text, headers } = await visitor.asks(`/rest/$directory/${name}`, { method })

    expect([status, text]).toEqual([200, loggedIn])
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      '4drest-info': '1.1',
      'content-length': String(Buffer.byteLength(loggedIn))
    })
    expect(headers['etag']).toBeUndefined()
  })

  it.each(spellings)('is the same with the dollar sign escaped, and with behind it: "%s"', async (tail) => {
    const { url } = await serve()
    const visitor = new Visitor(url)

    for (const spelling of ['$directory', '%24directory']) {
      await visitor.logsInAs('jsmith', 'smith')
      const answer = await visitor.asks(`/rest/${spelling}/${name}${tail}`, { method: 'POST' })
      expect([answer.status, answer.text]).toEqual([200, loggedIn])
    }
  })

  it.each(['HEAD', 'PUT', 'DELETE', 'PATCH', 'GET', 'POST', 'UNLOCK'].filter((method) => !(methods as readonly string[]).includes(method)))(
    'refuses %s with 405 and Allow, and opens nothing',
    async (method) => {
      const { url } = await serve()

      const answer = await ask(`${url}/rest/$directory/${name}`, { method })

      expect(answer.status).toBe(405)
      expect(answer.headers['allow']).toBe([...methods, 'OPTIONS'].join(', '))
      expect(answer.setCookies).toEqual([])
      if (method === 'HEAD') expect(answer.text).toBe('')
      else expect(readError(answer)).toEqual({ message: expect.any(String) as string, componentSignature: 'exdr', errCode: 7 })
    }
  )

  it('answers OPTIONS with 204 and Allow, and opens nothing', async () => {
    const { url, directory } = await serve()

    const answer = await ask(`${url}/rest/$directory/${name}`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://shop.example.com',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'username-4D'
      }
    })

    expect([answer.status, answer.text, answer.setCookies]).toEqual([204, '', []])
    expect(answer.headers).toMatchObject({ allow: [...methods, 'OPTIONS'].join(', '), 'cache-control': 'no-store' })
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })
})

describe('currentUser', () => {
  it('is null for a guest, who is given a session', async () => {
    const { url, directory } = await serve()

    const answer = await ask(`${url}/rest/$directory/currentUser`)

    expect([answer.status, answer.text]).toEqual([200, '{"result":null}'])
    expect(answer.setCookies).toHaveLength(1)
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 1 })
  })

  it('is null without a session where guests are off', async () => {
    const { url } = await serve({ session: { guests: 'never' } })

    const answer = await ask(`${url}/rest/$directory/currentUser`)

    expect([answer.text, answer.setCookies]).toEqual(['{"result":null}', []])
  })

  it.each([
    ['{12f16976-4253-481e-89f0-e4ea8c1d791a}', '12F169764253481E89F0E4EA8C1D791A'],
    ['12f16976-4253-481e-89f0-e4ea8c1d791a', '12F169764253481E89F0E4EA8C1D791A'],
    ['42', '42'],
    ['not-a-UUID', 'not-a-UUID']
  ])('spells a UUID in 32 upper-case digits and leaves another ID alone: %s', async (ID, onTheWire) => {
    const user = { ID, userName: 'jsmith', fullName: '', passwordHash: digest4D('smith') }
    const { url } = await serve({ provider: new StaticProvider({ users: [user] }) })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const { text } = await visitor.asks('/rest/$directory/currentUser')

    expect(text).toBe(`{"result":{"userName":"jsmith","fullName":"","ID":"${onTheWire}"}}`)
  })
})

describe('currentUserBelongsTo', () => {
  it.each([
    ['the name', '["Sales"]', true],
    ['the name in another case', '["sALES"]', true],
    ['the ID', '["88BAF858143D4B13B26AF48C7A5A7A68"]', true],
    ['the ID in another spelling', '["{88baf858-143d-4b13-b26a-f48c7a5a7a68}"]', true],
    ["a group around the user's", '["Everybody"]', true],
    ['a group that the user is not in', '["Administrators"]', false],
    ['an unknown group', '["Nobody"]', false],
    ['several groups, of which the first counts', '["Sales","Administrators"]', true],
    ['several groups, of which the first counts', '["Administrators","Sales"]', false],
    ['a bare value', '"Sales"', true],
    ['an empty array', '[]', false],
    ['an object', '{"group":"Sales"}', false],
    ['a number', '[88]', false],
    ['null', '[null]', false],
    ['an array in the array', '[["Sales"]]', false],
    ['nothing', '', false]
  ])('answers %s: %s', async (_what, body, result) => {
    const { url } = await serve()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const answer = await visitor.asks(belongsTo, { method: 'POST', body })

    expect([answer.status, answer.text]).toEqual([200, `{"result":${result}}`])
  })

  it('is false for nobody', async () => {
    const { url } = await serve()

    const answer = await ask(`${url}${belongsTo}`, { method: 'POST', body: '["Sales"]' })

    expect([answer.status, answer.text]).toEqual([200, '{"result":false}'])
  })

  it("tries the name first where it is another group's ID", async () => {
    const provider = new StaticProvider({
      users: [{ ID: '1', userName: 'jsmith', fullName: '', passwordHash: digest4D('smith') }],
      groups: [
        { ID: 'A', name: 'B', users: ['jsmith'] },
        { ID: 'B', name: 'C' }
      ]
    })
    const { url } = await serve({ provider })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const answers = await Promise.all(
      ['A', 'B', 'C'].map((group) => visitor.asks(belongsTo, { method: 'POST', body: JSON.stringify([group]) }))
    )

    expect(answers.map(readResult)).toEqual([true, true, false])
  })
})

describe('logout', () => {
  it('clears the cookie and gives the licence back at once', async () => {
    const { url, directory } = await serve({ quotas: { sessions: 1 } })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const answer = await visitor.logsOut()

    expect(answer.setCookies).toEqual(['WASID4D=; Max-Age=0; Path=/'])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
    expect((await new Visitor(url).logsInAs('john', '123')).status).toBe(200)
  })

  it('is answered with true again, without a guest, where nobody is logged in', async () => {
    const { url, directory } = await serve()

    const answer = await ask(`${url}/rest/$directory/logout`)

    expect([answer.status, answer.text, answer.setCookies]).toEqual([200, '{"result":true}', []])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it('clears a cookie that stands for nothing', async () => {
    const { url } = await serve()

    const answer = await ask(`${url}/rest/$directory/logout`, { headers: { cookie: 'WASID4D=made-up' } })

    expect(answer.setCookies).toEqual(['WASID4D=; Max-Age=0; Path=/'])
  })

  it("ends a guest's session too", async () => {
    const { url, directory } = await serve()
    const visitor = new Visitor(url)
    await visitor.isKnownAs()

    await visitor.logsOut()

    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })

  it('takes a POST with a JSON object', async () => {
    const { url } = await serve()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const answer = await visitor.asks('/rest/$directory/logout', {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' }
    })

    expect(answer.text).toBe('{"result":true}')
    expect(await visitor.isKnownAs()).toBeNull()
  })
})

describe('a name under $directory that does not exist', () => {
  it.each(['', '/', '?timeout=1', '/logins', '/login/more', '/currentUserBelongsTo/Sales'])(
    'is refused with 404 and opens nothing: "%s"',
    async (name) => {
      const { url } = await serve()

      const answer = await ask(`${url}/rest/$directory${name}`)

      expect(answer.status).toBe(404)
      expect(answer.body).toEqual({ __ERROR: [{ message: expect.any(String) as string, componentSignature: 'exdr', errCode: 6 }] })
      expect(answer.setCookies).toEqual([])
    }
  )
})
