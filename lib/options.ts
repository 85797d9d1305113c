import { inspect } from 'node:util'

import type { SessionCookieOptions } from './http/session-cookie.js'
import type { OnLogin } from './http/request-directory.js'
import type { PasswordHasher } from './passwords/password-hasher.js'
import type { SessionQuotas, SessionStore } from './sessions/session-store.js'
import type { DirectoryProvider } from './providers/directory-provider.js'
import type { LoginThrottle } from './auth/throttle/login-throttle.js'
import { OptionReader } from './option-reader.js'

/** The options of `directoryRouter`. They are checked when it is called, with an error that names the option, and are not looked at again. */
export interface DirectoryRouterOptions {
  /** Where users and groups come from: the only thing required. */
  readonly provider: DirectoryProvider
  /** Where sessions are kept. Default `new LruSessionStore()`. */
  readonly store?: SessionStore
  readonly session?: {
    /** Minutes that a session lives without a request. Default 60. */
    readonly idleMinutes?: number
    /** The least that `session-4D-length` is raised to; binds nothing else. Default the smaller of 60 and `idleMinutes`. */
    readonly minIdleMinutes?: number
    /** The most that a client or `login` may ask for. Default `absoluteMinutes`. */
    readonly maxIdleMinutes?: number
    /** However active, a session ends then. Default 43200: 30 days. */
    readonly absoluteMinutes?: number
    /** Whether visitors get a session before they log in, as in 4D. Default `true`. */
    readonly guests?: boolean
    /** The most that one session may store, as JSON. Default 65536. */
    readonly maxStorageBytes?: number
  }
  /** Licences. Unlimited unless set. */
  readonly quotas?: {
    /** All sessions, guests included. */
    readonly sessions?: number
    readonly guestSessions?: number
    readonly sessionsPerUser?: number
    /** Default `'end-oldest'`: the one with the oldest login gives way. */
    readonly whenUserIsFull?: 'end-oldest' | 'refuse'
  }
  readonly cookie?: {
    /** Default `WASID4D`. */
    readonly name?: string
    /** Default `/`. */
    readonly path?: string
    /** Default none: the host alone. */
    readonly domain?: string
    /** Default `'lax'`. */
    readonly sameSite?: 'lax' | 'strict' | 'none'
    /** Default `'auto'`: where `req.secure` says HTTPS. */
    readonly secure?: boolean | 'auto'
    /** Default `false`. */
    readonly partitioned?: boolean
    /** Signs the value as cookie-parser does; the first signs, all verify. Default none. */
    readonly secrets?: readonly string[]
  }
  /** Whether credential headers log in on any URL, as in 4D, or on `$directory/login` alone. Default `'any-request'`. */
  readonly headerLogin?: 'any-request' | 'login-only'
  /** `false` refuses `hashed-password-4D`. Default `true`. */
  readonly digestLogin?: boolean
  /** Default `false`: an empty password never reaches the provider. */
  readonly allowEmptyPasswords?: boolean
  /** Origins whose pages may log in and out, such as `https://shop.example.com`. Default none but the own. */
  readonly allowedOrigins?: readonly string[]
  /** Default `new BcryptPool()`. */
  readonly passwords?: PasswordHasher
  /** Default `new MemoryLoginThrottle()`; `false`: none. */
  readonly throttle?: LoginThrottle | false
  /** How often a live session's user is looked up again, where the provider can. Default 60. */
  readonly revalidateSeconds?: number
  /** Default 5000. */
  readonly providerTimeoutMilliseconds?: number
  /** What the new session starts with, beside what it carries on. */
  readonly onLogin?: OnLogin
  /** Default `Date.now`. */
  readonly now?: () => number
}

/** The options as values: nothing is absent, nothing is in doubt. */
export interface CheckedOptions {
  readonly provider: DirectoryProvider
  readonly store: SessionStore | null
  readonly idleMinutes: number
  readonly minIdleMinutes: number
  readonly maxIdleMinutes: number
  readonly absoluteMinutes: number
  readonly guests: boolean
  readonly maxStorageBytes: number
  readonly quotas: SessionQuotas
  readonly cookie: SessionCookieOptions
  readonly headerLogin: 'any-request' | 'login-only'
  readonly digestLogin: boolean
  readonly allowEmptyPasswords: boolean
  readonly allowedOrigins: ReadonlySet<string>
  readonly passwords: PasswordHasher | null
  readonly throttle: LoginThrottle | false | null
  readonly revalidateSeconds: number
  readonly providerTimeoutMilliseconds: number
  readonly onLogin: OnLogin | null
  readonly now: () => number
}

