import { describe, expect, it } from 'vitest'

import { serve } from '../support/serve.js'
import { type Answer, ask } from '../support/visitor.js'

const jsmith = { 'username-4D': 'jsmith', 'password-4D': 'smith' }
const json = { 'content-type': 'application/json' }

/** wakanda-client and the 4D code of the seeds have spec files of their own. */
describe("a browser framework of the vendor's", () => {
  const tail = '/?$top=40&$method=entityset&$timeout=300'

  it('asks all four by POST, with a slash and a query behind, an empty array for no argument, and headers of its own', async () => {
    const { url } = await serve()
    let cookie = ''
    const post = async (name: string, args: readonly unknown[]): Promise<unknown> => {
      const answer = await ask(`${url}/rest/$directory/${name}${tail}`, {
        method: 'POST',
        body: JSON.stringify(args),
        headers: {
          ...json,
          cookie,
          'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT',
          'cache-control': 'no-cache',
          'sec-fetch-site': 'same-origin'
        }
      })
      cookie = answer.setCookies[0]?.split(';')[0] ?? cookie
      return answer.body
    }

    const answers = [
      await post('currentUser', []),
      await post('login', ['jsmith', 'smith']),
      await post('currentUser', []),
      await post('currentUserBelongsTo', ['Sales']),
      await post('logout', []),
      await post('currentUser', [])
    ]

    expect(answers).toEqual([
      { result: null },
      { result: true },
      { result: { userName: 'jsmith', fullName: 'John Smith', ID: '12F169764253481E89F0E4EA8C1D791A' } },
      { result: true },
      { result: true },
      { result: null }
    ])
  })

  it('is never answered with 304, whatever it says that it has', async () => {
    const { url } = await serve()

    const answer = await ask(`${url}/rest/$directory/currentUser`, {
      headers: { 'if-none-match': '*', 'if-modified-since': 'Fri, 01 Jan 2038 00:00:00 GMT' }
    })

    expect([answer.status, answer.text]).toEqual([200, '{"result":null}'])
  })

  it('sends a preflight, for which no session is opened, also on a page of the host', async () => {
    const { url, directory } = await serve({}, (app, router) => {
      app.use('/rest', router)
      app.options('/rest/Employee', (_req, res) => {
        res.set('Access-Control-Allow-Headers', 'If-Modified-Since, Cache-Control').sendStatus(204)
      })
    })

    const answer = await ask(`${url}/rest/Employee`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://shop.example.com',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'if-modified-since'
      }
    })

    expect([answer.status, answer.setCookies]).toEqual([204, []])
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 0 })
  })
})

describe('the C++ client with libcurl', () => {
  /** It looks for the member and takes what follows the colon for a boolean. */
  const readBoolean = (text: string): boolean => {
    const value = /"result"\s*:\s*(true|false)\b/.exec(text)?.[1]
    if (value === undefined) throw new Error('result is no boolean')
    return value === 'true'
  }

  it('asserts a boolean in each answer to a login, right or wrong', async () => {
    const { url } = await serve()
    const login = (password: string) =>
      ask(`${url}/rest/$directory/login`, {
        method: 'POST',
        headers: { 'username-4D': 'jsmith', 'password-4D': password, 'session-4D-length': '120' }
      })

    expect(readBoolean((await login('smith')).text)).toBe(true)
    expect(readBoolean((await login('wrong')).text)).toBe(false)
  })

  it('reads the lifetime behind Max-Age= and the value up to the first semicolon', async () => {
    const { url } = await serve()

    const { setCookies } = await ask(`${url}/rest/$directory/login`, { method: 'POST', headers: { ...jsmith, 'session-4D-length': '120' } })

    const [header = ''] = setCookies
    expect(header.slice(header.indexOf('WASID4D=') + 8, header.indexOf(';'))).toMatch(/^[0-9A-F]{32}$/)
    expect(Number.parseInt(header.slice(header.indexOf('Max-Age=') + 8), 10)).toBe(7200)
  })

  it('reads userName, fullName and ID by position', async () => {
    const { url } = await serve()

    const { text } = await ask(`${url}/rest/$directory/currentUser`, { headers: jsmith })

    const strings = Array.from(text.matchAll(/:"([^"]*)"/g), ([, value]) => value)
    expect(strings).toEqual(['jsmith', 'John Smith', '12F169764253481E89F0E4EA8C1D791A'])
  })
})

describe('the PHP client', () => {
  it('sends its credentials in headers and once more as an object in the body, and finds the id in the first Set-Cookie', async () => {
    const { url } = await serve()

    const answer = await ask(`${url}/rest/$directory/login`, {
      method: 'POST',
      headers: { ...json, ...jsmith, 'session-4D-length': '60' },
      body: JSON.stringify({ 'username-4D': 'jsmith', 'password-4D': 'smith' })
    })

    const id = /^WASID4D=([A-F0-9]+);/.exec(answer.setCookies[0] ?? '')?.[1] ?? ''
    const user = await ask(`${url}/rest/$directory/currentUser`, { headers: { cookie: `WASID4D=${id}` } })
    expect(answer.text).toBe('{"result":true}')
    expect(user.text).toContain('"userName":"jsmith"')
  })

  it('is not logged in by the object alone', async () => {
    const { url, directory } = await serve()

    await ask(`${url}/rest/$directory/login`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ 'username-4D': 'jsmith', 'password-4D': 'smith' })
    })

    expect(await directory.sessions.count()).toMatchObject({ signedIn: 0 })
  })
})

describe('the Angular client', () => {
  it('sends credential headers and an empty JSON body on every call, and takes one licence', async () => {
    const { url, directory } = await serve({}, (app, router) => {
      app.use('/rest', router)
      app.post('/rest/Employee', (req, res) => res.json({ for: req.directory.user?.userName }))
    })
    let cookie = ''
    const call = async (path: string): Promise<Answer> => {
      const answer = await ask(`${url}/rest/${path}`, { method: 'POST', body: '{}', headers: { ...json, ...jsmith, cookie } })
      cookie = answer.setCookies[0]?.split(';')[0] ?? cookie
      return answer
    }

    const texts = []
    for (const path of ['Employee', 'Employee', '$directory/currentUser', '$directory/currentUserBelongsTo'])
      texts.push((await call(path)).text)

    expect(texts).toEqual([
      '{"for":"jsmith"}',
      '{"for":"jsmith"}',
      '{"result":{"userName":"jsmith","fullName":"John Smith","ID":"12F169764253481E89F0E4EA8C1D791A"}}',
      '{"result":false}'
    ])
    expect(await directory.sessions.count()).toEqual({ signedIn: 1, guests: 0 })
  })
})

describe('the Python client of an ERP', () => {
  it("never logs in, keeps a guest's cookie from any URL, and stops on 402", async () => {
    const { url, directory } = await serve({ quotas: { sessions: 1 } }, (app, router) => {
      app.use('/rest', router)
      app.get('/rest/Invoice', (_req, res) => res.json([]))
    })

    const first = await ask(`${url}/rest/Invoice`)
    const cookie = first.setCookies[0]?.split(';')[0] ?? ''
    const second = await ask(`${url}/rest/Invoice`, { headers: { cookie } })
    const another = await ask(`${url}/rest/Invoice`)

    expect([first.status, second.status, another.status]).toEqual([200, 200, 402])
    expect(another.text).toContain('"errCode":1823')
    expect(await directory.sessions.count()).toEqual({ signedIn: 0, guests: 1 })
  })
})
