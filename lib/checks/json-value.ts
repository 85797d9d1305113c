import { memberPath } from './border.js'
import { describeValue } from './describe-value.js'

/**
 * A sentence about the first thing in `value` that JSON cannot hold, with what to write instead, `null` if there is none. JSON.stringify drops functions and
 * turns dates, maps and NaN into something else: what was put in would not come out. A member that is `undefined` is as good as absent, and may be dropped.
 */
export function whatJSONCannotHold(value: unknown, path: string, above: readonly unknown[] = []): string | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return null
  if (above.includes(value)) return `${path} contains itself, which JSON cannot hold`
  const inside = [...above, value]
  // Array.from, because `map` would skip holes, which JSON turns into null.
  if (Array.isArray(value))
    return first(Array.from(value as unknown[]).entries(), (item, index) => whatJSONCannotHold(item, memberPath(path, index), inside))
  if (!isPlainObject(value)) return `${path} is ${describeValue(value, true)}, which JSON cannot hold${cureOf(value)}`
  const [symbol] = Object.getOwnPropertySymbols(value)
  if (symbol !== undefined) return `${path}[${String(symbol)}] has a symbol for its name, which JSON cannot hold`
  return first(Object.entries(value), (member, key) =>
    member === undefined ? null : whatJSONCannotHold(member, memberPath(path, key), inside)
  )
}

function cureOf(value: unknown): string {
  if (value === undefined) return ': write null'
  if (typeof value === 'bigint') return ': write String(value)'
  if (value instanceof Date) return ': write date.toISOString()'
  if (value instanceof Map) return ': write Object.fromEntries(map)'
  return value instanceof Set ? ': write [...set]' : ''
}

function first<Key>(entries: Iterable<[Key, unknown]>, judge: (value: unknown, key: Key) => string | null): string | null {
  for (const [key, value] of entries) {
    const problem = judge(value, key)
    if (problem !== null) return problem
  }
  return null
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // An object of another realm (a vm, a test runner's sandbox) has another Object.prototype, whose own prototype is null all the same.
  return (prototype === null || Object.getPrototypeOf(prototype) === null) && !('toJSON' in value)
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze)
    Object.freeze(value)
  }
  return value
}
