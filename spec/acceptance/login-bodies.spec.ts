import express from 'express'
import { describe, expect, it } from 'vitest'

import type { DirectoryEvent } from '../../lib/index.js'
import { serve } from '../support/serve.js'
import { ask, Visitor } from '../support/visitor.js'

const json = { 'content-type': 'application/json' }

async function logIn(body: unknown, headers: Readonly<Record<string, string>> = json) {
  const served = await serve()
  const heard: DirectoryEvent[] = []
  served.directory.events.on('event', (event) => heard.push(event))
  const visitor = new Visitor(served.url)
  const answer = await visitor.asks('/rest/$directory/login', { method: 'POST', headers, body: JSON.stringify(body) })
  return { answer, visitor, heard, ...served }
}

describe('a JSON object as the body of a login', () => {
  it.each(['userName', 'username', 'name', 'identifier'])('is read as credentials under application/json: %s', async (name) => {
    const right = await logIn({ [name]: 'jsmith', password: 'smith', remember: true })
    const wrong = await logIn({ [name]: 'jsmith', password: 'wrong' })

    expect([right.answer.status, right.answer.body, await right.visitor.isKnownAs()]).toEqual([200, { result: true }, 'jsmith'])
    expect([wrong.answer.status, wrong.answer.body, wrong.answer.setCookies]).toEqual([401, { result: false }, []])
  })

  it('is read so too where express.json() has parsed it', async () => {
    const { url } = await serve({}, (app, directory) => {
      app.use(express.json())
      app.use('/rest', directory)
    })

    const answer = await ask(`${url}/rest/$directory/login`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ userName: 'jsmith', password: 'wrong' })
    })

    expect([answer.status, answer.body]).toEqual([401, { result: false }])
  })

  it('takes the first of the names that is there', async () => {
    const { answer } = await logIn({ name: 'jsmith', userName: 'john', password: 'smith' })

    expect(answer.status).toBe(401)
  })

  it.each([
    [{ user: 'jsmith', password: 'smith' }, json],
    [{ userName: 'jsmith' }, json],
    [{ userName: 'jsmith', password: 7 }, json],
    [{ userName: ['jsmith'], password: 'smith' }, json],
    [{ userName: 'jsmith', password: 'smith' }, { 'content-type': 'text/plain' }],
    [{ userName: 'jsmith', password: 'smith' }, { 'content-type': 'application/jsonp' }],
    [{ userName: 'jsmith', password: 'smith' }, {}]
  ])('is 400 that says what is wanted where it is another: %j under %j', async (body, headers) => {
    const { answer } = await logIn(body, headers)

    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ result: false, __ERROR: [{ errCode: 4 }] })
    expect(answer.text).toMatch(/username-4D/)
    expect(answer.setCookies).toEqual([])
  })

  it('is nobody and not a guest with an empty name', async () => {
    const { answer } = await logIn({ userName: '', password: 'smith' })

    expect([answer.status, answer.body]).toEqual([401, { result: false }])
  })

  it('may be anything where the headers name the user, and is a login of nobody where it is empty', async () => {
    const beside = await logIn({ anything: 1 }, { ...json, 'username-4D': 'jsmith', 'password-4D': 'smith' })
    const empty = await logIn({})

    expect([beside.answer.body, empty.answer.body]).toEqual([{ result: true }, { result: true }])
    expect(await empty.visitor.isKnownAs()).toBeNull()
  })
})

describe('a login of nobody', () => {
  it.each([
    ['x-password', 'smith'],
    ['password', 'smith'],
    ['hashed-password', 'q1TzCU0hvFUZnyOPqPJ8Iw==']
  ])('is refused with a password under another name: %s', async (name, value) => {
    const { answer, heard } = await logIn({}, { [name]: value })

    expect([answer.status, answer.body, answer.setCookies]).toEqual([401, { result: false }, []])
    expect(heard.map(({ event, reason }) => [event, reason])).toEqual([
      ['authn_login_fail', `the header ${name} is not read: username-4D and password-4D are`]
    ])
  })

  it.each(['userName=jsmith&password=smith', '%24x=1&username-4D=jsmith&Password-4D=smith'])(
    'is refused with a password in its URL, where logs keep it: %s',
    async (query) => {
      const { url, directory } = await serve()
      const heard: DirectoryEvent[] = []
      directory.events.on('event', (event) => heard.push(event))

      const answer = await ask(`${url}/rest/$directory/login?${query}`, { method: 'POST' })

      expect([answer.status, answer.body, answer.setCookies]).toEqual([401, { result: false }, []])
      expect(heard.map(({ reason }) => reason)).toEqual([
        expect.stringMatching(/^the field password(?:-4D)? in the URL is not read: username-4D and password-4D are/i)
      ])
      expect(JSON.stringify(heard)).not.toContain('smith')
    }
  )

  it.each([
    [['', 'smith'], 'the array in the body does not begin with a user name'],
    [[], 'the array in the body does not begin with a user name'],
    [{ userName: '', password: 'smith' }, 'userName in the body is empty']
  ])('is told of as what it is: %j', async (body, reason) => {
    const { heard } = await logIn(body)

    expect(heard.map((event) => event.reason)).toEqual([reason])
  })

  it("is a guest's with Authorization alone, which may be a staging proxy's, and told of", async () => {
    const { answer, heard } = await logIn({}, { authorization: 'Basic c3RhZ2luZzpzdGFnaW5n' })

    expect(answer.body).toEqual({ result: true })
    expect(heard.map(({ event }) => event)).toEqual(['authn_login_fail', 'session_created'])
    expect(JSON.stringify(heard)).not.toContain('c3RhZ2luZzpzdGFnaW5n')
  })
})