/** Every default that is a plain value. The README's tables are compared with it. */
export const defaults = {
  session: { idleMinutes: 60, minIdleMinutes: 60, absoluteMinutes: 43_200, guests: true, maxStorageBytes: 65_536 },
  quotas: { sessions: Infinity, guestSessions: Infinity, sessionsPerUser: Infinity, whenUserIsFull: 'end-oldest' },
  cookie: { name: 'WASID4D', path: '/', sameSite: 'lax', secure: 'auto', partitioned: false },
  headerLogin: 'any-request',
  digestLogin: true,
  allowEmptyPasswords: false,
  revalidateSeconds: 60,
  providerTimeoutMilliseconds: 5000
} as const

const mostMinutes = 525_600_000
const largestCookieBytes = 4096

/**
 * Checks the options and fills in the defaults. The caller's objects are not kept.
 *
 * @throws TypeError for a wrong type, an unknown option, or values that contradict each other; RangeError for a number out of bounds.
 */
export function readOptions(options: DirectoryRouterOptions): CheckedOptions {
  const all = new OptionReader('', options)
  all.refuseUnknown([...Object.keys(defaults), 'provider', 'store', 'allowedOrigins', 'passwords', 'throttle', 'onLogin', 'now'])
  const session = readSession(all.group('session'))
  return {
    provider: readProvider(all),
    store: all.object<SessionStore>('store', ['create', 'resume', 'update', 'read', 'end', 'endByHandle', 'list', 'count']),
    ...session,
    quotas: readQuotas(all.group('quotas')),
    cookie: readCookie(all.group('cookie')),
    headerLogin: all.oneOf('headerLogin', ['any-request', 'login-only'], defaults.headerLogin),
    digestLogin: all.boolean('digestLogin', defaults.digestLogin),
    allowEmptyPasswords: all.boolean('allowEmptyPasswords', defaults.allowEmptyPasswords),
    allowedOrigins: new Set(all.strings('allowedOrigins').map(readOrigin)),
    passwords: all.object<PasswordHasher>('passwords', ['hash', 'verify']),
    throttle: all.value('throttle') === false ? false : all.object<LoginThrottle>('throttle', ['reserve', 'unlock']),
    revalidateSeconds: all.number('revalidateSeconds', { from: 0, to: 86_400 }, 'seconds', defaults.revalidateSeconds),
    providerTimeoutMilliseconds: all.number(
      'providerTimeoutMilliseconds',
      { from: 1, to: 600_000 },
      'milliseconds',
      defaults.providerTimeoutMilliseconds
    ),
    onLogin: all.callback<OnLogin>('onLogin'),
    now: all.callback<() => number>('now') ?? Date.now
  }
}

function readProvider(all: OptionReader): DirectoryProvider {
  const provider = all.object<DirectoryProvider>('provider', ['belongsTo'])
  if (provider === null)
    throw new TypeError(
      'provider is required: an object with findUser or authenticate, and belongsTo, such as new StaticProvider({ users, groups })'
    )
  for (const member of ['findUser', 'authenticate', 'findUserByID', 'updatePasswordHash'] as const) {
    const value: unknown = Reflect.get(provider, member)
    if (value !== undefined && typeof value !== 'function')
      throw new TypeError(`provider.${member} must be a function or absent, received ${inspect(value)}`)
  }
  if (provider.findUser === undefined && provider.authenticate === undefined)
    throw new TypeError('provider must have findUser or authenticate, received neither')
  return provider
}

function readSession(session: OptionReader) {
  session.refuseUnknown([...Object.keys(defaults.session), 'maxIdleMinutes'])
  const minutes = { from: 1, to: mostMinutes }
  const absoluteMinutes = session.number('absoluteMinutes', minutes, 'minutes', defaults.session.absoluteMinutes)
  const idleMinutes = session.number('idleMinutes', minutes, 'minutes', Math.min(defaults.session.idleMinutes, absoluteMinutes))
  const minIdleMinutes = session.number('minIdleMinutes', minutes, 'minutes', Math.min(defaults.session.minIdleMinutes, idleMinutes))
  const maxIdleMinutes = session.number('maxIdleMinutes', minutes, 'minutes', absoluteMinutes)
  refuseDisorder({ 'session.minIdleMinutes': minIdleMinutes, 'session.idleMinutes': idleMinutes, 'session.maxIdleMinutes': maxIdleMinutes })
  refuseDisorder({ 'session.idleMinutes': idleMinutes, 'session.absoluteMinutes': absoluteMinutes })
  return {
    idleMinutes,
    minIdleMinutes,
    maxIdleMinutes,
    absoluteMinutes,
    guests: session.boolean('guests', defaults.session.guests),
    maxStorageBytes: session.number('maxStorageBytes', { from: 2, to: 16_777_216 }, 'bytes', defaults.session.maxStorageBytes)
  }
}

