import session from 'express-session'
import { Pool } from 'pg'
import { createClient } from 'redis'
import { describe, expect, it } from 'vitest'

import { BcryptPool, directoryRouter, LruSessionStore, StaticProvider } from '../lib/index.js'

const provider = new StaticProvider({ users: [] })

/** Called as plain JavaScript calls it. */
const start = directoryRouter as unknown as (options: unknown) => unknown

function messageOf(options: unknown): string {
  try {
    start(options)
  } catch (error) {
    return error instanceof TypeError ? error.message : `not the right class: ${String(error)}`
  }
  return 'nothing was thrown'
}

/** The option with a wrong value, and the words that the error has to hold: its name, the value, what is wanted. */
const wrongOptions: readonly (readonly [options: Record<string, unknown>, words: readonly string[]])[] = [
  [{ provider: undefined }, ['provider', 'required', 'StaticProvider']],
  [{ provider: null }, ['provider', 'findUser or authenticate', 'null']],
  [{ provider: {} }, ['provider', 'findUser or authenticate', '{}']],
  [{ provider: { belongsTo: () => true } }, ['provider', 'findUser or authenticate', 'an object with belongsTo']],
  [{ provider: { belongsTo: () => true, findUser: 'SELECT' } }, ['provider.findUser', 'function', 'SELECT']],
  [{ provider: { belongsTo: () => true, authenticate: 7 } }, ['provider.authenticate', 'function', '7']],
  [{ provider: { belongsTo: () => true, findUser: () => null, findUserByID: 7 } }, ['provider.findUserByID', 'function', '7']],
  [{ provider: { belongsTo: () => true, findUser: () => null, updatePasswordHash: 7 } }, ['provider.updatePasswordHash', 'function', '7']],
  [{ provider: { belongsTo: 7, findUser: () => null } }, ['provider.belongsTo', 'function', '7']],
  [{ provider: { admitsGuests: 'no', findUser: () => null } }, ['provider.admitsGuests', 'true, false or absent', "'no'"]],
  [{ providr: 7 }, ['Unknown option providr. ', 'Did you mean provider?', 'Known options: ', 'allowedOrigins']],
  [{ store: {} }, ['store', 'create']],
  [{ passwords: {} }, ['passwords', 'hash']],
  [{ throttle: {} }, ['throttle', 'reserve']],
  [{ store: null }, ['store', 'create', 'null']],
  [{ throttle: null }, ['throttle', 'reserve', 'null']],
  [{ onLogin: null }, ['onLogin', 'function', 'null']],
  [{ throttle: true }, ['throttle', 'reserve']],
  [{ session: 60 }, ['session', 'object', '60']],
  [{ session: null }, ['session', 'object', 'null']],
  [{ session: { idelMinutes: 60 } }, ['Unknown option session.idelMinutes. ', 'Did you mean idleMinutes?', 'Known options: idleMinutes, ']],
  [{ session: { idleMinutes: '60' } }, ['session.idleMinutes', 'whole number of minutes', "'60'"]],
  [{ session: { idleMinutes: 0 } }, ['session.idleMinutes', 'from 1', '0']],
  [{ session: { idleMinutes: 1.5 } }, ['session.idleMinutes', 'whole', '1.5']],
  [{ session: { idleMinutes: Number.NaN } }, ['session.idleMinutes', 'NaN']],
  [{ session: { idleMinutes: Infinity } }, ['session.idleMinutes', 'Infinity']],
  [{ session: { idleMinutes: null } }, ['session.idleMinutes', 'null']],
  [{ rest: { minIdleMinutes: -1 } }, ['rest.minIdleMinutes', '-1']],
  [{ rest: { maxIdleMinutes: 0 } }, ['rest.maxIdleMinutes', '0']],
  [{ session: { absoluteMinutes: 'never' } }, ['session.absoluteMinutes', "'never'"]],
  [{ session: { idleMinutes: 60 }, rest: { minIdleMinutes: 90 } }, ['rest.minIdleMinutes', 'session.idleMinutes', '90', '60']],
  [{ session: { idleMinutes: 90 }, rest: { maxIdleMinutes: 60 } }, ['session.idleMinutes', 'rest.maxIdleMinutes', '90', '60']],
  [{ session: { idleMinutes: 90, absoluteMinutes: 60 } }, ['session.idleMinutes', 'session.', '90', '60']],
  [{ session: { guests: 'no' } }, ['session.guests', "'always' or 'on-write' or 'never'", "'no'"]],
  [{ session: { maxStorageBytes: 1 } }, ['session.maxStorageBytes', 'bytes', '1']],
  [{ quotas: [] }, ['quotas', 'object', '[]']],
  [{ quotas: { users: 1 } }, ['Unknown option quotas.users. ', 'Known options: sessions, ']],
  [{ quotas: { sessions: 0 } }, ['quotas.sessions', 'from 1', '0']],
  [{ quotas: { guestSessions: -1 } }, ['quotas.guestSessions', 'from 0', '-1']],
  [{ quotas: { sessionsPerUser: 0 } }, ['quotas.sessionsPerUser', 'from 1', '0']],
  [{ quotas: { sessions: 5, guestSessions: 6 } }, ['quotas.guestSessions', 'quotas.sessions', '6', '5']],
  [{ quotas: { signedInSessions: 0 } }, ['quotas.signedInSessions', 'from 1', '0']],
  [{ quotas: { sessions: 5, signedInSessions: 6 } }, ['quotas.signedInSessions', 'quotas.sessions', '6', '5']],
  [{ quotas: { signedInSessions: 5, sessionsPerUser: 6 } }, ['quotas.sessionsPerUser', 'quotas.signedInSessions', '6', '5']],
  [{ quotas: { sessions: 5, sessionsPerUser: 6 } }, ['quotas.sessionsPerUser', 'quotas.sessions', '6', '5']],
  [{ quotas: { whenUserIsFull: 'end-newest' } }, ['quotas.whenUserIsFull', "'end-oldest' or 'refuse'", "'end-newest'"]],
  [{ cookie: 'WASID4D' }, ['cookie', 'object', "'WASID4D'"]],
  [{ cookie: { persistent: 'no' } }, ['cookie.persistent', 'true or false', "'no'"]],
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
  [{ rest: true }, ['rest', 'object', 'true']],
  [{ rest: { headerLogin: true } }, ['rest.headerLogin', "'any-request' or 'login-only'", 'true']],
  [{ rest: { digestLogin: 'yes' } }, ['rest.digestLogin', 'true or false', "'yes'"]],
  [{ rest: { allowEmptyPasswords: 0 } }, ['rest.allowEmptyPasswords', 'true or false', '0']],
  [{ rest: { cookieAlias: 'a b' } }, ['rest.cookieAlias', 'cookie name', "'a b'"]],
  [{ rest: { cookieAlias: 'WASID4D' } }, ['rest.cookieAlias', 'another name', 'cookie.name']],
  [{ rest: { datastoreFunctions: () => true } }, ['rest.datastoreFunctions', 'object', 'function']],
  [{ rest: { datastoreFunctions: { authentify: true } } }, ['rest.datastoreFunctions.authentify', 'function', 'true']],
  [{ rest: { datastoreFunctions: { 'log in': () => true } } }, ['rest.datastoreFunctions["log in"]', 'letters, digits and _']],
  [{ rest: { datastoreFunctions: { 'a/b': () => true } } }, ['rest.datastoreFunctions["a/b"]', 'letters, digits and _']],
  [{ loginPage: true }, ['loginPage', 'path', 'true']],
  [{ loginPage: 'login' }, ['loginPage', 'path', "'login'"]],
  [{ loginPage: 'https://id.example.com/' }, ['loginPage', 'path', "'https://id.example.com/'"]],
  [{ loginPage: '//evil.example' }, ['loginPage', 'path', "'//evil.example'"]],
  [{ loginPage: '/.//evil.example' }, ['loginPage', 'path', "'/.//evil.example'"]],
  [{ loginPage: '/\\\\evil.example' }, ['loginPage', 'path', 'evil.example']],
  [{ loginPage: '/login#form' }, ['loginPage', 'path', "'/login#form'"]],
  [{ mayLogIn: true }, ['mayLogIn', 'function', 'true']],
  [{ allowedOrigins: 'https://shop.example.com' }, ['allowedOrigins', 'array', "'https://shop.example.com'"]],
  [{ allowedOrigins: ['shop.example.com'] }, ['allowedOrigins', 'scheme', "'shop.example.com'", 'write https://shop.example.com']],
  [{ allowedOrigins: ['https://shop.example.com/'] }, ['allowedOrigins', "'https://shop.example.com/'", 'write https://shop.example.com']],
  [{ allowedOrigins: ['https://shop.example.com:443'] }, ['allowedOrigins', 'port', "'https://shop.example.com:443'"]],
  [{ allowedOrigins: ['https://shop.example.com', 7] }, ['allowedOrigins', 'array', '[1]', '7']],
  [{ allowedOrigins: ['*'] }, ['allowedOrigins', "'*'", 'function']],
  [{ allowedOrigins: ['https://*.example.com'] }, ['allowedOrigins', "'https://*.example.com'", 'function']],
  [{ allowedOrigins: ['capacitor://localhost/'] }, ['allowedOrigins', "'capacitor://localhost/'"]],
  [{ allowedOrigins: ['file://localhost'] }, ['allowedOrigins', "'file://localhost'"]],
  [{ allowedOrigins: ['null'] }, ['allowedOrigins', "'null'"]],
  [{ revalidateSeconds: -1 }, ['revalidateSeconds', 'seconds', '-1']],
  [{ providerTimeoutMilliseconds: 0 }, ['providerTimeoutMilliseconds', 'milliseconds', '0']],
  [{ onLogin: 'greet' }, ['onLogin', 'function', "'greet'"]],
  [{ now: 0 }, ['now', 'function', '0']]
]