describe('the third element of the array', () => {
  it.each([
    [7200, 7200],
    ['7200', 7200],
    [{ toString: null, valueOf: null }, 3600],
    [[7200], 3600],
    [[[7200]], 3600],
    [true, 3600],
    [null, 3600],
    ['1e9', 3600]
  ])('counts where it is a number or digits, and is never a 500: %j', async (third, seconds) => {
    const { answer } = await logIn(['jsmith', 'smith', third])

    expect(answer.status).toBe(200)
    expect(answer.setCookies[0]).toContain(`Max-Age=${seconds};`)
  })
})

describe('loginByKey', () => {
  it('is refused as a wrong password is, without __ERROR', async () => {
    const { url } = await serve()

    const answer = await ask(`${url}/rest/$directory/loginByKey/?$top=40`, { method: 'POST', body: '["jsmith", "0123456789ABCDEF", 60]' })

    expect([answer.status, answer.text, answer.setCookies]).toEqual([401, '{"result":false}', []])
  })
})

describe('currentUserBelongsTo', () => {
  it.each([
    ['GET', '/rest/$directory/currentUserBelongsTo("Sales")', true],
    ['GET', '/rest/$directory/currentUserBelongsTo(%22Sales%22)/', true],
    ['POST', '/rest/$directory/currentUserBelongsTo("Sales")', true],
    ['GET', '/rest/$directory/currentUserBelongsTo?$params=["Sales"]', true],
    ['GET', '/rest/%24directory/currentUserBelongsTo/?$params=%5B%22Sales%22%5D', true],
    // As the vendor's documentation of functions by GET writes it.
    ['GET', `/rest/$directory/currentUserBelongsTo?$params='["Sales"]'`, true],
    // Some clients escape parentheses as well.
    ['GET', '/rest/$directory/currentUserBelongsTo%28%22Sales%22%29', true],
    ['GET', '/rest/$directory/currentUserBelongsTo?$params=', false],
    ['GET', '/rest/$directory/currentUserBelongsTo("Nowhere")', false],
    ['GET', '/rest/$directory/currentUserBelongsTo()', false],
    ['GET', '/rest/$directory/currentUserBelongsTo', false],
    ['GET', '/REST/$DIRECTORY/CURRENTUSERBELONGSTO("sales")', true]
  ])('takes its argument from the URL: %s %s', async (method, path, expected) => {
    const { url } = await serve()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const { status, body } = await visitor.asks(path, { method })

    expect([status, body]).toEqual([200, { result: expected }])
  })

  it('takes its argument from the URL where the body holds none', async () => {
    const { url } = await serve()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    const { body } = await visitor.asks('/rest/$directory/currentUserBelongsTo("Sales")', { method: 'POST', body: '[]' })

    expect(body).toEqual({ result: true })
  })

  it('is 400 where the argument is not JSON', async () => {
    const { url } = await serve()

    const answers = await Promise.all(
      ['currentUserBelongsTo(Sales)', 'currentUserBelongsTo?$params=[', 'currentUserBelongsTo(%E0)'].map((path) =>
        ask(`${url}/rest/$directory/${path}`)
      )
    )

    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400])
    expect(answers[0]?.body).toMatchObject({ result: false, __ERROR: [{ errCode: 1806 }] })
  })
})

describe('every answer of the directory', () => {
  it('A14.3.2: is taken for nothing but JSON, and by no page of another site', async () => {
    const { url } = await serve()

    const answers = await Promise.all([
      ask(`${url}/rest/$directory/currentUser`),
      ask(`${url}/rest/$directory/nothing`),
      ask(`${url}/rest/$directory/login`, { method: 'OPTIONS' })
    ])

    for (const { headers } of answers) {
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' })
    }
  })
})
