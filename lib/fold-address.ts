import { isIP, SocketAddress } from 'node:net'

import { copyText } from './copy-text.js'

/**
 * The address under which attempts are counted: IPv4-mapped IPv6 as IPv4, IPv6 as its /64 (`2001:db8:0:1::/64`), in any spelling. What is
 * no address stays as it is, but where a proxy says that it knows none: `''`.
 *
 * One line gives its customer a whole /64, and a limit per IPv6 address would give a guesser 2^64 of them (CVE-2026-30827); a limit that
 * takes `::ffff:192.0.2.1` for another client than `192.0.2.1` gives two (CVE-2026-90711).
 */
export function foldAddress(ip: string): string {
  if (isNoAddress(ip)) return ''
  const bare = withoutPort(ip)
  // It is kept, and was cut out of X-Forwarded-For, in front of which a client may have put 15 KB.
  if (isIP(bare) === 4) return copyText(bare)
  if (isIP(bare) === 0) return copyText(ip)

  const canonical = new SocketAddress({ address: bare.replace(/%.*$/s, ''), family: 'ipv6' }).address
  const mapped = canonical.startsWith('::ffff:') ? canonical.slice('::ffff:'.length) : ''
  return isIP(mapped) === 4 ? mapped : `${firstFourGroups(canonical).join(':')}::/64`
}

/** Whether nothing is known of where a request came from. nginx calls whoever comes over a unix socket `unix:`, squid whom it does not name `unknown` (RFC 7239 section 6.2). */
export function isNoAddress(ip: string): boolean {
  return ip === '' || /^(?:unknown$|unix:)/i.test(ip)
}

/** The networks around a folded IPv6 address, its /56 and its /48: one line has a /64, and many have a whole /48. */
export function widerNetworks(address: string): readonly string[] {
  const [, site, subnet] = /^([0-9a-f]+:[0-9a-f]+:[0-9a-f]+):([0-9a-f]+)::\/64$/.exec(address) ?? []
  if (site === undefined || subnet === undefined) return []
  return [`${site}:${(parseInt(subnet, 16) & 0xff00).toString(16)}::/56`, `${site}::/48`]
}

// Some proxies write the port into X-Forwarded-For, and each connection would be a client of its own.
function withoutPort(ip: string): string {
  return /^([0-9.]+):\d+$/.exec(ip)?.[1] ?? /^\[(.*)\](?::\d+)?$/s.exec(ip)?.[1] ?? ip
}

function firstFourGroups(canonical: string): string[] {
  const [head = [], tail] = canonical.split('::').map(groupsOf)
  if (tail === undefined) return groupsOf(canonical).slice(0, 4)
  return [...head, ...new Array<string>(8 - head.length - tail.length).fill('0'), ...tail].slice(0, 4)
}

// `::192.0.2.1` is written with its last two groups in one.
function groupsOf(part: string): string[] {
  const groups = part === '' ? [] : part.split(':')
  return groups.at(-1)?.includes('.') === true ? [...groups.slice(0, -1), '0', '0'] : groups
}
