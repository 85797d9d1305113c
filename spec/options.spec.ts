import { describe, expect, it } from 'vitest'

import { directoryRouter, StaticProvider } from '../lib/index.js'

const provider = new StaticProvider({ users: [] })

/** Called as plain JavaScript calls it. */
const start = directoryRouter as unknown as (options: unknown) => unknown

function messageOf(options: unknown): string {
  try {
    start(options)
  } catch (error) {
    return error instanceof TypeError || error instanceof RangeError ? error.message : `not the right class: ${String(error)}`
  }
  return 'nothing was thrown'
}

/** The option with a wrong value, and the words that the error has to hold: its name, the value, what is wanted. */
const wrongOptions: readonly (readonly [options: Record<string, unknown>, words: readonly string[]])[] = [
  [{ provider: undefined }, ['provider', 'required', 'StaticProvider']],
  [{ provider: null }, ['provider', 'belongsTo', 'null']],
  [{ provider: {} }, ['provider', 'belongsTo']],
  [{ provider: { belongsTo: () => true } }, ['provider', 'findUser', 'authenticate', 'neither']],
  [{ provider: { belongsTo: () => true, findUser: 'SELECT' } }, ['provider.findUser', 'function', 'SELECT']],
  [{ provider: { belongsTo: () => true, authenticate: 7 } }, ['provider.authenticate', 'function', '7']],
  [{ provider: { belongsTo: () => true, findUser: () => null, findUserByID: 7 } }, ['provider.findUserByID', 'function', '7']],
  [{ provider: { belongsTo: () => true, findUser: () => null, updatePasswordHash: 7 } }, ['provider.updatePasswordHash', 'function', '7']],
  [{ providr: 7 }, ['providr', 'no option', 'provider']],
  [{ store: {} }, ['store', 'create']],
  [{ passwords: {} }, ['passwords', 'hash']],
  [{ throttle: {} }, ['throttle', 'reserve']],
  [{ store: null }, ['store', 'create', 'null']],
  [{ throttle: null }, ['throttle', 'reserve', 'null']],
  [{ onLogin: null }, ['onLogin', 'function', 'null']],
  [{ throttle: true }, ['throttle', 'reserve']],
  [{ session: 60 }, ['session', 'object', '60']],
  [{ session: null }, ['session', 'object', 'null']],
  [{ session: { ttl: 60 } }, ['session.ttl', 'no option', 'idleMinutes']],
  [{ session: { idleMinutes: '60' } }, ['session.idleMinutes', 'whole number of minutes', "'60'"]],
  [{ session: { idleMinutes: 0 } }, ['session.idleMinutes', 'from 1', '0']],
  [{ session: { idleMinutes: 1.5 } }, ['session.idleMinutes', 'whole', '1.5']],
  [{ session: { idleMinutes: Number.NaN } }, ['session.idleMinutes', 'NaN']],
  [{ session: { idleMinutes: Infinity } }, ['session.idleMinutes', 'Infinity']],
  [{ session: { idleMinutes: null } }, ['session.idleMinutes', 'null']],
  [{ session: { minIdleMinutes: -1 } }, ['session.minIdleMinutes', '-1']],
  [{ session: { maxIdleMinutes: 0 } }, ['session.maxIdleMinutes', '0']],
  [{ session: { absoluteMinutes: 'never' } }, ['session.absoluteMinutes', "'never'"]],
  [{ session: { minIdleMinutes: 90, idleMinutes: 60 } }, ['session.minIdleMinutes', 'session.idleMinutes', '90', '60']],
  [{ session: { idleMinutes: 90, maxIdleMinutes: 60 } }, ['session.idleMinutes', 'session.maxIdleMinutes', '90', '60']],
  [{ session: { idleMinutes: 90, absoluteMinutes: 60 } }, ['session.idleMinutes', 'session.', '90', '60']],
  [{ session: { guests: 'no' } }, ['session.guests', 'true or false', "'no'"]],
  [{ session: { maxStorageBytes: 1 } }, ['session.maxStorageBytes', 'bytes', '1']],
  [{ quotas: [] }, ['quotas', 'object', '[]']],
  [{ quotas: { users: 1 } }, ['quotas.users', 'no option', 'sessions']],
  [{ quotas: { sessions: 0 } }, ['quotas.sessions', 'from 1', '0']],
  [{ quotas: { guestSessions: -1 } }, ['quotas.guestSessions', 'from 0', '-1']],
  [{ quotas: { sessionsPerUser: 0 } }, ['quotas.sessionsPerUser', 'from 1', '0']],
  [{ quotas: { sessions: 5, guestSessions: 6 } }, ['quotas.guestSessions', 'quotas.sessions', '6', '5']],
  [{ quotas: { sessions: 5, sessionsPerUser: 6 } }, ['quotas.sessionsPerUser', 'quotas.sessions', '6', '5']],
  [{ quotas: { whenUserIsFull: 'end-newest' } }, ['quotas.whenUserIsFull', "'end-oldest' or 'refuse'", "'end-newest'"]],
  [{ cookie: 'WASID4D' }, ['cookie', 'object', "'WASID4D'"]],
  [{ cookie: { maxAge: 60 } }, ['cookie.maxAge', 'no option', 'name']],
  [{ cookie: { name: '' } }, ['cookie.name', "''"]],
  [{ cookie: { name: 'a b' } }, ['cookie.name', "'a b'"]],
  [{ cookie: { name: 'a=b' } }, ['cookie.name', "'a=b'"]],
  [{ cookie: { name: 7 } }, ['cookie.name', '7']],
  [{ cookie: { path: 'rest' } }, ['cookie.path', '/', "'rest'"]],
  [{ cookie: { path: '/a;Domain=evil' } }, ['cookie.path', ';']],
  [{ cookie: { domain: 'exa mple' } }, ['cookie.domain', "'exa mple'"]],
  [{ cookie: { domain: '' } }, ['cookie.domain', "''"]],
  [{ cookie: { sameSite: 'Lax' } }, ['cookie.sameSite', "'lax' or 'strict' or 'none'", "'Lax'"]],
  [{ cookie: { secure: 'always' } }, ['cookie.secure', "'auto'", "'always'"]],
  [{ cookie: { partitioned: 1 } }, ['cookie.partitioned', 'true or false', '1']],
  [{ cookie: { secrets: 'secret' } }, ['cookie.secrets', 'array of strings']],
  [{ cookie: { secrets: [''] } }, ['cookie.secrets', 'not empty']],
  [{ headerLogin: true }, ['headerLogin', "'any-request' or 'login-only'", 'true']],
  [{ digestLogin: 'yes' }, ['digestLogin', 'true or false', "'yes'"]],
  [{ allowEmptyPasswords: 0 }, ['allowEmptyPasswords', 'true or false', '0']],
  [{ allowedOrigins: 'https://shop.example.com' }, ['allowedOrigins', 'array', "'https://shop.example.com'"]],
  [{ allowedOrigins: ['shop.example.com'] }, ['allowedOrigins', 'scheme', "'shop.example.com'"]],
  [{ allowedOrigins: ['https://shop.example.com/'] }, ['allowedOrigins', "'https://shop.example.com/'"]],
  [{ allowedOrigins: ['https://shop.example.com:443'] }, ['allowedOrigins', 'port', "'https://shop.example.com:443'"]],
  [{ allowedOrigins: ['*'] }, ['allowedOrigins', "'*'"]],
  [{ allowedOrigins: ['null'] }, ['allowedOrigins', "'null'"]],
  [{ revalidateSeconds: -1 }, ['revalidateSeconds', 'seconds', '-1']],
  [{ providerTimeoutMilliseconds: 0 }, ['providerTimeoutMilliseconds', 'milliseconds', '0']],
  [{ onLogin: 'greet' }, ['onLogin', 'function', "'greet'"]],
  [{ now: 0 }, ['now', 'function', '0']]
]

