import type { Request } from 'express'

import { DirectoryError } from '../errors.js'
import type { AllowedOrigins } from './allowed-origins.js'

/**
 * Refuses a login or logout that another site's page has sent (OWASP CSRF Prevention Cheat Sheet, "Fetch Metadata headers"; design of this package:
 * README, "Security notes"). Programs send none of the headers that are judged, and are served.
 *
 * @throws DirectoryError `ERR_CROSS_SITE`, 403.
 */
export function refuseCrossSite(req: Request, allowedOrigins: AllowedOrigins): void {
  const origin = req.get('origin')
  if (origin !== undefined && origin !== 'null' && allowedOrigins.has(origin.toLowerCase())) return
  const site = req.get('sec-fetch-site')
  if (site === 'same-origin' || site === 'none') return
  if (site !== undefined) throw crossSite(`Sec-Fetch-Site is ${JSON.stringify(site.slice(0, 20))}`)
  // Browsers send no Fetch Metadata to plain-HTTP hosts other than loopback: the usual intranet.
  const source = origin ?? req.get('referer')
  if (source === undefined) return
  // A Referer is more than an origin, so the options are asked again.
  const page = URL.canParse(source) ? new URL(source) : null
  // A page in a file has no host, and `file://localhost` is no more than another spelling of that.
  if (page !== null && page.host !== '' && (allowedOrigins.has(page.origin) || page.host === ownHost(req, page.protocol))) return
  throw crossSite('the page that sent it is on another host')
}

/** A page that a browser merely fetches ahead, or a request for headers alone, must not log anybody out. */
export function isSpeculative(req: Request): boolean {
  return req.method === 'HEAD' || /prefetch|prerender/i.test(`${req.get('sec-purpose') ?? ''} ${req.get('purpose') ?? ''}`)
}

function crossSite(reason: string): DirectoryError {
  return new DirectoryError(
    'ERR_CROSS_SITE',
    `Refused: a page of another site asked for this (${reason}). The option allowedOrigins lists origins that may`
  )
}

/** The host and port that the request came to, without a default port; `null`: the client named none, or nonsense. */
function ownHost(req: Request, protocol: string): string | null {
  const trust = req.app.get('trust proxy fn') as (address: string | undefined, hop: number) => boolean
  const forwarded = trust(req.socket.remoteAddress, 0) ? req.get('x-forwarded-host')?.split(',')[0]?.trim() : undefined
  const host = forwarded ?? req.get('host')
  // Through URL with the page's own scheme, so that `example.com:80` and `example.com` are one.
  const address = `${protocol}//${host ?? ''}`
  return URL.canParse(address) ? new URL(address).host : null
}
