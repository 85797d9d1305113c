import { sign, unsign } from 'cookie-signature'

import { readUUID } from '../uuid.js'

/** Of more cookies of our name than this, the rest is not looked at: nobody has that many, and each costs the store work. */
const mostCandidates = 8

export interface SessionCookieOptions {
  readonly name: string
  readonly path: string
  readonly domain: string | null
  readonly sameSite: 'lax' | 'strict' | 'none'
  readonly secure: boolean | 'auto'
  readonly partitioned: boolean
  /** The first signs, all verify; empty: the value is the bare id. */
  readonly secrets: readonly string[]
}

const sameSiteSpellings = { lax: 'Lax', strict: 'Strict', none: 'None' } as const

/** The session cookie in both directions: candidates out of a `Cookie` header, and `Set-Cookie` values as clients of 4D cut them up by hand. */
export class SessionCookie {
  readonly #options: SessionCookieOptions
  readonly #start: string
  readonly #end: string
  readonly #deletion: string

  constructor(options: SessionCookieOptions) {
    const { name, path, domain, sameSite, partitioned } = options
    this.#options = options
    this.#start = `${name}=`
    const where = `; Path=${path}${domain === null ? '' : `; Domain=${domain}`}`
    const tail = partitioned ? '; Partitioned' : ''
    this.#end = `${where}; HttpOnly; SameSite=${sameSiteSpellings[sameSite]}${tail}`
    // A browser takes a deletion on another site's page only with the SameSite=None that the cookie was set with.
    this.#deletion = `${name}=; Max-Age=0${where}${sameSite === 'none' ? '; SameSite=None' : ''}${tail}`
  }

  /** Whether the client sent anything under our name. */
  isIn(header: string | undefined): boolean {
    return header !== undefined && valuesOf(header, this.#start, 1).length > 0
  }

  /**
   * The ids in the header that are worth asking the store for, none twice. Read from the raw header, since parsers keep the first duplicate only and a planted
   * cookie would hide the valid one. 4D's own parser takes ids in lower case, in braces and with dashes, and so do we.
   */
  candidates(header: string | undefined): readonly string[] {
    if (header === undefined) return []
    const ids: string[] = []
    for (const value of valuesOf(header, this.#start, mostCandidates)) {
      const id = this.#readValue(value)
      if (id !== null && !ids.includes(id)) ids.push(id)
    }
    return ids
  }

  /** `Set-Cookie` for a live session. The name comes first, the value is bare, and a `;` follows it: clients rely on all three. */
  write(id: string, maxAgeSeconds: number, isSecure: boolean): string {
    const [secret] = this.#options.secrets
    const value = secret === undefined ? id : `s:${sign(id, secret)}`
    return `${this.#start}${value}; Max-Age=${maxAgeSeconds}${this.#end}${this.#isSecure(isSecure) ? '; Secure' : ''}`
  }

  /** `Set-Cookie` that takes the cookie back. */
  delete(isSecure: boolean): string {
    return this.#deletion + (this.#isSecure(isSecure) ? '; Secure' : '')
  }

  /** Whether a `Set-Cookie` value is for our name. */
  isOurs(setCookie: string): boolean {
    return setCookie.startsWith(this.#start)
  }

  #isSecure(isSecureRequest: boolean): boolean {
    return this.#options.secure === 'auto' ? isSecureRequest : this.#options.secure
  }

  #readValue(value: string): string | null {
    const { secrets } = this.#options
    if (secrets.length === 0) return readUUID(value)
    if (!value.startsWith('s:')) return null
    for (const secret of secrets) {
      const id = unsign(value.slice(2), secret)
      if (id !== false) return readUUID(id)
    }
    return null
  }
}

/** The values under a name in a `Cookie` header (RFC 6265bis section 4.2.1), at most so many. `start` is the name with its `=`. */
function valuesOf(header: string, start: string, most: number): readonly string[] {
  const values: string[] = []
  let from = header.indexOf(start)
  while (from !== -1 && values.length < most) {
    const end = header.indexOf(';', from)
    const valueEnd = end === -1 ? header.length : end
    if (isAtPairStart(header, from)) values.push(header.slice(from + start.length, valueEnd).trim())
    from = end === -1 ? -1 : header.indexOf(start, valueEnd)
  }
  return values
}

function isAtPairStart(header: string, index: number): boolean {
  let before = index - 1
  while (header[before] === ' ' || header[before] === '\t') before -= 1
  return before < 0 || header[before] === ';'
}