/** Cookies that no browser would keep, or none as it is meant. */
const wrongCookies: readonly (readonly [cookie: Record<string, unknown>, words: readonly string[]])[] = [
  [{ name: '__Host-id' }, ['cookie.secure', '__Host-', "'auto'"]],
  [{ name: '__Host-id', secure: false }, ['cookie.secure', '__Host-', 'false']],
  [{ name: '__host-id', secure: 'auto' }, ['cookie.secure', '__Host-', "'auto'"]],
  [{ name: '__Host-id', secure: true, domain: 'example.com' }, ['cookie.domain', '__Host-', "'example.com'"]],
  [{ name: '__Host-id', secure: true, path: '/rest' }, ['cookie.path', '__Host-', "'/rest'"]],
  [{ name: '__Secure-id' }, ['cookie.secure', '__Secure-', "'auto'"]],
  [{ name: '__SECURE-id', secure: false }, ['cookie.secure', '__Secure-', 'false']],
  [{ partitioned: true }, ['cookie.secure', 'cookie.partitioned', "'auto'"]],
  [{ sameSite: 'none' }, ['cookie.secure', "cookie.sameSite 'none'", "'auto'"]],
  [{ sameSite: 'none', secure: false }, ['cookie.secure', "cookie.sameSite 'none'", 'false']],
  [{ name: 'x'.repeat(4065) }, ['cookie.name', '4096', '4065']],
  [{ name: 'x'.repeat(4019), secrets: ['secret'] }, ['cookie.name', '4096', '4019']]
]

