import { describeValue } from './checks/describe-value.js'
import type { MemberReader, TextForm } from './checks/member-reader.js'
import type { SessionCookieOptions } from './http/session-cookie.js'
import { cookieHints } from './option-hints.js'
import { defaults } from './options.js'

const largestCookieBytes = 4096
const idBytes = 32
const signatureBytes = 46

const cookieName: TextForm = {
  form: /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/,
  wanted: "a cookie name: letters, digits and !#$%&'*+-.^_`|~"
}

/** Refuses what no browser would keep, or none would keep as it is meant (RFC 6265bis sections 4.1.2, 4.1.3 and 5.7). */
export function readCookie(cookie: MemberReader, rest: MemberReader): SessionCookieOptions {
  cookie.refuseUnknown([...Object.keys(defaults.cookie), 'domain', 'secrets'], cookieHints)
  const checked = {
    name: cookie.text('name', cookieName, defaults.cookie.name),
    alias: rest.text('cookieAlias', cookieName, null),
    path: cookie.text(
      'path',
      { form: /^\/[^;\p{Cc}]*$/u, wanted: 'a path that starts with / and holds no ; and no control characters' },
      defaults.cookie.path
    ),
    domain: cookie.text(
      'domain',
      { form: /^\.?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/, wanted: 'a host name such as example.com' },
      null
    ),
    sameSite: cookie.oneOf<SessionCookieOptions['sameSite']>('sameSite', ['lax', 'strict', 'none'], defaults.cookie.sameSite),
    secure: cookie.oneOf<boolean | 'auto'>('secure', [true, false, 'auto'], defaults.cookie.secure),
    partitioned: cookie.boolean('partitioned', defaults.cookie.partitioned),
    persistent: cookie.boolean('persistent', defaults.cookie.persistent),
    secrets: cookie.texts('secrets', { isSecret: true })
  }
  refuseName('cookie.name', checked.name, checked)
  if (checked.alias !== null) refuseAlias(rest, checked.alias, checked)
  refuseInsecure(checked.partitioned, 'cookie.partitioned', checked)
  refuseInsecure(checked.sameSite === 'none', "cookie.sameSite 'none'", checked)
  return checked
}

function refuseAlias(rest: MemberReader, alias: string, cookie: SessionCookieOptions): void {
  if (alias === cookie.name) throw rest.mistake('cookieAlias', `another name than cookie.name, ${describeValue(cookie.name)}`)
  // A sibling host can plant a cookie without a prefix, so that one name without it would undo the other's.
  if (prefixOf(alias) !== prefixOf(cookie.name)) {
    throw rest.mistake('cookieAlias', `a name with the prefix of cookie.name, ${describeValue(cookie.name)}`)
  }
  refuseName('rest.cookieAlias', alias, cookie)
}

function refuseName(option: string, name: string, cookie: SessionCookieOptions): void {
  const { path, domain, secrets } = cookie
  refuseInsecure(/^__secure-/i.test(name), 'a name that starts with __Secure-', cookie)
  const isHost = /^__host-/i.test(name)
  refuseInsecure(isHost, 'a name that starts with __Host-', cookie)
  if (isHost && (domain !== null || path !== '/')) {
    const received = `received ${describeValue(path)} and ${describeValue(domain)}`
    throw new TypeError(`cookie.path must be / and cookie.domain absent with a name that starts with __Host-, ${received}`)
  }
  const bytes = name.length + idBytes + (secrets.length === 0 ? 0 : signatureBytes)
  if (bytes <= largestCookieBytes) return
  const wanted = `leave room for the id within ${largestCookieBytes} bytes of name and value`
  throw new TypeError(`${option} must ${wanted}, received ${name.length} characters`)
}

function refuseInsecure(isSet: boolean, what: string, { secure }: SessionCookieOptions): void {
  if (!isSet || secure === true) return
  throw new TypeError(`cookie.secure must be true with ${what}, received ${describeValue(secure)}: browsers drop the cookie otherwise`)
}

// Browsers compare the prefixes in any case (RFC 6265bis section 5.7).
function prefixOf(name: string): string {
  return /^__(?:host|secure)-/i.exec(name)?.[0].toLowerCase() ?? ''
}
