import fc from 'fast-check'

import { people, setupCount } from './fuzzed-apps.js'

/** One piece of a `Cookie` header. `own` is the cookie of the person who talks, after the mutation. */
export type CookiePiece =
  | { readonly kind: 'own'; readonly mutation: CookieMutation; readonly at: number; readonly text: string }
  | { readonly kind: 'made-up'; readonly id: string }
  | { readonly kind: 'junk'; readonly text: string }

export type CookieMutation = (typeof mutations)[number]

/** The first four spell the same id as 4D takes it. */
const mutations = ['none', 'lower', 'dashes', 'braces', 'digit', 'cut', 'append', 'insert', 'quoted', 'percent', 'other-name'] as const

export interface FuzzedRequest {
  readonly method: string
  readonly target: string
  /** Names and values in Latin-1. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly cookies: readonly CookiePiece[]
  /** Whether the pieces go out in one header or in one each. */
  readonly inOneHeader: boolean
  readonly credentials: FuzzedCredentials
  readonly contentType: string | null
  /** In Latin-1: each character a byte. */
  readonly body: string
  readonly isChunked: boolean
}

/** What logs the person in who talks, or does not. */
export type FuzzedCredentials = 'none' | 'right' | 'digest' | 'wrong' | 'array' | 'no-session'

/** What one client sends on one connection, and how. */
export interface Conversation {
  readonly setup: number
  readonly person: number
  readonly requests: readonly FuzzedRequest[]
  /** Sizes of what is written at once, in turn; none: all at once. */
  readonly portions: readonly number[]
  readonly pause: 'none' | 'turn' | 'millisecond'
  readonly ending: 'waits' | 'half-closes' | 'hangs-up'
}

/** What is done to the bytes of a conversation before they are sent. */
export interface Damage {
  readonly kind: 'insert' | 'replace' | 'delete' | 'repeat'
  /** Where, as a share of the length. */
  readonly at: number
  readonly length: number
  readonly bytes: string
}

const names = ['login', 'loginByPassword', 'logout', 'currentUser', 'currentUserBelongsTo']
const target = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom(...names.map((name) => `/rest/$directory/${name}`)) },
  { weight: 5, arbitrary: fc.constant('/rest/$directory/currentUser') },
  {
    weight: 3,
    arbitrary: fc.constantFrom('/rest/storage', '/rest/increment', '/rest/handle', '/rest/Mine', '/rest/Sales', '/rest/put/note/x')
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom(...names),
        fc.constantFrom(
          '/',
          '?',
          '?$top=40&$method=x',
          '//',
          '/x',
          '%2f',
          '%',
          '%00',
          ';a=b',
          '#',
          '?' + '%ff'.repeat(20),
          '/..',
          '/../logout'
        )
      )
      .map(([name, end]) => `/rest/%24directory/${name}${end}`)
  },
  {
    weight: 2,
    arbitrary: fc
      .string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 60 })
      .map((text) => `/${text}`)
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '*',
      '/',
      '//',
      '/rest',
      'http://other.example/rest/$directory/currentUser',
      'http://other.example:99999/rest/$directory/currentUserBelongsTo?$params=["Sales"]',
      'http://%/rest/$directory/currentUserBelongsTo("Sales")',
      '/rest/$directory/currentUserBelongsTo(%00)',
      '/rest/$directory/currentUserBelongsTo?$params=[[%ff',
      '/rest/' + 'a'.repeat(3000)
    )
  }
)

const method = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('GET', 'POST') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'HEAD',
      'OPTIONS',
      'PUT',
      'DELETE',
      'PATCH',
      'TRACE',
      'PROPFIND',
      'REPORT',
      'M-SEARCH',
      'PURGE',
      'UNLOCK',
      'SEARCH'
    )
  }
)

/** What a header's value may hold: anything but control characters, in Latin-1. */
const headerText = fc.oneof(
  fc.string({
    unit: fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff })).map((code) => String.fromCharCode(code)),
    maxLength: 40
  }),
  fc.constantFrom(
    '',
    'true',
    '0',
    '-1',
    '1e9',
    '60',
    '99999999999999999999',
    '\u00c3\u00a9',
    '\u00ff'.repeat(200),
    'x'.repeat(5000),
    'null',
    'none'
  )
)

const header = fc.tuple(
  fc.oneof(
    fc.constantFrom(
      ...['username-4D', 'password-4D', 'hashed-password-4D', 'session-4D-length', 'NoSession-4D', 'Origin', 'Referer', 'Sec-Fetch-Site'],
      ...['Sec-Purpose', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'Forwarded', 'User-Agent', 'Accept', 'If-None-Match'],
      ...['If-Modified-Since', 'Cache-Control', 'Content-Encoding', 'Range', 'Authorization', '__proto__', 'constructor', 'Set-Cookie']
    ),
    fc.string({ unit: fc.constantFrom(...Array.from("abcXYZ019-_!#$%&'*+.^`|~")), minLength: 1, maxLength: 12 }).map((name) => `x-${name}`)
  ),
  fc.oneof(headerText, fc.constantFrom('http://127.0.0.1', 'same-origin', 'cross-site', 'prefetch', 'gzip', '::ffff:1.2.3.4', 'https'))
)

