import { hasMethods } from './checks/has-methods.js'
import type { Hints } from './checks/member-reader.js'

/** What to write instead of options of 0.1.0 that have moved, of express-session and cookie-session, and of providers and pools that were not made. */
export const hints = {
  headerLogin: 'It is rest.headerLogin now. ',
  digestLogin: 'It is rest.digestLogin now. ',
  allowEmptyPasswords: 'It is rest.allowEmptyPasswords now. ',
  users: 'Write provider: new StaticProvider({ users, groups }). ',
  groups: 'Write provider: new StaticProvider({ users, groups }). ',
  cost: 'Write passwords: new BcryptPool({ cost }). ',
  secret: "Write cookie.secrets: ['...'], of which the first signs and all verify. ",
  keys: "Write cookie.secrets: ['...'], of which the first signs and all verify. ",
  name: 'Write cookie.name. ',
  path: 'Write cookie.path. ',
  domain: 'Write cookie.domain. ',
  sameSite: 'Write cookie.sameSite. ',
  secure: 'Write cookie.secure. ',
  maxAge: 'Write session.idleMinutes, in minutes. ',
  ttl: 'Write session.idleMinutes, in minutes. ',
  resave: 'Leave it out: what a session stores is written by update alone. ',
  rolling: 'Leave it out: every request of a live session moves its end. ',
  saveUninitialized: "Write session.guests: 'on-write' for saveUninitialized: false, 'always' for true. ",
  genid: 'Leave it out: ids are 128 random bits. ',
  proxy: "Write app.set('trust proxy', ...), which Express and this package both read. ",
  unset: 'Leave it out: logout ends the session. ',
  httpOnly: 'Leave it out: the cookie is always HttpOnly. ',
  overwrite: 'Leave it out: the cookie of an answer is always one. ',
  signed: 'Write cookie.secrets, and the cookie is signed. '
} satisfies Hints

const { maxAge, ttl, rolling, saveUninitialized, name, secret, keys, httpOnly, overwrite, signed } = hints

export const sessionHints: Hints = {
  ...{ maxAge, ttl, rolling, saveUninitialized, name, secret },
  minIdleMinutes: 'It is rest.minIdleMinutes now. ',
  maxIdleMinutes: 'It is rest.maxIdleMinutes now. ',
  cookie: 'It stands beside session, not inside it. '
}

export const cookieHints: Hints = {
  ...{ httpOnly, signed, secret, keys, overwrite },
  maxAge: 'Write session.idleMinutes, in minutes, from which Max-Age is made; cookie.persistent: false leaves Max-Age out. ',
  expires: 'Write session.idleMinutes, in minutes, from which Max-Age is made; cookie.persistent: false leaves Max-Age out. ',
  alias: 'It is rest.cookieAlias. '
}

/** What `session.guests` was called in 0.1.0. */
export function cureOfGuests(value: unknown): string | null {
  if (typeof value !== 'boolean') return null
  return `write ${value ? "'always'" : "'never'"}`
}

export function cureOfProvider(value: unknown): string | null {
  return hasAny(value, ['users', 'groups']) ? 'write new StaticProvider({ users, groups })' : null
}

export function cureOfPasswords(value: unknown): string | null {
  return optionsGiven(value, 'BcryptPool', ['cost', 'threads', 'maxWaiting'])
}

export function cureOfThrottle(value: unknown): string | null {
  if (value === true || value === null) return 'leave it out for new MemoryLoginThrottle(); false is none'
  return optionsGiven(value, 'MemoryLoginThrottle', ['maxKeys', 'failuresPerAccount', 'failuresPerAccountAndAddress', 'failuresPerAddress'])
}

export function cureOfStore(value: unknown): string | null {
  if (hasAny(value, ['client'])) return 'write new RedisSessionStore({ client })'
  if (hasAny(value, ['pool'])) return 'write new PostgresSessionStore({ pool })'
  if (hasMethods(value, ['get', 'set', 'destroy']) && !hasMethods(value, ['eval']))
    return "a store of express-session does not fit; there are LruSessionStore, RedisSessionStore ('express-4d-directory/redis') and PostgresSessionStore ('express-4d-directory/postgres')"
  if (hasMethods(value, ['sendCommand']) || hasMethods(value, ['eval'])) return 'write new RedisSessionStore({ client })'
  if (hasMethods(value, ['query', 'connect'])) return 'write new PostgresSessionStore({ pool })'
  return optionsGiven(value, 'LruSessionStore', ['maxSignedIn', 'maxGuests', 'maxUnconfirmed'])
}

/** Options that were given where the thing that takes them is wanted. */
function optionsGiven(value: unknown, className: string, names: readonly string[]): string | null {
  const given = names.filter((name) => hasAny(value, [name]))
  if (given.length === 0) return null
  const shown = given.map((name) => {
    const option: unknown = Reflect.get(value as object, name)
    return typeof option === 'number' ? `${name}: ${option}` : name
  })
  return `write new ${className}({ ${shown.join(', ')} })`
}

function hasAny(value: unknown, names: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && names.some((name) => name in value)
}
