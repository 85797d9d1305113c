import { type Express } from 'express'
import { describe, expect, it } from 'vitest'

import { digest4D, type RestDirectory, requireGroup } from '../../lib/index.js'
import { element, findInArray, httpRequest, position, substring, type TextArray } from '../support/run-4d-code.js'
import { serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

/** The seed's host: an app whose catalog anybody may see. */
function mountWithCatalog(app: Express, directory: RestDirectory): void {
  app.use('/rest', directory)
  app.get('/rest/\\$catalog', (req, res) => {
    res.json({ userName: req.directory.session?.userName })
  })
  app.get('/rest/Employee', requireGroup('Sales'), (_req, res) => {
    res.json({ __COUNT: 0 })
  })
}

/** The seed's project method of that name, line by line. It is given the arrays that the pointers lead to, and returns what it puts into them. */
function buildHeader(namesPointedTo: TextArray, valuesPointedTo: TextArray): readonly [names: TextArray, values: TextArray] {
  const headerNames = [...namesPointedTo]
  const headerValues = [...valuesPointedTo]
  if (headerNames.length !== headerValues.length) throw new RangeError('the arrays of headers have to be in step')
  const indexCookie = findInArray(headerValues, 'WASID4D@')
  const cookie = element(headerValues, indexCookie)
  const start = position('WASID4D', cookie)
  const end = position(';', cookie)
  const uuid = substring(cookie, start, end - start)
  return [['Cookie'], [uuid]]
}

describe('the seed document on sessions and users', () => {
  it('opens a session for "kind user" and names it in a Set-Cookie header', async () => {
    const { url } = await serve({}, mountWithCatalog)

    const opened = await httpRequest(
      'POST',
      `${url}/rest/$directory/login`,
      '',
      ['username-4D', 'session-4D-length', 'hashed-password-4D'],
      ['kind user', '60', digest4D('test')]
    )

    expect(opened.response).toEqual({ result: true })
    expect(element(opened.headerValues, findInArray(opened.headerValues, 'WASID4D@'))).toMatch(/^WASID4D=[0-9A-F]{32};/)
  })

  it('keeps the session for a 4D program that cuts the cookie out of the header and sends it back', async () => {
    const { url, directory } = await serve({}, mountWithCatalog)
    const opened = await httpRequest(
      'POST',
      `${url}/rest/$directory/login`,
      '',
      ['username-4D', 'session-4D-length', 'hashed-password-4D'],
      ['kind user', '60', digest4D('test')]
    )

    const [names, values] = buildHeader(opened.headerNames, opened.headerValues)
    const catalog = await httpRequest('GET', `${url}/rest/$catalog`, '', names, values)

    expect(values).toEqual([expect.stringMatching(/^WASID4D=[0-9A-F]{32}$/)])
    expect(catalog.response).toEqual({ userName: 'kind user' })
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
  })

  it('opens another session, and takes another licence, for a program that leaves the cookie out', async () => {
    const { url, directory } = await serve({}, mountWithCatalog)

    await httpRequest('GET', `${url}/rest/$catalog`, '', [], [])
    await httpRequest('GET', `${url}/rest/$catalog`, '', [], [])

    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 2 })
  })

  it('creates the session with the first valid request, whatever that asks for', async () => {
    const { url } = await serve({}, mountWithCatalog)

    const first = await ask(`${url}/rest/$catalog`)
    const second = await ask(`${url}/rest/$catalog`, { headers: { cookie: first.setCookies[0]?.split(';')[0] ?? '' } })

    expect(first.setCookies).toEqual([expect.stringMatching(/^WASID4D=[0-9A-F]{32};/)])
    expect(second.setCookies[0]?.slice(0, 40)).toBe(first.setCookies[0]?.slice(0, 40))
  })
})

describe('the seed document on $directory', () => {
  it('runs the sample: "john" logs in with the digest of "123" for two hours', async () => {
    const { url } = await serve()

    const { status, response, headerValues } = await httpRequest(
      'POST',
      `${url}/rest/$directory/login`,
      '',
      ['username-4D', 'hashed-password-4D', 'session-4D-length'],
      ['john', digest4D('123'), '120']
    )

    expect(status).toBe(200)
    expect(response).toEqual({ result: true })
    expect(element(headerValues, findInArray(headerValues, 'WASID4D@'))).toContain('; Max-Age=7200;')
  })

  it('answers the sample with false when the password is another', async () => {
    const { url } = await serve()

    const { response } = await httpRequest(
      'POST',
      `${url}/rest/$directory/login`,
      '',
      ['username-4D', 'hashed-password-4D', 'session-4D-length'],
      ['john', digest4D('1234'), '120']
    )

    expect(response).toEqual({ result: false })
  })

  it('tells who is logged in, member by member in the order of the document', async () => {
    const { url } = await serve()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const { text } = await visitor.asks('/rest/$directory/currentUser')

    expect(text).toBe('{"result":{"userName":"jsmith","fullName":"John Smith","ID":"12F169764253481E89F0E4EA8C1D791A"}}')
  })

  it('tells that nobody is logged in', async () => {
    const { url } = await serve()

    const { text } = await ask(`${url}/rest/$directory/currentUser`)

    expect(text).toBe('{"result":null}')
  })

  it.each(['["88BAF858143D4B13B26AF48C7A5A7A68"]', '["Sales"]'])('answers %s with true for a member', async (body) => {
    const { url } = await serve()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const { text } = await visitor.asks('/rest/$directory/currentUserBelongsTo', { method: 'POST', body })

    expect(text).toBe('{"result":true}')
  })

  it.each(['["88BAF858143D4B13B26AF48C7A5A7A68"]', '["Sales"]'])('answers %s with false for somebody else', async (body) => {
    const { url } = await serve()
    const visitor = new Visitor(url)
    await visitor.logsInAs('john', '123')

    const { text } = await visitor.asks('/rest/$directory/currentUserBelongsTo', { method: 'POST', body })

    expect(text).toBe('{"result":false}')
  })

  it('logs the user out', async () => {
    const { url } = await serve()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const { text } = await visitor.logsOut()

    expect(text).toBe('{"result":true}')
    expect(await visitor.isKnownAs()).toBeNull()
  })

  it('lets a member of the group into the host, and nobody else', async () => {
    const { url } = await serve({}, mountWithCatalog)
    const member = new Visitor(url)
    const other = new Visitor(url)
    await member.logsInAs('jsmith', 'smith')
    await other.logsInAs('john', '123')

    const statuses = await Promise.all(
      [member, other, new Visitor(url)].map(async (visitor) => (await visitor.asks('/rest/Employee')).status)
    )

    expect(statuses).toEqual([200, 403, 401])
  })
})