const hexDigits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789ABCDEFabcdef')), minLength: length, maxLength: length })
const cookiePiece: fc.Arbitrary<CookiePiece> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('own' as const),
      mutation: fc.oneof({ weight: 2, arbitrary: fc.constant('none' as const) }, { weight: 3, arbitrary: fc.constantFrom(...mutations) }),
      at: fc.nat(31),
      text: fc.constantFrom('0', 'F', '-', '{', '\u00e9', '\t', '%', '"', '0'.repeat(32), '.')
    })
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('made-up' as const), id: hexDigits(32) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('junk' as const), text: headerText }) }
)

const json = fc.oneof(
  fc.constantFrom(
    '[]',
    '{}',
    '"Sales"',
    '["Sales"]',
    '["everybody"]',
    'null',
    '[null]',
    '[[[[]]]]',
    '["a","b",60]',
    '[1,2,3]',
    '{"__proto__":{}}',
    '[""]'
  ),
  fc.json({ maxDepth: 2 })
)
const body = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  { weight: 5, arbitrary: json.map((text) => Buffer.from(text).toString('latin1')) },
  { weight: 2, arbitrary: fc.tuple(json, fc.nat(30)).map(([text, length]) => Buffer.from(text).toString('latin1').slice(0, length)) },
  { weight: 3, arbitrary: fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('latin1')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '['.repeat(5000),
      '"' + 'x'.repeat(16_383) + '"',
      'x'.repeat(16_385),
      '\u00ef\u00bb\u00bf["Sales"]',
      '%27'.repeat(2000)
    )
  }
)

const contentType = fc.option(
  fc.oneof(
    fc.constantFrom(
      ...['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'application/json; charset=utf-16', 'multipart/form-data'],
      ...[
        'multipart/form-data; boundary=x',
        'application/octet-stream',
        'text/plain; charset=nonsense',
        'application/vnd.api+json',
        'application/json; charset='
      ]
    ),
    headerText
  ),
  { nil: null }
)

const request: fc.Arbitrary<FuzzedRequest> = fc.record({
  method,
  target,
  headers: fc.array(header, { maxLength: 4 }),
  cookies: fc.oneof(
    { weight: 4, arbitrary: fc.array(cookiePiece, { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.array(cookiePiece, { maxLength: 14 }) }
  ),
  inOneHeader: fc.boolean(),
  credentials: fc.oneof(
    { weight: 8, arbitrary: fc.constant('none' as const) },
    { weight: 2, arbitrary: fc.constantFrom('right', 'digest', 'wrong', 'array', 'no-session') }
  ),
  contentType,
  body,
  isChunked: fc.boolean()
})

/** Conversations that keep to HTTP, whatever they ask for. */
export const conversation: fc.Arbitrary<Conversation> = fc.record({
  setup: fc.nat(setupCount - 1),
  person: fc.nat(people.length - 1),
  requests: fc.array(request, { minLength: 1, maxLength: 4 }),
  portions: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 4 }) }
  ),
  pause: fc.constantFrom('none', 'turn', 'turn', 'millisecond'),
  ending: fc.oneof(
    { weight: 8, arbitrary: fc.constant('waits' as const) },
    { weight: 1, arbitrary: fc.constantFrom('half-closes', 'hangs-up') }
  )
})

/** What makes parsers stumble. */
const fragments = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\0',
    ' ',
    '\t',
    ':',
    '\r\n\r\n',
    '\u00ff',
    '0\r\n\r\n',
    'HTTP/1.1',
    'HTTP/1.0',
    'HTTP/0.9',
    'HTTP/2.0',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
  ],
  ...[
    'Content-Length: 0\r\n',
    'Content-Length: 5\r\n',
    'Content-Length: -1\r\n',
    'Content-Length: 99999999999\r\n',
    'Transfer-Encoding: chunked\r\n'
  ],
  ...[
    'Transfer-Encoding: gzip, chunked\r\n',
    'Expect: 100-continue\r\n',
    'Expect: nonsense\r\n',
    'Connection: upgrade\r\nUpgrade: websocket\r\n',
    'Connection: close\r\n'
  ],
  ...[
    'Cookie: WASID4D=\r\n',
    'Host: \r\n',
    'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
    'FFFFFFFFFFFFFFFF\r\n',
    '5;a=b\r\nhello\r\n',
    'x: ' + 'y'.repeat(17_000) + '\r\n',
    '\u0016\u0003\u0001'
  ]
]

const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('insert', 'insert', 'replace', 'delete', 'repeat'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(40),
  bytes: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...fragments) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('latin1')) }
  )
})

export const damages: fc.Arbitrary<readonly Damage[]> = fc.array(damage, { minLength: 1, maxLength: 4 })
