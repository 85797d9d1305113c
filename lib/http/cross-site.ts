import type { IncomingMessage } from 'node:http'

import { DirectoryError } from '../errors.js'
import type { TrustingApp } from '../sessions/administration.js'
import { longestTexts } from '../text-bounds.js'
import type { AllowedOrigins } from './allowed-origins.js'
import type { SessionCookieOptions } from './session-cookie.js'

export const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** A request, and the app whose `trust proxy` says which host it came to; `null`: no app is known, and no proxy trusted. */
export interface JudgedRequest {
  readonly message: IncomingMessage
  readonly app: TrustingApp | null
}

/**
 * Which requests a page of another site has made a browser send (OWASP CSRF Prevention Cheat Sheet, "Fetch Metadata headers"; design of this package:
 * docs/security.md). Programs send none of the headers that are judged.
 */
export class CrossSiteJudge {
  readonly #allowed: AllowedOrigins
  readonly #sameSite: SessionCookieOptions['sameSite']

  constructor(allowed: AllowedOrigins, sameSite: SessionCookieOptions['sameSite']) {
    this.#allowed = allowed
    this.#sameSite = sameSite
  }

  /** @throws DirectoryError `ERR_CROSS_SITE`, 403, for what a page of another origin has sent that is not allowed. */
  refuse(request: JudgedRequest): void {
    const { origin, referer, 'sec-fetch-site': site } = request.message.headers
    if (site === 'same-origin' || site === 'none') return
    if (origin !== undefined && this.#isAllowed(origin)) return
    if (origin === 'null') throw hiddenOrigin()
    if (site !== undefined) throw crossSite(`Sec-Fetch-Site is ${JSON.stringify(site.slice(0, 20))}`)
    // Browsers send no Fetch Metadata to plain-HTTP hosts other than loopback: the usual intranet.
    const source = origin ?? referer
    if (source === undefined) return
    const page = pageOf(source)
    if (page !== null && ((isOfTheWeb(page) && page.host === ownHost(request, page.protocol)) || this.#isAllowed(originOf(page)))) return
    throw crossSite('the page that sent it is on another host')
  }

  /**
   * The same for a logout, which a link can ask for: without the headers above, a browser is known by what it says of itself on a navigation and for an image.
   * Java's `HttpURLConnection`, whose `Accept` begins with `text/html`, is a program.
   */
  refuseLogout(request: JudgedRequest): void {
    this.refuse(request)
    const { method, headers } = request.message
    const { accept = '', origin, referer, 'sec-fetch-site': site, 'upgrade-insecure-requests': upgrade } = headers
    if (method !== 'GET' || (site ?? origin ?? referer) !== undefined) return
    if (upgrade !== undefined || /application\/xhtml\+xml|^\s*image\//i.test(accept))
      throw crossSite('a browser hid the page that asked for it')
  }

  /**
   * Whether a browser would not have added our cookie to the request (RFC 6265bis section 5.6.7.1): what it carries then says nothing about the visitor, and a cookie
   * that answered it would take the place of theirs.
   */
  withholdsCookie(request: JudgedRequest): boolean {
    if (this.#sameSite === 'none' || !this.#isFromAnotherSite(request)) return false
    return this.#sameSite === 'strict' || !isNavigationBySafeMethod(request.message)
  }

  #isFromAnotherSite(request: JudgedRequest): boolean {
    const { origin, referer, 'sec-fetch-site': site } = request.message.headers
    if (site === 'same-origin' || site === 'same-site' || site === 'none') return false
    const source = origin ?? referer
    if (source === undefined) return site !== undefined
    const page = pageOf(source)
    if (page === null) return true
    if (site === undefined && isOfTheWeb(page) && page.hostname === hostnameOf(ownHost(request, page.protocol))) return false
    return !this.#isAllowed(origin ?? originOf(page))
  }

  #isAllowed(origin: string): boolean {
    return origin !== 'null' && origin.length <= longestTexts.pageAddress && this.#allowed.has(origin.toLowerCase())
  }
}

/** A page that a browser merely fetches ahead, or a request for headers alone, must not log anybody out. */
export function isSpeculative({ method, headers }: IncomingMessage): boolean {
  return method === 'HEAD' || /prefetch|prerender/i.test(`${String(headers['sec-purpose'] ?? '')} ${String(headers['purpose'] ?? '')}`)
}

/** Of a page in a frame, browsers withhold the cookie as of an image. Without Fetch Metadata, a navigation is known by what browsers send with it alone. */
function isNavigationBySafeMethod({ method = '', headers }: IncomingMessage): boolean {
  if (!safeMethods.has(method)) return false
  const { accept = '', 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = headers
  if (mode !== undefined) return mode === 'navigate' && (destination === undefined || destination === 'document')
  return headers['upgrade-insecure-requests'] !== undefined || /application\/xhtml\+xml/i.test(accept)
}

function crossSite(reason: string): DirectoryError {
  return new DirectoryError(
    'ERR_CROSS_SITE',
    `Refused: a page of another site asked for this (${reason}). The option allowedOrigins lists origins that may`
  )
}

function hiddenOrigin(): DirectoryError {
  return new DirectoryError(
    'ERR_CROSS_SITE',
    'Refused: the page that asked for this hid its origin (Origin: null). Referrer-Policy: no-referrer does that, also on pages of this site: send ' +
      'Referrer-Policy: same-origin with them. A sandboxed frame does it too, and allowedOrigins cannot allow it'
  )
}

/** A page in a file has no host, and `file://localhost` is no more than another spelling of that. */
function pageOf(source: string): URL | null {
  const page = source.length <= longestTexts.pageAddress && URL.canParse(source) ? new URL(source) : null
  return page === null || page.host === '' || page.protocol === 'file:' ? null : page
}

/** An app's own scheme, such as `capacitor://localhost`, is never that of our pages. */
function isOfTheWeb({ protocol }: URL): boolean {
  return protocol === 'http:' || protocol === 'https:'
}

/** Of a scheme that browsers do not know, such as `capacitor:`, `URL` says `null`. */
function originOf(page: URL): string {
  return page.origin === 'null' ? `${page.protocol}//${page.host}` : page.origin
}

/** The host and port that the request came to, without a default port; `null`: the client named none, or nonsense. */
function ownHost({ message, app }: JudgedRequest, protocol: string): string | null {
  const { headers, socket } = message
  const trust = app?.get('trust proxy fn') as ((address: string | undefined, hop: number) => boolean) | undefined
  const forwarded = trust?.(socket.remoteAddress, 0)
    ? String(headers['x-forwarded-host'] ?? '')
        .split(',')[0]
        ?.trim()
    : ''
  // Under HTTP/2 the host stands in a header of its own.
  const host = forwarded === '' || forwarded === undefined ? (headers[':authority'] ?? headers.host ?? '') : forwarded
  // Through URL with the page's own scheme, so that `example.com:80` and `example.com` are one.
  const address = `${protocol}//${String(host).slice(0, longestTexts.pageAddress)}`
  return URL.canParse(address) ? new URL(address).host : null
}

function hostnameOf(host: string | null): string | null {
  return host === null ? null : new URL(`http://${host}`).hostname // has been through URL before
}
