import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'

import {
  BcryptPool,
  DirectoryError,
  type DirectoryErrorCode,
  type DirectoryRouterOptions,
  LruSessionStore,
  requireGroup,
  requireRecentLogin,
  requireUser,
  StaticProvider
} from '../../lib/index.js'
import { forwardRejection } from '../../lib/http/forward-rejection.js'
import { ApiDocument } from '../support/api-document.js'
import { readError } from '../support/read-result.js'
import { users } from '../support/seed-directory.js'
import { serve } from '../support/serve.js'
import { type Answer, ask, type AskOptions, Visitor } from '../support/visitor.js'

const document = new ApiDocument()
const jsmith = { 'username-4D': 'jsmith', 'password-4D': 'smith' }
const wrong = { 'username-4D': 'jsmith', 'password-4D': 'wrong' }
const liveCookie = { cookie: `WASID4D=${'A'.repeat(32)}` }

class BrokenStore extends LruSessionStore {
  override resume(): Promise<never> {
    return Promise.reject(new Error('connection reset'))
  }
}

/** Under which options, and by what request, an operation answers with a status. `prepare` comes before it, with the same server. */
interface Provocation {
  readonly options?: () => Partial<DirectoryRouterOptions>
  readonly prepare?: (url: string, request: AskOptions) => Promise<unknown>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly path?: string
  readonly method?: string
}

const guessUntilThrottled: Provocation['prepare'] = async (url, request) => {
  for (let guess = 0; guess < 20; guess++) await ask(url, { ...request, headers: { ...wrong, 'password-4D': `guess ${guess}` } })
}

const signInLongAgo = forwardRejection(async (req, _res, next) => {
  await req.directory.signIn(users[0], { authenticatedAt: new Date(0) })
  next()
})

/** For every operation alike. */
const provocations: Readonly<Record<string, Provocation>> = {
  200: { headers: jsmith },
  204: {},
  303: { options: () => ({ loginPage: '/login' }), headers: { 'sec-fetch-mode': 'navigate' }, path: '/forUsers' },
  400: { body: '{' },
  401: { headers: wrong },
  402: {
    options: () => ({ quotas: { sessions: 1 } }),
    prepare: (url) => new Visitor(new URL(url).origin).logsInAs('john', '123'),
    headers: jsmith
  },
  403: { headers: { ...jsmith, 'sec-fetch-site': 'cross-site' } },
  404: { path: '/$directory/signup' },
  405: { method: 'PUT' },
  413: { body: ' '.repeat(16_385) },
  429: { prepare: guessUntilThrottled, headers: wrong },
  503: { options: () => ({ store: new BrokenStore() }), headers: { ...liveCookie, ...jsmith } }
}

/** What else an operation may answer with a status. */
const variants: readonly (readonly [operation: string, Provocation])[] = [
  ['post /$directory/login 200', { body: '["jsmith", "smith", 7200]' }],
  ['post /$directory/login 200', {}],
  ['post /$directory/login 401', { body: '["jsmith", "wrong"]' }],
  ['post /$directory/login 403', { headers: { ...jsmith, origin: 'https://evil.example' } }],
  [
    'post /$directory/login 503',
    {
      headers: jsmith,
      options: () => ({ provider: { findUser: () => Promise.reject(new Error()), belongsTo: () => Promise.resolve(false) } })
    }
  ],
  ['get /$directory/logout 200', {}],
  ['get /$directory/logout 200', { headers: liveCookie }],
  ['get /$directory/logout 200', { headers: { 'sec-purpose': 'prefetch' } }],
  ['get /$directory/currentUser 200', {}],
  ['post /$directory/currentUserBelongsTo 200', { headers: jsmith, body: '["Sales"]' }],
  ['post /$directory/currentUserBelongsTo 200', { body: '"Sales"' }],
  ['get /{resource} 401', { path: '/forUsers' }],
  ['get /{resource} 401', { path: '/forRecentLogins' }],
  ['get /{resource} 403', { path: '/forAdministrators', headers: jsmith }]
]

/** Where nobody without a name is admitted. */
const closed = (): Partial<DirectoryRouterOptions> => ({
  provider: Object.assign(new StaticProvider({ users: [], groups: [] }), { admitsGuests: false })
})

