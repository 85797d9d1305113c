import { describe, expect, it } from 'vitest'

import { digest4D, type DirectoryEvent, StaticProvider } from '../../lib/index.js'
import { readResult } from '../support/read-result.js'
import { serve } from '../support/serve.js'
import { Visitor } from '../support/visitor.js'

const login = '/rest/$directory/login'

describe("login in 4D's dialect", () => {
  it('answers a right password with 200 and true, and nothing else', async () => {
    const { url } = await serve()

    const answer = await new Visitor(url).logsInAs('jsmith', 'smith')

    expect([answer.status, answer.text]).toEqual([200, '{"result":true}'])
  })

  it('answers a wrong password with 401 and false, and nothing else', async () => {
    const { url } = await serve()

    const answer = await new Visitor(url).logsInAs('jsmith', 'wrong')

    expect([answer.status, answer.text]).toEqual([401, '{"result":false}'])
    expect(answer.setCookies).toEqual([])
  })

  it('takes the digest in place of the password', async () => {
    const { url } = await serve()
    const visitor = new Visitor(url)

    const answer = await visitor.logsInWithDigest('jsmith', 'smith')

    expect(answer.text).toBe('{"result":true}')
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })

  it('lets the digest win over the password where both are sent', async () => {
    const { url } = await serve()

    const digestIsRight = await new Visitor(url).logsInAs('jsmith', 'wrong', { 'hashed-password-4D': digest4D('smith') })
    const digestIsWrong = await new Visitor(url).logsInAs('jsmith', 'smith', { 'hashed-password-4D': digest4D('wrong') })

    expect([digestIsRight.status, digestIsWrong.status]).toEqual([200, 401])
  })

  it('takes the password where the digest is sent empty', async () => {
    const { url } = await serve()

    const answer = await new Visitor(url).logsInAs('jsmith', 'smith', { 'hashed-password-4D': '' })

    expect(answer.status).toBe(200)
  })

  it('takes no digest where digestLogin is off', async () => {
    const { url } = await serve({ rest: { digestLogin: false } })

    const byDigest = await new Visitor(url).logsInWithDigest('jsmith', 'smith')
    const byPassword = await new Visitor(url).logsInAs('jsmith', 'smith')

    expect([byDigest.status, byPassword.status]).toEqual([401, 200])
  })

  it('is loginByPassword by another name', async () => {
    const { url } = await serve()
    const visitor = new Visitor(url)

    const wrong = await visitor.asks('/rest/$directory/loginByPassword', { method: 'POST', body: '["jsmith","wrong"]' })
    const right = await visitor.asks('/rest/$directory/loginByPassword', { method: 'POST', body: '["jsmith","smith"]' })

    expect([wrong.text, right.text]).toEqual(['{"result":false}', '{"result":true}'])
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })
})

describe("login in Wakanda's dialect", () => {
  it('takes name and password from the array in the body', async () => {
    const { url } = await serve()
    const visitor = new Visitor(url)

    const answer = await visitor.logsInByBody(['jsmith', 'smith'])

    expect([answer.status, answer.text]).toEqual([200, '{"result":true}'])
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })

  it('answers a wrong password with 401 and false, and nothing else', async () => {
    const { url } = await serve()

    const answer = await new Visitor(url).logsInByBody(['jsmith', 'wrong'])

    expect([answer.status, answer.text]).toEqual([401, '{"result":false}'])
  })

  it('never sends the id in a header wasid', async () => {
    const { url } = await serve({ cookie: { name: 'WASID' } })
    const visitor = new Visitor(url, 'WASID')

    const { headers } = await visitor.logsInByBody(['jsmith', 'smith'])

    expect(visitor.sessionId).not.toBeNull()
    expect(headers['wasid']).toBeUndefined()
  })
})

describe('a login in both dialects', () => {
  it('takes the headers where they carry a user name', async () => {
    const { url } = await serve()
    const visitor = new Visitor(url)

    await visitor.logsInByBody(['john', '123'], { 'username-4D': 'jsmith', 'password-4D': 'smith' })

    expect(await visitor.isKnownAs()).toBe('jsmith')
  })

  it('does not fall back on the body where the headers are wrong', async () => {
    const { url } = await serve()

    const answer = await new Visitor(url).logsInByBody(['john', '123'], { 'username-4D': 'jsmith', 'password-4D': 'wrong' })

    expect(answer.status).toBe(401)
  })

  it('takes the body where the headers carry no user name', async () => {
    const { url } = await serve()
    const visitor = new Visitor(url)

    await visitor.logsInByBody(['john', '123'], { 'username-4D': '' })

    expect(await visitor.isKnownAs()).toBe('john')
  })

  it('does not even read a body that is not JSON', async () => {
    const { url } = await serve()
    const visitor = new Visitor(url)

    const answer = await visitor.asks(login, {
      method: 'POST',
      headers: { 'username-4D': 'jsmith', 'password-4D': 'smith', 'content-type': 'application/json' },
      body: '{'
    })

    expect(answer.status).toBe(200)
  })
})

