import type { OutgoingHttpHeader, ServerResponse } from 'node:http'

import { isCacheHeader } from './cache-headers.js'

/**
 * Moves what decides about our cookie (`Set-Cookie`, and all that is said to caches) from the headers that `writeHead` was given to those of the answer, so that
 * there is one place to read and write them. Returns what is left for `writeHead`.
 */
export function takeDecidingHeaders(res: ServerResponse, given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given
  // Half a pair is for Node to refuse.
  if (Array.isArray(given) && !Array.isArray(given[0]) && given.length % 2 === 1) return given
  const pairs = Array.isArray(given) ? pairsOf(given) : Object.entries(given as Record<string, OutgoingHttpHeader | undefined>)
  const deciding = pairs.filter(decides)
  if (deciding.length > 0) replaceHeaders(res, deciding)
  // Once the answer has headers of its own, Node reads names and values in turn, and pairs in arrays no more.
  const left = deciding.length > 0 ? pairs.filter((pair) => !decides(pair)) : pairs
  return Array.isArray(given) ? left.flat() : Object.fromEntries(left)
}

type Pair = readonly [name: string, value: OutgoingHttpHeader | undefined]

/** A header without a value is for Node to refuse. */
function decides([name, value]: Pair): boolean {
  const lowerCase = name.toLowerCase()
  return value !== undefined && (lowerCase === 'set-cookie' || isCacheHeader(lowerCase))
}

function replaceHeaders(res: ServerResponse, pairs: readonly Pair[]): void {
  const values = new Map<string, string[]>()
  for (const [name, value] of pairs) {
    const before = values.get(name.toLowerCase()) ?? []
    values.set(name.toLowerCase(), [...before, ...listOf(value)])
  }
  for (const [name, list] of values) res.setHeader(name, list.length === 1 && name !== 'set-cookie' ? (list[0] ?? '') : list)
}

function pairsOf(list: readonly unknown[]): readonly Pair[] {
  // Node documents names and values in turn; pairs in arrays are what code that works on `rawHeaders` passes.
  if (Array.isArray(list[0])) return list as readonly Pair[]
  return Array.from({ length: list.length / 2 }, (_, index) => [
    String(list[index * 2]),
    list[index * 2 + 1] as OutgoingHttpHeader | undefined
  ])
}

/** Cookies as a list, however the host has set them. */
export function listOf(value: OutgoingHttpHeader | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'object' ? value : [String(value)]
}
