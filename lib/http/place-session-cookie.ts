import type { OutgoingHttpHeader, ServerResponse } from 'node:http'

/** What an answer says of our session, asked when its headers are written. */
export interface CookieDecision {
  /** The `Set-Cookie` of ours; `null`: none. */
  decideCookie(): string | null
  isOurs(setCookie: string): boolean
  /** Whether the answer is for this visitor alone. */
  readonly isPrivate: boolean
}

/**
 * Decides on our cookie at the last moment, when the headers are written. Ours stands first, since some clients read only the first `Set-Cookie`, and no
 * other of its name goes out beside it. Also where a handler calls `writeHead` with cookies of its own. On an answer that shared caches may keep there is
 * none; on a private one that says nothing of caches, `Cache-Control` keeps it, or its cookie, out of them.
 */
export function placeSessionCookie(res: ServerResponse, decision: CookieDecision): void {
  const { writeHead } = res as { writeHead: (this: ServerResponse, ...args: unknown[]) => ServerResponse }
  res.writeHead = function writeHeadWithSessionCookie(status: unknown, reason?: unknown, headers?: unknown): ServerResponse {
    // As Node reads them: the reason may be absent, with or without a place held for it.
    const isReasonFirst = typeof reason === 'string' || (headers !== undefined && headers !== null)
    const extra = takeHeaders(isReasonFirst ? headers : reason)
    const cacheControl = extra.cacheControl ?? res.getHeader('cache-control')
    if (cacheControl === undefined && decision.isPrivate) res.setHeader('Cache-Control', 'private, no-cache="Set-Cookie"')
    const ours = isSharedCacheable(cacheControl) ? null : decision.decideCookie()
    const theirs = extra.setCookie ?? res.getHeader('set-cookie')
    if (theirs === undefined) {
      if (ours !== null) res.setHeader('Set-Cookie', ours)
    } else {
      const others = listOf(theirs).filter((setCookie) => !decision.isOurs(setCookie))
      const all = ours === null ? others : [ours, ...others]
      if (all.length > 0) res.setHeader('Set-Cookie', all)
      else res.removeHeader('Set-Cookie')
      if (extra.setCookie) {
        if (isReasonFirst) headers = extra.withoutSetCookie
        else reason = extra.withoutSetCookie
      }
    }
    return writeHead.call(res, status, reason, headers)
  }
}

interface ExtraHeaders {
  readonly setCookie: readonly string[] | null
  readonly cacheControl: OutgoingHttpHeader | undefined
  readonly withoutSetCookie: unknown
}

const noExtraHeaders: ExtraHeaders = { setCookie: null, cacheControl: undefined, withoutSetCookie: undefined }

/** What matters here of the headers that `writeHead` was given: an object, or names and values in turn. */
function takeHeaders(headers: unknown): ExtraHeaders {
  if (typeof headers !== 'object' || headers === null) return noExtraHeaders
  const pairs = Array.isArray(headers) ? pairsOf(headers) : Object.entries(headers as Record<string, OutgoingHttpHeader>)
  const named = (name: string) => pairs.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
  const setCookies = named('set-cookie')
  if (setCookies.length === 0) return { ...noExtraHeaders, cacheControl: named('cache-control').at(-1) }
  const others = pairs.filter(([key]) => key.toLowerCase() !== 'set-cookie')
  return {
    setCookie: setCookies.flatMap(listOf),
    cacheControl: named('cache-control').at(-1),
    withoutSetCookie: Array.isArray(headers) ? others.flat() : Object.fromEntries(others)
  }
}

function pairsOf(list: readonly unknown[]): [string, OutgoingHttpHeader][] {
  // Node documents names and values in turn; pairs in arrays are what `rawHeaders`-minded code passes.
  if (Array.isArray(list[0])) return list as [string, OutgoingHttpHeader][]
  return Array.from({ length: list.length / 2 }, (_, index) => [String(list[index * 2]), list[index * 2 + 1] as OutgoingHttpHeader])
}

function listOf(value: OutgoingHttpHeader | readonly string[]): readonly string[] {
  return typeof value === 'object' ? value : [String(value)]
}

/** Whether a shared cache may keep the answer, and hand one visitor's session to another (RFC 9111 section 5.2.2). */
function isSharedCacheable(cacheControl: OutgoingHttpHeader | undefined): boolean {
  return cacheControl !== undefined && /(?:^|[\s,])(?:public|s-maxage)(?:$|[\s,=])/i.test(String(cacheControl))
}
