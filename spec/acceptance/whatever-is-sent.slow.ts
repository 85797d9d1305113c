import { describe, expect, it } from 'vitest'

import { sessionConsole } from '../../lib/console.js'
import { requireUser } from '../../lib/index.js'
import { expectWarnings } from '../support/quiet-warnings.js'
import { serve } from '../support/serve.js'
import { ask, type AskOptions, Visitor } from '../support/visitor.js'

expectWarnings('EXPRESS_4D_DIRECTORY_TRUST_PROXY')

const toLogIn = '/rest/$directory/login'
const toAsk = '/rest/$directory/currentUserBelongsTo'

const paths = [
  toLogIn,
  toAsk,
  '/rest/$catalog/authentify',
  '/page',
  '/console/',
  // A whole address, as proxies are asked, of a port that there is not.
  `http://a:99999${toAsk}?$params=["Sales"]`,
  `http://a.example:0${toAsk}`,
  `/${toAsk}`,
  `${toAsk}?$params=%`,
  `${toAsk}?$params=%ff&$params=[`,
  `${toAsk}?%&=&?`,
  `${toAsk}(%ff)`,
  `${toAsk}(%00)`,
  `${toAsk}(${'['.repeat(3000)})`,
  '/rest/$directory/%ff',
  '/rest/$directory/__proto__',
  '/rest/$catalog/__proto__',
  '/rest/$catalog/%ff',
  '/rest/%ff',
  '/rest/$directory//login;x',
  `/page?${'x'.repeat(8000)}`
]

const headers: readonly NonNullable<AskOptions['headers']>[] = [
  {},
  { host: '[' },
  { host: 'a b', origin: 'http://[' },
  { origin: `http://${'%CC%81'.repeat(2000)}/` },
  { referer: '\xff\xfe', 'sec-fetch-site': '' },
  { referer: 'http://%00/' },
  { 'content-type': 'application/json; charset=none' },
  { 'content-encoding': 'br' },
  { 'content-encoding': 'none' },
  { 'session-4D-length': '1e999', 'username-4D': '\xff', 'password-4D': '\x80' },
  { 'session-4D-length': '9'.repeat(400), 'username-4D': 'jsmith', 'password-4D': 'wrong' },
  { 'NoSession-4D': 'true', 'username-4D': 'nobody', 'password-4D': '' },
  { cookie: '=;;;=;WASID4D=;";WASID4D="' },
  { cookie: `WASID4D=${'"'.repeat(4000)}` },
  { upgrade: 'none', connection: 'close' },
  { forwarded: 'for="[', 'x-forwarded-for': '\xff', 'x-forwarded-host': '[' },
  { 'if-none-match': '\xff', range: 'bytes=9-1', 'last-event-id': '-1e99' }
]

const bodies = [
  '',
  'null',
  '0',
  '""',
  '[null]',
  '[[]]',
  '[{}]',
  '[{"userName":{"$ne":null},"password":{}}]',
  '["a","b",{"toString":null,"valueOf":null}]',
  '["a",{"toString":null}]',
  '{"userName":null,"password":null}',
  '{"userName":"jsmith","password":7}',
  '{"__proto__":null,"constructor":1}',
  '[{"ID":1,"userName":"jsmith"}]',
  '["\\u0000","x"]',
  '["jsmith\\u0000","smith"]',
  '["\\ud800","\\udfff"]',
  '["jsmith","\\u0000"]',
  '['.repeat(16_000),
  '\ufeff[]',
  '%',
  'handle=x&handle=y'
]

const methods = ['GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'DELETE', 'PROPFIND']

describe('A16.5.1: whatever is sent', () => {
  it.each([
    ['by nobody', false],
    ['with a live session', true]
  ])('%s, nothing of it is answered with 500', async (_who, isLoggedIn) => {
    const { url } = await serve(
      {
        throttle: false,
        rest: {
          datastoreFunctions: { authentify: async ([credentials], { directory }) => (await directory.login(credentials as never)) !== null }
        }
      },
      (app, directory) => {
        app.use('/console', sessionConsole(directory, { group: 'Sales' }))
        app.all('/page', directory.sessionMiddleware, requireUser(), (_req, res) => void res.send('page'))
        app.use('/rest', directory)
        app.use(directory.errorHandler)
      }
    )
    const visitor = new Visitor(url)
    if (isLoggedIn) await visitor.logsInAs('jsmith', 'smith')
    const cookie = visitor.sessionId === null ? {} : { cookie: `WASID4D=${visitor.sessionId}` }
    const asked = isLoggedIn ? paths : [...paths, '/rest/$directory/logout']
    const requests = [
      ...asked.flatMap((path) => headers.map((each): [string, AskOptions] => [path, { headers: each }])),
      ...asked.flatMap((path) => methods.map((method): [string, AskOptions] => [path, { method }])),
      ...[toLogIn, toAsk, '/rest/$catalog/authentify', '/page', '/console/'].flatMap((path) =>
        bodies.map((body): [string, AskOptions] => [path, { method: 'POST', body }])
      )
    ]

    const answers = await Promise.all(
      requests.map(async ([path, options]) => {
        const { status } = await ask(url + path, { ...options, headers: { ...cookie, ...options.headers } })
        return { path, options, status }
      })
    )

    expect(answers.filter(({ status }) => status >= 500)).toEqual([])
    expect(await visitor.isKnownAs()).toBe(isLoggedIn ? 'jsmith' : null)
  })
})
