const base = 'http://localhost'
/** How often proxies and frameworks may decode a path one after the other. One that could be decoded still more is refused. */
const mostDecodings = 5

/**
 * The path of this site that a browser goes to by `target`, with its query and fragment; `null`: it leads to another site, or to none. What browsers do to a path
 * on their way (WHATWG URL: dots and tabs taken out, backslashes turned) is done first, since `/.//evil.example` becomes `//evil.example`, which is another host.
 */
export function localPath(target: string): string | null {
  const [path = ''] = target.split(/[?#]/, 1)
  if (!path.startsWith('/') || /\p{Cc}/u.test(target) || !URL.canParse(target, base)) return null
  const { origin, pathname, search, hash } = new URL(target, base)
  if (origin !== base || leadsAway(path)) return null
  const readings = readingsOf(pathname)
  return readings.length === 0 || readings.some(leadsAway) ? null : pathname + search + hash
}

/** The path as it stands, and as whoever decodes it once more reads it; none where no decoder takes it. */
export function readingsOf(pathname: string): readonly string[] {
  const readings = [pathname]
  while (readings.length <= mostDecodings) {
    const latest = readings.at(-1) ?? ''
    const decoded = decode(latest)
    // `%25` is a percent sign, which nothing is to be read from.
    if (decoded === latest || (decoded === null && readings.length > 1)) return readings
    if (decoded === null) return []
    readings.push(decoded)
  }
  return []
}

function leadsAway(path: string): boolean {
  return /^\/\/|[\\\p{Cc}]/u.test(path) || new URL(path, base).pathname.startsWith('//')
}

function decode(path: string): string | null {
  try {
    return decodeURIComponent(path)
  } catch {
    return null
  }
}