describe('a login of nobody', () => {
  it.each(['', '{}'])('opens the session of a guest, of default length (body: "%s")', async (body) => {
    const { url, directory } = await serve()
    const visitor = new Visitor(url)

    const answer = await visitor.asks(login, { method: 'POST', headers: { 'session-4D-length': '600' }, body })

    expect([answer.status, answer.text]).toEqual([200, '{"result":true}'])
    expect(answer.setCookies[0]).toContain('; Max-Age=3600;')
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 1 })
  })

  it("leaves a guest's session as it is", async () => {
    const { url } = await serve()
    const visitor = new Visitor(url)
    await visitor.isKnownAs()

    const answer = await visitor.asks(login, { method: 'POST' })

    expect(answer.text).toBe('{"result":true}')
    expect(visitor.sessionId).toBe(visitor.firstSessionId)
  })

  it("leaves a user's session as it is", async () => {
    const { url } = await serve()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const answer = await visitor.asks(login, { method: 'POST' })

    expect(answer.text).toBe('{"result":true}')
    expect(visitor.sessionId).toBe(visitor.firstSessionId)
    expect(await visitor.isKnownAs()).toBe('jsmith')
  })

  it('answers false with 401 where guests are off', async () => {
    const { url } = await serve({ session: { guests: 'never' } })

    const answer = await new Visitor(url).asks(login, { method: 'POST' })

    expect([answer.status, answer.text, answer.setCookies]).toEqual([401, '{"result":false}', []])
  })

  it.each([
    ['a password', { 'password-4D': 'smith' }, ''],
    ['a digest', { 'hashed-password-4D': digest4D('smith') }, ''],
    ['an empty array', {}, '[]'],
    ['an array with an empty name', {}, '["","smith"]'],
    ['an array whose name is no text', {}, '[7,"smith"]'],
    ['null for a name', {}, '[null,"smith"]']
  ])('answers false with 401 where there is %s and no name, and neither hashes nor counts it', async (_what, headers, body) => {
    const events: DirectoryEvent[] = []
    const { url, directory } = await serve()
    directory.events.on('event', (event) => events.push(event))

    const answer = await new Visitor(url).asks(login, { method: 'POST', headers, body })

    expect([answer.status, answer.text, answer.setCookies]).toEqual([401, '{"result":false}', []])
    expect(events.map(({ event, userName }) => [event, userName])).toEqual([['authn_login_fail', '']])
  })
})

describe('a user name', () => {
  const zoe = { ID: '7', userName: 'Zo\u00e9 \u20ac', fullName: 'Zo\u00e9', passwordHash: digest4D('\u00e9t\u00e9 \u20ac') }
  const provider = new StaticProvider({ users: [zoe] })

  it('is read as UTF-8 where the bytes of the header are that', async () => {
    const { url } = await serve({ provider })
    const visitor = new Visitor(url)

    await visitor.logsInAs(asBytes(zoe.userName), asBytes('\u00e9t\u00e9 \u20ac'))

    expect(await visitor.isKnownAs()).toBe(zoe.userName)
  })

  it('is read as Latin-1 where they are not', async () => {
    const latin = { ...zoe, userName: 'Zo\u00e9', passwordHash: digest4D('\u00e9t\u00e9') }
    const { url } = await serve({ provider: new StaticProvider({ users: [latin] }) })
    const visitor = new Visitor(url)

    await visitor.logsInAs('Zo\u00e9', '\u00e9t\u00e9')

    expect(await visitor.isKnownAs()).toBe('Zo\u00e9')
  })

  it('matches in any case, composed or not, and is answered in the spelling of the record', async () => {
    const { url } = await serve({ provider })
    const visitor = new Visitor(url)

    const answer = await visitor.logsInByBody(['ZOE\u0301 \u20ac', '\u00e9t\u00e9 \u20ac'])

    expect(readResult(answer)).toBe(true)
    expect(await visitor.isKnownAs()).toBe(zoe.userName)
  })
})

/** Node sends a header's characters as bytes: these are the ones that spell the text in UTF-8. */
function asBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}