describe('directoryRouter refuses at start-up', () => {
  it.each([undefined, null, 'provider', 7, []])('what is no object of options: %j', (options) => {
    expect(messageOf(options)).toContain('object of options')
  })

  it.each(wrongOptions)('%j, and names the option, the value and what is wanted', (options, words) => {
    const message = messageOf({ provider, ...options })

    for (const word of words) expect(message).toContain(word)
  })

  it.each(wrongCookies)('A3.3.5: the cookie %j', (cookie, words) => {
    const message = messageOf({ provider, cookie })

    for (const word of words) expect(message).toContain(word)
  })

  it('A6.3.2: to start without a provider, and has no account of its own', () => {
    expect(messageOf({})).toContain('provider is required')
  })

  it.each([{ cookie: { secrets: ['hunter2', ''] } }, { cookie: { secrets: 'hunter2' } }, { cookie: { secrets: ['hunter2', 7] } }])(
    'secrets without showing them',
    (options) => {
      expect(messageOf({ provider, ...options })).not.toContain('hunter2')
    }
  )
})

describe('directoryRouter takes', () => {
  it.each<Record<string, unknown>>([
    { cookie: { name: 'x'.repeat(4064) } },
    { cookie: { name: 'x'.repeat(4018), secrets: ['secret'] } },
    { cookie: { name: '__Host-id', secure: true } },
    { cookie: { name: '__Secure-id', secure: true, domain: 'example.com', path: '/rest' } },
    { cookie: { sameSite: 'none', secure: true, partitioned: true } },
    { session: { idleMinutes: 5 } },
    { session: { absoluteMinutes: 5 } },
    { session: { idleMinutes: 5, minIdleMinutes: 5, maxIdleMinutes: 5, absoluteMinutes: 5 } },
    { quotas: { guestSessions: 0 } },
    { quotas: { sessions: 5, guestSessions: 5, sessionsPerUser: 5 } },
    { throttle: false },
    { allowedOrigins: ['https://shop.example.com', 'http://localhost:4200', 'HTTPS://SHOP.EXAMPLE.NET'] },
    { revalidateSeconds: 0 },
    { session: undefined, quotas: undefined, cookie: undefined, store: undefined, throttle: undefined, now: undefined, onLogin: undefined },
    { session: { idleMinutes: undefined }, cookie: { name: undefined, domain: undefined, secrets: undefined } }
  ])('%j', (options) => {
    expect(() => start({ provider, ...options })).not.toThrow()
  })

  it('the options as they are when it is called, and does not touch them', () => {
    const options = Object.freeze({
      provider,
      cookie: Object.freeze({ secrets: Object.freeze(['a']) }),
      allowedOrigins: Object.freeze(['http://a.b'])
    })

    expect(() => start(options)).not.toThrow()
  })
})
