import type { ServerResponse } from 'node:http'

/** What an answer may say to caches, beside `Cache-Control`, by headers that CDNs alone read: the standard's, and the vendors' forms of it. */
const cdnHeader = /(?:-cache-control|surrogate-control|edge-control|accel-expires)$/
/** A directive: its name, and what stands behind `=`, where commas may be in quotes (RFC 9111 section 5.2). */
const directive = /([^\s,=]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,]*))?/g

/** The answer's own and its cookie's way past shared caches, where the host says nothing of caches. */
const keptPrivate = 'private, no-cache="Set-Cookie"'

/** What Express says of each file that it sends, unless it is told otherwise. No host has asked for it, and it lets nobody keep the file unasked. */
const saidByExpress = 'public, max-age=0'

/** Whether a header says something to caches. */
export function isCacheHeader(name: string): boolean {
  return name === 'cache-control' || cdnHeader.test(name)
}

export function cacheControlOf(res: ServerResponse): string | undefined {
  const value = res.getHeader('cache-control')
  return Array.isArray(value) ? value.join(', ') : value?.toString()
}

/** Whether the host wants shared caches to keep the answer: `public` or `s-maxage` that nothing takes back, or a word to a CDN. */
export function isForSharedCaches(res: ServerResponse): boolean {
  const cacheControl = cacheControlOf(res)
  if (cacheControl !== undefined) {
    const directives = directivesOf(cacheControl)
    if (directives.some(isShared) && !directives.some(forbidsSharing)) return true
  }
  return cdnHeadersOf(res).length > 0
}

/**
 * Makes the answer `private` (RFC 9111 section 3: without it a shared cache may store what has `max-age`, `Expires` or a validator), and takes out what says the
 * opposite. Returns what was taken out of what the host has said. `no-store` says more than `private` and stays as it is.
 */
export function makePrivate(res: ServerResponse): readonly string[] {
  const cdnHeaders = cdnHeadersOf(res)
  for (const name of cdnHeaders) res.removeHeader(name)
  const cacheControl = cacheControlOf(res)
  if (cacheControl === undefined) {
    res.setHeader('Cache-Control', keptPrivate)
    return cdnHeaders
  }
  // As guards say it, which is most of what is looked at here.
  if (cacheControl === 'no-store') return cdnHeaders
  const directives = directivesOf(cacheControl)
  const shared = directives.filter(isShared)
  const isPrivate = directives.some(forbidsSharing)
  if (shared.length > 0 || !isPrivate) {
    const others = directives.filter((each) => !isShared(each)).map(({ text }) => text)
    res.setHeader('Cache-Control', [...(isPrivate ? [] : ['private']), ...others].join(', '))
  }
  return [...(cacheControl === saidByExpress ? [] : shared.map(({ text }) => text)), ...cdnHeaders]
}

interface Directive {
  readonly text: string
  readonly name: string
  readonly value: string | undefined
}

function directivesOf(cacheControl: string): readonly Directive[] {
  return Array.from(cacheControl.matchAll(directive), ([text, name = '', value]) => ({ text, name: name.toLowerCase(), value }))
}

function isShared({ name }: Directive): boolean {
  return name === 'public' || name === 's-maxage'
}

// `private="Set-Cookie"` keeps that field alone out of shared caches.
function forbidsSharing({ name, value }: Directive): boolean {
  return name === 'no-store' || (name === 'private' && value === undefined)
}

/** The headers that let a CDN keep the answer; those that forbid it are left alone. */
function cdnHeadersOf(res: ServerResponse): readonly string[] {
  return res.getHeaderNames().filter((name) => cdnHeader.test(name) && letsCdnKeep(name, String(res.getHeader(name))))
}

function letsCdnKeep(name: string, value: string): boolean {
  if (/(?:^|[\s,])(?:no-store|private|bypass-cache)(?:$|[\s,])/i.test(value)) return false
  return !(name.endsWith('accel-expires') && /^\s*(?:0|off)\s*$/i.test(value))
}
