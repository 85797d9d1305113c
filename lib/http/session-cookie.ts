import { signedCookie } from 'cookie-parser'
import { sign } from 'cookie-signature'

import { readUUID } from '../uuid.js'

/** As many ids as the port of the stores takes at once. The last ones count: what a sibling host has planted stands in front as a rule (longer paths first). */
const mostCandidates = 32

export interface SessionCookieOptions {
  readonly name: string
  /** A second name for the same id; `null`: none. */
  readonly alias: string | null
  readonly path: string
  readonly domain: string | null
  readonly sameSite: 'lax' | 'strict' | 'none'
  readonly secure: boolean | 'auto'
  readonly partitioned: boolean
  /** Whether the cookie outlives the browser, where the login does not say. */
  readonly persistent: boolean
  /** The first signs, all verify; empty: the value is the bare id. */
  readonly secrets: readonly string[]
}

/** The ids of a `Cookie` header. */
export interface CandidateIds {
  readonly ids: readonly string[]
  /** Which of them came under which name; `null`: there is one name only. */
  readonly names: { readonly own: ReadonlySet<string>; readonly alias: ReadonlySet<string> } | null
}

const noCandidates: CandidateIds = { ids: [], names: null }
const sameSiteSpellings = { lax: 'Lax', strict: 'Strict', none: 'None' } as const

/** The session cookie in both directions: candidates out of a `Cookie` header, and `Set-Cookie` values as clients of 4D cut them up by hand. */
export class SessionCookie {
  readonly options: SessionCookieOptions
  /** The names with their `=`, the own first. */
  readonly #starts: readonly [string, ...string[]]
  readonly #end: string
  readonly #deletion: string
  readonly #pathWithSlash: string
  /** Whether any request so far was for a path that the cookie covers. */
  hasCovered = false

  constructor(options: SessionCookieOptions) {
    const { name, alias, path, domain, sameSite, partitioned } = options
    this.options = options
    this.#starts = alias === null ? [`${name}=`] : [`${name}=`, `${alias}=`]
    this.#pathWithSlash = path.endsWith('/') ? path : `${path}/`
    const where = `; Path=${path}${domain === null ? '' : `; Domain=${domain}`}`
    const tail = partitioned ? '; Partitioned' : ''
    this.#end = `${where}; HttpOnly; SameSite=${sameSiteSpellings[sameSite]}${tail}`
    // A browser takes a deletion on another site's page only with the SameSite=None that the cookie was set with.
    this.#deletion = `; Max-Age=0${where}${sameSite === 'none' ? '; SameSite=None' : ''}${tail}`
  }

  /** Whether the client sent anything under our names. */
  isIn(header: string | undefined): boolean {
    return header?.split(';').some((pair) => this.#startOf(pair.trimStart()) !== undefined) ?? false
  }

  /**
   * The ids in the header that are worth asking the store for, none twice. Read from the raw header, since parsers keep the first duplicate only and a planted
   * cookie would hide the valid one. Split at each `;` before quotes are looked at (RFC 6265 section 5.4 knows none), so that a quote that somebody has planted
   * swallows no other cookie.
   */
  candidates(header: string | undefined): CandidateIds {
    if (header === undefined) return noCandidates
    const ids: string[] = []
    const names = this.#starts.length === 1 ? null : { own: new Set<string>(), alias: new Set<string>() }
    for (let end = header.length; end > 0;) {
      const from = header.lastIndexOf(';', end - 1) + 1
      const pair = header.slice(from, end).trim()
      end = from - 1
      const start = this.#startOf(pair)
      const id = start === undefined ? null : this.#readValue(pair.slice(start.length))
      if (id === null) continue
      if (!ids.includes(id)) {
        if (ids.length === mostCandidates) break
        ids.push(id)
      }
      names?.[start === this.#starts[0] ? 'own' : 'alias'].add(id)
    }
    return { ids: ids.reverse(), names }
  }

  /** How often each of our names came, and how many ids were taken out of it all: for people. */
  count(header: string | undefined): {
    readonly counts: readonly { readonly name: string; readonly count: number }[]
    readonly ids: number
  } {
    const pairs = header?.split(';').map((pair) => pair.trimStart()) ?? []
    const counts = this.#starts.map((start) => ({ name: start.slice(0, -1), count: pairs.filter((pair) => pair.startsWith(start)).length }))
    return { counts, ids: this.candidates(header).ids.length }
  }

  /**
   * The `Set-Cookie` values of a live session; `null`: they end with the browser. The name comes first, the value is bare, and a `;` follows it: clients rely on
   * all three.
   */
  write(id: string, maxAgeSeconds: number | null, isSecure: () => boolean): readonly string[] {
    const [secret] = this.options.secrets
    const value = secret === undefined ? id : `s:${sign(id, secret)}`
    return this.#forEachName(`${value}${maxAgeSeconds === null ? '' : `; Max-Age=${maxAgeSeconds}`}${this.#end}`, isSecure)
  }

  /** The `Set-Cookie` values that take the cookie back. */
  delete(isSecure: () => boolean): readonly string[] {
    return this.#forEachName(this.#deletion, isSecure)
  }

  /** Whether a browser sends both cookies under one name with one request. */
  isSentWith(other: SessionCookie): boolean {
    const hasOneName = this.#starts.some((start) => other.#starts.includes(start))
    return hasOneName && (this.#covers(other.options.path) || other.#covers(this.options.path))
  }

  /** Whether a `Set-Cookie` value is for one of our names. */
  isOurs(setCookie: string): boolean {
    return this.#startOf(setCookie) !== undefined
  }

  /** Whether a browser sends the cookie with requests for this path (RFC 6265bis section 5.1.4). */
  coversPath(path: string): boolean {
    const covers = this.#covers(path)
    this.hasCovered ||= covers
    return covers
  }

  #covers(path: string): boolean {
    return this.#pathWithSlash === '/' || path === this.options.path || path.startsWith(this.#pathWithSlash)
  }

  #forEachName(rest: string, isSecureRequest: () => boolean): readonly string[] {
    const { secure } = this.options
    const end = (secure === 'auto' ? isSecureRequest() : secure) ? `${rest}; Secure` : rest
    return this.#starts.map((start) => start + end)
  }

  #startOf(pair: string): string | undefined {
    return this.#starts.find((start) => pair.startsWith(start))
  }

  #readValue(value: string): string | null {
    // Java's CookieManager quotes the value of a cookie that has a Max-Age and no Expires.
    const bare = /^".*"$/s.test(value) ? value.slice(1, -1) : value
    const { secrets } = this.options
    if (secrets.length === 0) return readUUID(bare)
    // What is not signed, cookie-parser returns as it is. What holds no id is not worth a signature, of which 16 KB of made-up values would cost a thousand.
    const id = bare.startsWith('s:') ? readUUID(bare.slice(2, bare.lastIndexOf('.'))) : null
    return id !== null && typeof signedCookie(bare, [...secrets]) === 'string' ? id : null
  }
}