/** What is often written instead of the right thing, and the words that lead to it. */
const knownMistakes: readonly (readonly [options: Record<string, unknown>, words: readonly string[]])[] = [
  [{ passwords: { cost: 12 } }, ['passwords', 'new BcryptPool({ cost: 12 })']],
  [{ passwords: BcryptPool }, ['passwords', 'the class BcryptPool', 'new BcryptPool(']],
  [{ cost: 12 }, ['Unknown option cost. ', 'new BcryptPool({ cost })']],
  [{ throttle: { failuresPerAccount: 5 } }, ['throttle', 'new MemoryLoginThrottle({ failuresPerAccount: 5 })']],
  [{ throttle: true }, ['throttle', 'leave it out']],
  [{ store: { maxGuests: 5 } }, ['store', 'new LruSessionStore({ maxGuests: 5 })']],
  [{ store: Promise.resolve(new LruSessionStore()) }, ['store', 'a promise', 'await']],
  [{ store: LruSessionStore }, ['store', 'the class LruSessionStore', 'new LruSessionStore(']],
  [{ store: new session.MemoryStore() }, ['store', 'an instance of MemoryStore', 'express-session', 'RedisSessionStore']],
  [{ store: new Pool() }, ['store', 'new PostgresSessionStore({ pool })']],
  [{ store: createClient() }, ['store', 'new RedisSessionStore({ client })']],
  [{ store: 'redis://default:hunter2@localhost' }, ['store', 'redis://default:***@localhost']],
  [{ provider: Promise.resolve(provider) }, ['provider', 'a promise', 'await']],
  [{ provider: StaticProvider }, ['provider', 'the class StaticProvider', 'new StaticProvider(']],
  [{ provider: { users: [] } }, ['provider', 'new StaticProvider({ users, groups })']],
  [{ users: [] }, ['Unknown option users. ', 'new StaticProvider({ users, groups })']],
  [{ secret: 'hunter2' }, ['Unknown option secret. ', 'cookie.secrets']],
  [{ resave: false }, ['Unknown option resave. ', 'Leave it out']],
  [{ rolling: true }, ['Unknown option rolling. ', 'Leave it out']],
  [{ saveUninitialized: false }, ['Unknown option saveUninitialized. ', "session.guests: 'on-write'"]],
  [{ name: 'sid' }, ['Unknown option name. ', 'cookie.name']],
  [{ cookie: { maxAge: 60_000 } }, ['Unknown option cookie.maxAge. ', 'session.idleMinutes', 'minutes']],
  [{ cookie: { expires: new Date(0) } }, ['Unknown option cookie.expires. ', 'session.idleMinutes']],
  [{ cookie: { httpOnly: true } }, ['Unknown option cookie.httpOnly. ', 'always']],
  [{ session: { ttl: 60 } }, ['Unknown option session.ttl. ', 'session.idleMinutes']],
  [{ headerLogin: 'login-only' }, ['Unknown option headerLogin. ', 'rest.headerLogin']],
  [{ digestLogin: false }, ['Unknown option digestLogin. ', 'rest.digestLogin']],
  [{ allowEmptyPasswords: true }, ['Unknown option allowEmptyPasswords. ', 'rest.allowEmptyPasswords']],
  [{ session: { minIdleMinutes: 5 } }, ['Unknown option session.minIdleMinutes. ', 'rest.minIdleMinutes']],
  [{ session: { maxIdleMinutes: 5 } }, ['Unknown option session.maxIdleMinutes. ', 'rest.maxIdleMinutes']],
  [{ session: { guests: true } }, ['session.guests', "received true; write 'always'"]],
  [{ session: { guests: false } }, ['session.guests', "received false; write 'never'"]]
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

  it.each(knownMistakes)('the known mistake %o, and leads to the right thing', (options, words) => {
    const message = messageOf({ provider, ...options })

    for (const word of words) expect(message).toContain(word)
    expect(message).not.toContain('hunter2')
  })

  it.each([
    [{ cookieAlias: '4DSID_App' }, { name: '__Host-id', secure: true }, 'prefix'],
    [{ cookieAlias: '__Host-other' }, { name: 'id', secure: true }, 'prefix'],
    [{ cookieAlias: '__Host-other' }, { name: '__Secure-id', secure: true }, 'prefix'],
    [{ cookieAlias: 'x'.repeat(4065) }, {}, '4096']
  ])('A3.3.5: the alias %o of the cookie %o', (rest, cookie, word) => {
    const message = messageOf({ provider, rest, cookie })

    expect(message).toContain('rest.cookieAlias')
    expect(message).toContain(word)
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
    { session: { idleMinutes: 5, absoluteMinutes: 5 }, rest: { minIdleMinutes: 5, maxIdleMinutes: 5 } },
    { session: { guests: 'on-write' }, cookie: { persistent: false }, loginPage: '/login?from=shop', mayLogIn: () => true },
    { rest: { cookieAlias: '4DSID_App' } },
    { provider: { findUser: () => null } },
    { provider: { authenticate: () => null, admitsGuests: false } },
    { rest: { cookieAlias: '__host-other' }, cookie: { name: '__Host-id', secure: true } },
    { rest: { datastoreFunctions: { authentify: () => true, log_in2: undefined } } },
    { allowedOrigins: ['capacitor://localhost', 'ionic://localhost', 'chrome-extension://abcdefghijklmnop', 'http://[::1]:8080'] },
    { allowedOrigins: (origin: string) => origin.endsWith('.example.com') },
    { rest: undefined, loginPage: undefined, mayLogIn: undefined, allowedOrigins: undefined },
    { quotas: { guestSessions: 0 } },
    { quotas: { sessions: 5, guestSessions: 5, signedInSessions: 5, sessionsPerUser: 5 } },
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
