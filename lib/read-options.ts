import { describeValue } from './checks/describe-value.js'
import { type MemberReader, readerOf } from './checks/member-reader.js'
import { readCookie } from './cookie-options.js'
import { type AllowedOrigins, allowedBy } from './http/allowed-origins.js'
import type { DatastoreFunction, MayLogIn } from './http/host-callbacks.js'
import { localPath } from './http/local-path.js'
import type { OnLogin } from './http/request-directory.js'
import { cureOfGuests, cureOfPasswords, cureOfProvider, cureOfStore, cureOfThrottle, hints, sessionHints } from './option-hints.js'
import { defaults, type DirectoryRouterOptions } from './options.js'
import { hasMD5 } from './passwords/digest-4d.js'
import type { PasswordHasher } from './passwords/password-hasher.js'
import type { SessionQuotas, SessionStore } from './sessions/session-store.js'
import type { DirectoryProvider } from './providers/directory-provider.js'
import type { LoginThrottle } from './auth/throttle/login-throttle.js'

const mostMinutes = 525_600_000
/** 4D's own default and minimum: an idle time under it is a wish of the host that no client may lift. */
const usualIdleMinutes = 60

/** The options without a default in the table. */
const others = ['provider', 'store', 'loginPage', 'allowedOrigins', 'mayLogIn', 'passwords', 'throttle', 'onLogin', 'now']

const storeVerbs = ['create', 'resume', 'update', 'read', 'end', 'endByHandle', 'list', 'count'] as const

/**
 * The options as values: nothing is absent, nothing is in doubt. The caller's objects are not kept.
 *
 * @throws TypeError for a wrong value, an unknown option, or values that contradict each other.
 */
export function readOptions(options: DirectoryRouterOptions) {
  const all = readerOf(options, [...Object.keys(defaults), ...others], 'directoryRouter({ provider })', hints)
  const session = all.inside('session')
  const rest = all.inside('rest')
  const lengths = readLengths(session, rest)
  return {
    provider: readProvider(all),
    store: all.object<SessionStore>('store', { methods: storeVerbs, cure: cureOfStore }),
    session: { ...lengths.session, ...readVisitors(session) },
    quotas: readQuotas(all.inside('quotas')),
    cookie: readCookie(all.inside('cookie'), rest),
    rest: { ...lengths.rest, ...readRest(rest) },
    loginPage: readLoginPage(all),
    allowedOrigins: readAllowedOrigins(all),
    mayLogIn: all.callback<MayLogIn>('mayLogIn'),
    passwords: all.object<PasswordHasher>('passwords', { methods: ['hash', 'verify'], cure: cureOfPasswords }),
    throttle: readThrottle(all),
    revalidateSeconds: all.wholeNumber('revalidateSeconds', { from: 0, to: 86_400, unit: 'seconds' }, defaults.revalidateSeconds),
    providerTimeoutMilliseconds: all.wholeNumber(
      'providerTimeoutMilliseconds',
      { from: 1, to: 600_000, unit: 'milliseconds' },
      defaults.providerTimeoutMilliseconds
    ),
    onLogin: all.callback<OnLogin>('onLogin'),
    now: all.callback<() => number>('now') ?? Date.now
  }
}

function readProvider(all: MemberReader): DirectoryProvider {
  const provider = all.object<DirectoryProvider>('provider', {
    anyOf: ['findUser', 'authenticate'],
    optional: ['findUser', 'authenticate', 'belongsTo', 'findUserByID', 'updatePasswordHash'],
    cure: cureOfProvider
  })
  if (provider === null)
    throw new TypeError('provider is required: an object with findUser or authenticate, such as new StaticProvider({ users, groups })')
  const admitsGuests: unknown = provider.admitsGuests
  if (admitsGuests === undefined || typeof admitsGuests === 'boolean') return provider
  throw new TypeError(`provider.admitsGuests must be true, false or absent, received ${describeValue(admitsGuests)}`)
}

function readThrottle(all: MemberReader): LoginThrottle | false | null {
  if (all.value('throttle') === false) return false
  return all.object<LoginThrottle>('throttle', { methods: ['reserve', 'unlock'], cure: cureOfThrottle })
}

function readLengths(session: MemberReader, rest: MemberReader) {
  const minutes = { from: 1, to: mostMinutes, unit: 'minutes' }
  const absoluteMinutes = session.wholeNumber('absoluteMinutes', minutes, defaults.session.absoluteMinutes)
  const idleMinutes = session.wholeNumber('idleMinutes', minutes, Math.min(defaults.session.idleMinutes, absoluteMinutes))
  const isShort = session.value('idleMinutes') !== undefined && idleMinutes < usualIdleMinutes
  const minIdleMinutes = rest.wholeNumber('minIdleMinutes', minutes, Math.min(defaults.rest.minIdleMinutes, idleMinutes))
  const maxIdleMinutes = rest.wholeNumber('maxIdleMinutes', minutes, isShort ? idleMinutes : absoluteMinutes)
  refuseDisorder({ 'rest.minIdleMinutes': minIdleMinutes, 'session.idleMinutes': idleMinutes, 'rest.maxIdleMinutes': maxIdleMinutes })
  refuseDisorder({ 'session.idleMinutes': idleMinutes, 'session.absoluteMinutes': absoluteMinutes })
  return {
    session: { idleMinutes, absoluteMinutes },
    rest: { minIdleMinutes, maxIdleMinutes: Math.min(maxIdleMinutes, absoluteMinutes) }
  }
}

