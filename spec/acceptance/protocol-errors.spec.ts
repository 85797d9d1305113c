import { describe, expect, it } from 'vitest'

import {
  BcryptPool,
  DirectoryError,
  type DirectoryRouterOptions,
  LruSessionStore,
  requireGroup,
  requireUser,
  StaticProvider
} from '../../lib/index.js'
import { serve } from '../support/serve.js'
import { groups, users } from '../support/seed-directory.js'
import { type Answer, ask, type AskOptions, Visitor } from '../support/visitor.js'

const jsmith = { 'username-4D': 'jsmith', 'password-4D': 'smith' }

interface Refusal {
  readonly code: string
  readonly status: number
  readonly errCode: number
  readonly componentSignature: 'dbmg' | 'exdr'
  readonly path: string
  readonly ask?: AskOptions
  readonly options?: Partial<DirectoryRouterOptions>
  readonly retryAfter?: string
}

/** A store that answers nothing but how it failed. */
class BrokenStore extends LruSessionStore {
  override resume(): Promise<never> {
    return Promise.reject(new Error('connection reset'))
  }

  override create(): Promise<never> {
    return Promise.reject(new Error('connection reset'))
  }
}

/** A store whose replicas do not confirm what it has written. */
class UnreplicatedStore extends LruSessionStore {
  override create(): Promise<never> {
    return Promise.reject(new DirectoryError('ERR_STORE_NOT_REPLICATED', 'The replicas did not confirm the write in time'))
  }
}

const brokenProvider = { findUser: () => Promise.reject(new Error('ECONNREFUSED db.internal')), belongsTo: () => Promise.resolve(false) }

const refusals: readonly Refusal[] = [
  {
    code: 'ERR_LOGIN_FAILED',
    status: 401,
    errCode: 1822,
    componentSignature: 'dbmg',
    path: '/Page',
    ask: { headers: { ...jsmith, 'password-4D': 'wrong' } }
  },
  { code: 'ERR_MALFORMED_URL', status: 400, errCode: 1806, componentSignature: 'dbmg', path: '/$directory/%E0%A4%A' },
  { code: 'ERR_LOGIN_REQUIRED', status: 401, errCode: 1, componentSignature: 'exdr', path: '/forUsers' },
  { code: 'ERR_GROUP_REQUIRED', status: 403, errCode: 2, componentSignature: 'exdr', path: '/forAdministrators', ask: { headers: jsmith } },
  {
    code: 'ERR_CROSS_SITE',
    status: 403,
    errCode: 3,
    componentSignature: 'exdr',
    path: '/Page',
    ask: { headers: { ...jsmith, 'sec-fetch-site': 'cross-site' } }
  },
  { code: 'ERR_BODY', status: 400, errCode: 4, componentSignature: 'exdr', path: '/$directory/login', ask: { method: 'POST', body: '{' } },
  {
    code: 'ERR_BODY_TOO_LARGE',
    status: 413,
    errCode: 5,
    componentSignature: 'exdr',
    path: '/$directory/login',
    ask: { method: 'POST', body: ' '.repeat(16_385) }
  },
  { code: 'ERR_UNKNOWN_REQUEST', status: 404, errCode: 6, componentSignature: 'exdr', path: '/$directory/signup' },
  { code: 'ERR_METHOD', status: 405, errCode: 7, componentSignature: 'exdr', path: '/$directory/login' },
  {
    code: 'ERR_STORE_UNAVAILABLE',
    status: 503,
    errCode: 10,
    componentSignature: 'exdr',
    path: '/$directory/currentUser',
    options: { store: new BrokenStore() },
    retryAfter: '1'
  },
  {
    code: 'ERR_PROVIDER_UNAVAILABLE',
    status: 503,
    errCode: 11,
    componentSignature: 'exdr',
    path: '/$directory/login',
    ask: { method: 'POST', headers: jsmith },
    options: { provider: brokenProvider },
    retryAfter: '1'
  },
  {
    code: 'ERR_STORE_NOT_REPLICATED',
    status: 503,
    errCode: 12,
    componentSignature: 'exdr',
    path: '/$directory/login',
    ask: { method: 'POST', headers: jsmith },
    options: { store: new UnreplicatedStore() },
    retryAfter: '1'
  }
]

async function provoke({ path, ask: options = {}, options: routerOptions = {} }: Refusal): Promise<Answer> {
  const { url } = await serve(routerOptions, (app, directory) => {
    directory.get('/Page', (_req, res) => res.json('page'))
    directory.get('/forUsers', requireUser(), (_req, res) => res.json('users'))
    directory.get('/forAdministrators', requireGroup('Administrators'), (_req, res) => res.json('administrators'))
    app.use('/rest', directory)
  })
  return ask(`${url}/rest${path}`, options)
}