function readQuotas(quotas: OptionReader): SessionQuotas {
  quotas.refuseUnknown(Object.keys(defaults.quotas))
  const licences = { from: 1, to: 1_000_000_000 }
  const sessions = quotas.number('sessions', licences, 'sessions', Infinity)
  const guestSessions = quotas.number('guestSessions', { ...licences, from: 0 }, 'sessions', Infinity)
  const sessionsPerUser = quotas.number('sessionsPerUser', licences, 'sessions', Infinity)
  if (guestSessions !== Infinity) refuseDisorder({ 'quotas.guestSessions': guestSessions, 'quotas.sessions': sessions })
  if (sessionsPerUser !== Infinity) refuseDisorder({ 'quotas.sessionsPerUser': sessionsPerUser, 'quotas.sessions': sessions })
  return {
    sessions,
    guestSessions,
    signedInSessions: Infinity,
    sessionsPerUser,
    whenUserIsFull: quotas.oneOf('whenUserIsFull', ['end-oldest', 'refuse'], defaults.quotas.whenUserIsFull)
  }
}

// What is refused here no browser would keep, or none would keep as it is meant (RFC 6265bis sections 4.1.2, 4.1.3 and 5.7).
function readCookie(cookie: OptionReader): SessionCookieOptions {
  cookie.refuseUnknown([...Object.keys(defaults.cookie), 'domain', 'secrets'])
  const name = cookie.text(
    'name',
    /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/,
    "a cookie name: letters, digits and !#$%&'*+-.^_`|~",
    defaults.cookie.name
  )
  const path = cookie.text(
    'path',
    /^\/[^;\p{Cc}]*$/u,
    'a path that starts with / and holds no ; and no control characters',
    defaults.cookie.path
  )
  const domain =
    cookie.value('domain') === undefined
      ? null
      : cookie.text('domain', /^\.?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'a host name such as example.com', '')
  const sameSite = cookie.oneOf<SessionCookieOptions['sameSite']>('sameSite', ['lax', 'strict', 'none'], defaults.cookie.sameSite)
  const secure = cookie.oneOf<boolean | 'auto'>('secure', [true, false, 'auto'], defaults.cookie.secure)
  const partitioned = cookie.boolean('partitioned', defaults.cookie.partitioned)
  const secrets = cookie.strings('secrets', true)
  const demands = [
    [/^__secure-/i.test(name), 'a name that starts with __Secure-'],
    [/^__host-/i.test(name), 'a name that starts with __Host-'],
    [partitioned, 'cookie.partitioned'],
    [sameSite === 'none', "cookie.sameSite 'none'"]
  ] as const
  for (const [isSet, what] of demands) {
    if (isSet && secure !== true)
      throw new TypeError(`cookie.secure must be true with ${what}, received ${inspect(secure)}: browsers drop the cookie otherwise`)
  }
  if (/^__host-/i.test(name) && (domain !== null || path !== '/')) {
    throw new TypeError(
      `cookie.path must be / and cookie.domain absent with a name that starts with __Host-, received ${inspect({ path, domain })}`
    )
  }
  const idBytes = 32
  const signatureBytes = secrets.length === 0 ? 0 : 46
  if (name.length + idBytes + signatureBytes > largestCookieBytes) {
    throw new RangeError(
      `cookie.name must leave room for the id within ${largestCookieBytes} bytes of name and value, received ${name.length} characters`
    )
  }
  return { name, path, domain, sameSite, secure, partitioned, secrets }
}

function readOrigin(origin: string): string {
  const wanted = 'must hold origins such as https://shop.example.com: a scheme, a host, and a port where it is not the usual one'
  if (origin === 'null') throw new TypeError("allowedOrigins must not hold 'null': any sandboxed page of anybody has that origin")
  if (!URL.canParse(origin) || new URL(origin).origin !== origin.toLowerCase())
    throw new TypeError(`allowedOrigins ${wanted}, received ${inspect(origin)}`)
  return origin.toLowerCase()
}

/** Throws unless the values rise, or stay, from the first to the last. */
function refuseDisorder(values: Readonly<Record<string, number>>): void {
  const entries = Object.entries(values)
  entries.forEach(([name, value], index) => {
    const next = entries[index + 1]
    if (next && value > next[1]) throw new RangeError(`${name} must be at most ${next[0]} (${next[1]}), received ${value}`)
  })
}