function readVisitors(session: MemberReader) {
  session.refuseUnknown(Object.keys(defaults.session), sessionHints)
  const guests = session.value('guests')
  const cure = cureOfGuests(guests)
  if (cure !== null) throw session.mistake('guests', "'always' or 'on-write' or 'never'", cure)
  return {
    guests: session.oneOf<'always' | 'on-write' | 'never'>('guests', ['always', 'on-write', 'never'], defaults.session.guests),
    maxStorageBytes: session.wholeNumber('maxStorageBytes', { from: 2, to: 16_777_216, unit: 'bytes' }, defaults.session.maxStorageBytes)
  }
}

function readQuotas(quotas: MemberReader): SessionQuotas {
  quotas.refuseUnknown(Object.keys(defaults.quotas))
  const licences = { from: 1, to: 1_000_000_000, unit: 'sessions' }
  const sessions = quotas.wholeNumber('sessions', licences, Infinity)
  const guestSessions = quotas.wholeNumber('guestSessions', { ...licences, from: 0 }, Infinity)
  const signedInSessions = quotas.wholeNumber('signedInSessions', licences, Infinity)
  const sessionsPerUser = quotas.wholeNumber('sessionsPerUser', licences, Infinity)
  refuseMore({ 'quotas.guestSessions': guestSessions, 'quotas.sessions': sessions })
  refuseMore({ 'quotas.signedInSessions': signedInSessions, 'quotas.sessions': sessions })
  refuseMore({ 'quotas.sessionsPerUser': sessionsPerUser, 'quotas.sessions': sessions })
  refuseMore({ 'quotas.sessionsPerUser': sessionsPerUser, 'quotas.signedInSessions': signedInSessions })
  return {
    sessions,
    guestSessions,
    signedInSessions,
    sessionsPerUser,
    whenUserIsFull: quotas.oneOf('whenUserIsFull', ['end-oldest', 'refuse'], defaults.quotas.whenUserIsFull)
  }
}

function readRest(rest: MemberReader) {
  rest.refuseUnknown([...Object.keys(defaults.rest), 'maxIdleMinutes', 'cookieAlias', 'datastoreFunctions'])
  const digestLogin = rest.boolean('digestLogin', defaults.rest.digestLogin)
  if (digestLogin && !hasMD5())
    throw rest.mistake('digestLogin', 'false on this host: it has no MD5 (FIPS mode), which 4D digests are made of')
  return {
    headerLogin: rest.oneOf<'any-request' | 'login-only'>('headerLogin', ['any-request', 'login-only'], defaults.rest.headerLogin),
    digestLogin,
    allowEmptyPasswords: rest.boolean('allowEmptyPasswords', defaults.rest.allowEmptyPasswords),
    datastoreFunctions: readDatastoreFunctions(rest.inside('datastoreFunctions'))
  }
}

function readDatastoreFunctions(functions: MemberReader): ReadonlyMap<string, DatastoreFunction> {
  return new Map(
    functions.names().flatMap((name) => {
      if (!/^\w+$/.test(name)) throw functions.mistake(name, 'named with letters, digits and _ alone, as it stands in a URL')
      const answer = functions.callback<DatastoreFunction>(name)
      return answer === null ? [] : [[name, answer] as const]
    })
  )
}

function readLoginPage(all: MemberReader): string | null {
  const wanted = 'a path of this site such as /login'
  const page = all.text('loginPage', { form: /^\/[^#\\\s\p{Cc}]*$/u, wanted }, null)
  if (page === null) return null
  const path = localPath(page)
  if (path === null) throw all.mistake('loginPage', wanted)
  return path
}

function readAllowedOrigins(all: MemberReader): AllowedOrigins {
  const given = all.value('allowedOrigins')
  if (typeof given === 'function') return allowedBy(given as (origin: string) => unknown)
  return new Set(all.texts('allowedOrigins').map(readOrigin))
}

function readOrigin(origin: string): string {
  if (origin === 'null') throw new TypeError("allowedOrigins must not hold 'null': any sandboxed page of anybody has that origin")
  const [, scheme = '', host = ''] = /^([a-z][a-z\d+.-]*):\/\/([^\s/?#@]+)$/i.exec(origin) ?? []
  const standard = URL.canParse(origin) ? new URL(origin).origin : 'null'
  // Browsers know the schemes of the web alone: an app's own, such as capacitor://localhost, has no standard form, and is compared as it is.
  const isRight = standard === 'null' ? !/^file$/i.test(scheme) : standard === origin.toLowerCase()
  if (host !== '' && isRight && !origin.includes('*')) return origin.toLowerCase()
  throw new TypeError(
    `allowedOrigins must hold origins such as https://shop.example.com: a scheme, a host, and a port where it is not the usual one, received ${describeValue(origin)}${cureOfOrigin(origin, standard)}`
  )
}

function cureOfOrigin(origin: string, standard: string): string {
  if (origin.includes('*')) return '; for more than can be listed, write a function: allowedOrigins: (origin) => ...'
  if (standard !== 'null') return `; write ${standard}`
  return URL.canParse(`https://${origin}`) ? `; write ${new URL(`https://${origin}`).origin}` : ''
}

function refuseMore(values: Readonly<Record<string, number>>): void {
  if (!Object.values(values).includes(Infinity)) refuseDisorder(values)
}

/** Throws unless the values rise, or stay, from the first to the last. */
function refuseDisorder(values: Readonly<Record<string, number>>): void {
  const entries = Object.entries(values)
  entries.forEach(([name, value], index) => {
    const next = entries[index + 1]
    if (next && value > next[1]) throw new TypeError(`${name} must be at most ${next[0]} (${next[1]}), received ${value}`)
  })
}
