import type { OutgoingHttpHeader, ServerResponse } from 'node:http'

/**
 * Decides on our cookie at the last moment, when the headers are written: `decide` says what to send, or `null` for nothing. Ours stands first, since
 * some clients read only the first `Set-Cookie`, and no other of its name goes out beside it. Also where a handler calls `writeHead` with cookies
 * of its own. On an answer that shared caches may keep, `null` is what `decide` is taken to have said.
 */
export function placeSessionCookie(res: ServerResponse, decide: () => string | null, isOurs: (setCookie: string) => boolean): void {
  const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => ServerResponse
  res.writeHead = function writeHeadWithSessionCookie(...args: unknown[]): ServerResponse {
    // As Node reads them: the reason may be absent, with or without a place held for it.
    const headersAt = typeof args[1] === 'string' || (args[2] !== undefined && args[2] !== null) ? 2 : 1
    const extra = takeHeaders(args[headersAt])
    const cacheControl = extra.cacheControl ?? res.getHeader('cache-control')
    const ours = isKeptByEverybody(cacheControl) ? null : decide()
    const theirs = extra.setCookie ?? listOf(res.getHeader('set-cookie'))
    if (ours !== null || theirs.some(isOurs)) {
      const others = theirs.filter((setCookie) => !isOurs(setCookie))
      const all = ours === null ? others : [ours, ...others]
      if (all.length > 0) res.setHeader('Set-Cookie', all)
      else res.removeHeader('Set-Cookie')
      if (extra.setCookie) args[headersAt] = extra.withoutSetCookie
    }
    return writeHead(...args)
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

function listOf(value: OutgoingHttpHeader | undefined): readonly string[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value : [String(value)]
}

/** Whether a shared cache may keep the answer, and hand one visitor's session to another (RFC 9111 section 5.2.2). */
function isKeptByEverybody(cacheControl: OutgoingHttpHeader | undefined): boolean {
  return cacheControl !== undefined && /(?:^|[\s,])(?:public|s-maxage)(?:$|[\s,=])/i.test(String(cacheControl))
}
