import { isIP } from 'node:net'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { foldAddress } from '../lib/fold-address.js'
import { heapBytes } from './support/in-process.js'

const byte = fc.nat(255)
const group = fc.nat(0xffff)
const ipv4 = fc.tuple(byte, byte, byte, byte).map((bytes) => bytes.join('.'))
const groups = fc.array(fc.oneof(group, fc.constant(0)), { minLength: 8, maxLength: 8 })
const zone = fc.constantFrom('', '%eth0', '%25', '%1')

/** Any way to write it: leading zeros, either case, and the first run of zeros left out or not. */
const spelling = fc.record({ upperCase: fc.boolean(), padded: fc.boolean(), compressed: fc.boolean(), dotted: fc.boolean(), zone })
type Spelling = typeof spelling extends fc.Arbitrary<infer Value> ? Value : never

describe('foldAddress', () => {
  it.each(['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:c000:201', '0:0:0:0:0:ffff:c000:0201', '::ffff:192.0.2.1%eth0'])(
    'V CVE-2026-30827, CVE-2026-90711: takes %s for its IPv4 address',
    (ip) => {
      expect(foldAddress(ip)).toBe('192.0.2.1')
    }
  )

  it('V CVE-2026-90711: takes an IPv4 address for the same in any spelling as an IPv6 one', () => {
    fc.assert(
      fc.property(ipv4, spelling, (ip, how) => {
        const [a = 0, b = 0, c = 0, d = 0] = ip.split('.').map(Number)

        expect(foldAddress(spell([0, 0, 0, 0, 0, 0xffff, a * 256 + b, c * 256 + d], how))).toBe(ip)
      })
    )
  })

  it('V CVE-2026-30827: takes all addresses of one /64 for one, in any spelling', () => {
    fc.assert(
      fc.property(groups, groups, spelling, spelling, (one, other, how, otherHow) => {
        fc.pre(!isMapped(one))
        const neighbour = [...one.slice(0, 4), ...other.slice(4)]
        fc.pre(!isMapped(neighbour))

        expect(foldAddress(spell(neighbour, otherHow))).toBe(foldAddress(spell(one, how)))
      })
    )
  })

  it('V CVE-2026-30827: tells different /64s apart', () => {
    fc.assert(
      fc.property(groups, groups, spelling, (one, other, how) => {
        fc.pre(one.slice(0, 4).join() !== other.slice(0, 4).join())

        expect(foldAddress(spell(one, how))).not.toBe(foldAddress(spell(other, how)))
      })
    )
  })

  it('takes an address with the port that a proxy has left on it for the address', () => {
    expect(foldAddress('192.0.2.1:50123')).toBe('192.0.2.1')
    expect(foldAddress('[2001:db8::1]:50123')).toBe('2001:db8:0:0::/64')
    expect(foldAddress('[::ffff:192.0.2.1]')).toBe('192.0.2.1')
  })

  it.each(['_hidden', '192.0.2', '192.0.2.1.5', '1.2.3.999', '2001:db8::1::2', '%eth0', '192.0.2.1%eth0:80:'])(
    'leaves what is no address as it is: %j',
    (text) => {
      expect(foldAddress(text)).toBe(text)
    }
  )

  it.each(['', 'unknown', 'Unknown', 'unix:', 'unix:/run/app.sock'])('takes %j for no address, as proxies say it', (text) => {
    expect(foldAddress(text)).toBe('')
  })

  it('answers any text, and with itself where it is no address', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-fG:.[\]%/ ]*$/), (text) => {
        const folded = foldAddress(text)

        expect(folded === text || isIP(folded) === 4 || folded.endsWith('::/64')).toBe(true)
      })
    )
  })

  it('keeps nothing of the header that an address was cut out of', () => {
    const kept: string[] = []
    const before = heapBytes()

    for (let turn = 0; turn < 2000; turn++) {
      const forwarded = Buffer.from(`${'x'.repeat(15_000)}, 198.51.100.${100 + (turn % 100)}`).toString('latin1')
      kept.push(foldAddress(forwarded.slice(15_002)))
    }

    expect(kept[0]).toBe('198.51.100.100')
    expect(heapBytes() - before).toBeLessThan(10_000_000)
  })
})

function isMapped(address: readonly number[]): boolean {
  return address.slice(0, 5).every((part) => part === 0) && address[5] === 0xffff
}

function spell(address: readonly number[], how: Spelling): string {
  const texts = address.map((part) => part.toString(16).padStart(how.padded ? 4 : 1, '0'))
  const high = address[6] ?? 0
  const low = address[7] ?? 0
  const tail = how.dotted ? [[high >> 8, high & 255, low >> 8, low & 255].join('.')] : texts.slice(6)
  const head = texts.slice(0, 6)
  const firstZero = address.slice(0, 6).indexOf(0)
  const compressed = how.compressed && firstZero >= 0 ? compress(address, head, tail, firstZero) : [...head, ...tail].join(':')
  return (how.upperCase ? compressed.toUpperCase() : compressed) + how.zone
}

function compress(address: readonly number[], head: readonly string[], tail: readonly string[], from: number): string {
  const rest = address.slice(from, 6).findIndex((part) => part !== 0)
  const to = rest === -1 ? 6 : from + rest
  return `${head.slice(0, from).join(':')}::${[...head.slice(to), ...tail].join(':')}`
}