describe('the table of errors', () => {
  it.each(refusals)('$code is $status with $errCode', async (refusal) => {
    const { status, errCode, componentSignature, retryAfter } = refusal

    const answer = await provoke(refusal)

    expect(answer.status).toBe(status)
    expect((answer.body as { __ERROR: unknown }).__ERROR).toEqual([{ message: expect.any(String) as string, componentSignature, errCode }])
    expect(answer.text).toMatch(/"__ERROR":\[\{"message":"(?:[^"\\]|\\.)+","componentSignature":"\w+","errCode":\d+\}\]\}$/)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      '4drest-info': '1.1'
    })
    expect(answer.headers['retry-after']).toBe(retryAfter)
  })

  it('does not tell the client what the data source said', async () => {
    const refusal = refusals.find(({ code }) => code === 'ERR_PROVIDER_UNAVAILABLE')

    const answer = refusal && (await provoke(refusal))

    expect(answer?.text).not.toContain('db.internal')
  })

  it('ERR_SESSIONS_FULL is 402 with 1823 for whoever comes when all licences are taken', async () => {
    const { url } = await serve({ quotas: { sessions: 1 } })
    await new Visitor(url).logsInAs('jsmith', 'smith')

    const guest = await ask(`${url}/rest/$directory/currentUser`)
    const login = await new Visitor(url).logsInAs('john', '123')

    const __ERROR = [{ message: 'Maximum number of sessions has been reached', componentSignature: 'dbmg', errCode: 1823 }]
    expect([guest.status, guest.body, guest.setCookies]).toEqual([402, { __ERROR }, []])
    expect([login.status, login.body, login.setCookies]).toEqual([402, { result: false, __ERROR }, []])
  })

  it('ERR_THROTTLED is 429 with 8 and the seconds to wait, for whoever guesses', async () => {
    const { url } = await serve()
    const visitor = new Visitor(url)
    const answers = []
    for (let guess = 0; guess < 20; guess++) answers.push(await visitor.logsInAs('jsmith', `guess ${guess}`))

    const refused = answers.find(({ status }) => status !== 401)

    expect(refused?.status).toBe(429)
    expect(refused?.body).toEqual({
      result: false,
      __ERROR: [{ message: expect.any(String) as string, componentSignature: 'exdr', errCode: 8 }]
    })
    expect(refused?.headers['retry-after']).toMatch(/^[1-9]\d*$/)
  })

  it('ERR_LOGIN_QUEUE_FULL is 503 with 9 and the seconds to wait, for a login too many at once', async () => {
    const passwords = new BcryptPool({ cost: 10, threads: 1, maxWaiting: 1 })
    const { url } = await serve({ passwords, throttle: false })

    const answers = await Promise.all(Array.from({ length: 8 }, (_, turn) => new Visitor(url).logsInAs('jsmith', `guess ${turn}`)))
    await passwords.close()

    const refused = answers.filter(({ status }) => status === 503)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused[0]?.body).toEqual({
      result: false,
      __ERROR: [{ message: expect.any(String) as string, componentSignature: 'exdr', errCode: 9 }]
    })
    expect(refused[0]?.headers['retry-after']).toMatch(/^[1-9]\d*$/)
  })
})

describe('a refusal', () => {
  const down = { store: new BrokenStore() }

  it.each(['login', 'loginByPassword', 'currentUserBelongsTo', 'logout'])('of %s says result: false, whatever the status', async (name) => {
    const { url } = await serve(down)

    const answer = await ask(`${url}/rest/$directory/${name}/?next=1`, { method: 'POST', headers: { cookie: `WASID4D=${'A'.repeat(32)}` } })

    expect(answer.status).toBe(503)
    expect(Object.keys(answer.body as object)).toEqual(['result', '__ERROR'])
    expect(answer.body).toMatchObject({ result: false })
  })

  it.each(['', '?next=/rest/$directory/login'])('of currentUser says no result, since null means nobody: "%s"', async (query) => {
    const { url } = await serve(down)

    const answer = await ask(`${url}/rest/$directory/currentUser${query}`)

    expect(answer.status).toBe(503)
    expect(Object.keys(answer.body as object)).toEqual(['__ERROR'])
  })

  it('with 503 keeps the cookie', async () => {
    const { url } = await serve({ provider: new StaticProvider({ users, groups }), ...down })

    const answer = await ask(`${url}/rest/$directory/currentUser`, { headers: { cookie: `WASID4D=${'A'.repeat(32)}` } })

    expect([answer.status, answer.setCookies]).toEqual([503, []])
  })
})