async function provoke(operation: string, { options, prepare, headers = {}, body, path, method }: Provocation): Promise<Answer> {
  const [first = '', second = ''] = operation.split(' ')
  const { url } = await serve({ rest: { datastoreFunctions: { authentify: () => true } }, ...options?.() }, (app, directory) => {
    directory.get('/Page', (_req, res) => res.json('page'))
    directory.get('/forUsers', requireUser(), (_req, res) => res.json('users'))
    directory.get('/forRecentLogins', signInLongAgo, requireRecentLogin({ minutes: 10 }), (_req, res) => res.json('recent'))
    directory.get('/forAdministrators', requireGroup('Administrators'), (_req, res) => res.json('administrators'))
    app.use('/rest', directory)
  })
  const address = `${url}/rest${path ?? second.replace('{resource}', 'Page').replace('{name}', 'authentify')}`
  const request = { method: method ?? (first.startsWith('x-') ? 'GET' : first.toUpperCase()), headers, ...(body !== undefined && { body }) }
  await prepare?.(address, request)
  return ask(address, request)
}

describe('The OpenAPI document', () => {
  it('is one, of version 3.1', async () => {
    const validator = new Validator()

    const { valid, errors } = await validator.validate(structuredClone(document.json))

    expect([valid, errors, validator.version]).toEqual([true, undefined, '3.1'])
  })

  it('has the table of errors that the code has', () => {
    const schemas = (document.json['components'] as { schemas: Record<string, { properties: Record<string, { const: unknown }> }> }).schemas
    const codes = Object.keys(schemas).filter((name) => name.startsWith('ERR_'))

    const documented = codes.map((code) => [
      code,
      schemas[code]?.properties['errCode']?.const,
      schemas[code]?.properties['componentSignature']?.const
    ])
    const thrown = codes
      .map((code) => new DirectoryError(code as DirectoryErrorCode, ''))
      .map(({ code, errCode, componentSignature }) => [code, errCode, componentSignature])

    expect(codes.length).toBe(16)
    expect(documented).toEqual(thrown)
  })

  it('gives examples that fit', () => {
    const { schemas } = document.json['components'] as { schemas: Record<string, { examples?: unknown[] }> }
    const examples = Object.entries(schemas).flatMap(([name, { examples: given = [] }]) => given.map((example) => [name, example] as const))

    expect(examples.length).toBeGreaterThan(2)
    expect(examples.flatMap(([name, example]) => document.problemsWith(name, example))).toEqual([])
  })
})

describe('An answer, by the OpenAPI document,', () => {
  it.each(document.documented)('is what it says: %s', async (operation) => {
    const status = operation.split(' ').at(-1) ?? ''
    const provocation = operation === 'x-other-requests 400' ? { path: '/$directory/%E0%A4%A' } : provocations[status]

    const answer = await provoke(operation, provocation ?? {})

    expect(answer.status).toBe(Number(status))
    expect(document.problemsOf(operation, answer)).toEqual([])
  })

  it.each(variants)('is what it says: %s, by %j', async (operation, provocation) => {
    const answer = await provoke(operation, provocation)

    expect(`${answer.status}`).toBe(operation.split(' ').at(-1))
    expect(document.problemsOf(operation, answer)).toEqual([])
  })

  it.each([
    'post /$directory/login 401',
    'post /$directory/loginByPassword 401',
    'get /$directory/currentUser 401',
    'post /$directory/currentUser 401',
    'get /$directory/currentUserBelongsTo 401',
    'post /$directory/currentUserBelongsTo 401',
    'get /{resource} 401'
  ])('is what it says of nobody where none are admitted: %s', async (operation) => {
    const answer = await provoke(operation, { options: closed })

    expect(answer.status).toBe(401)
    expect(document.problemsOf(operation, answer)).toEqual([])
  })

  it('is what it says for a login too many at once', async () => {
    const passwords = new BcryptPool({ cost: 10, threads: 1, maxWaiting: 1 })
    const { url } = await serve({ passwords, throttle: false })

    const answers = await Promise.all(Array.from({ length: 8 }, (_, turn) => new Visitor(url).logsInAs('jsmith', `guess ${turn}`)))
    await passwords.close()

    const refused = answers.find(({ status }) => status === 503)
    expect(refused && readError(refused)?.errCode).toBe(9)
    expect(refused && document.problemsOf('post /$directory/login', refused)).toEqual([])
  })

  it('has every status of its operations, and no more than these', () => {
    const statuses = new Set(document.documented.map((operation) => operation.split(' ').at(-1)))

    expect([...statuses].sort()).toEqual(Object.keys(provocations))
  })

  it.each<[string, string, Partial<Answer>]>([
    ['a status of its own', '404 is not documented', { status: 404 }],
    ['a member too many', ' must NOT have additional properties', { body: { result: true, __ERROR: [] } }],
    ['a word for a boolean', '/result must be equal to constant', { body: { result: 'true' } }],
    [
      'no version',
      '4DREST-INFO is missing',
      { headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' } }
    ]
  ])('is noticed with %s', async (_what, problem, change) => {
    const answer = await provoke('post /$directory/login', { headers: jsmith })

    const problems = document.problemsOf('post /$directory/login', { ...answer, ...change })

    expect(problems).toContain(problem)
  })
})
