import { inspect } from 'node:util'

/**
 * What sessions of this app hold; users extend it by declaration merging:
 * `declare module 'express-4d-directory' { interface SessionStorage { cart: string[] } }`. JSON values only.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- to be merged with the app's own
export interface SessionStorage {}

/** The storage of a new session, as a store keeps it. */
export const emptyStorage = '{}'

/** What a session shows that has stored nothing. */
export const emptySnapshot: Readonly<Partial<SessionStorage>> = Object.freeze({})

/** The frozen snapshot of a stored text. */
export function parseStorage(text: string): Readonly<Partial<SessionStorage>> {
  return text === emptyStorage ? emptySnapshot : deepFreeze(JSON.parse(text) as Partial<SessionStorage>)
}

/** The text after `change` has edited a copy. Throws a TypeError, and nothing has changed, where the result is not a JSON object. */
export function changeStorage(text: string, change: (storage: Partial<SessionStorage>) => void, maxBytes: number): string {
  const draft = JSON.parse(text) as Partial<SessionStorage>
  const result: unknown = Reflect.apply<undefined, [Partial<SessionStorage>], unknown>(change, undefined, [draft])
  if (isThenable(result)) {
    throw new TypeError('session.update takes a synchronous function, received one that returns a promise: await first, then update')
  }
  return stringifyStorage(draft, maxBytes)
}

/**
 * What a host adds to a new session, as its text; `undefined` adds nothing.
 *
 * @throws TypeError
 */
export function readAdded(added: unknown, maxBytes: number): string {
  return added === undefined ? emptyStorage : stringifyStorage(added, maxBytes)
}

/** What a session carries on, and what is added to it. */
export function addToStorage(carried: string, added: string, maxBytes: number): string {
  if (added === emptyStorage) return carried
  if (carried === emptyStorage) return added
  return stringifyStorage({ ...(JSON.parse(carried) as object), ...(JSON.parse(added) as object) }, maxBytes)
}

/** The stored text of `storage`, checked for what JSON cannot hold and for its size in bytes. */
export function stringifyStorage(storage: unknown, maxBytes: number): string {
  if (!isPlainObject(storage)) throw new TypeError(`storage must be a plain object, received ${describe(storage)}`)
  refuseWhatJsonCannotHold(storage, 'storage', [])
  const text = JSON.stringify(storage)
  const bytes = Buffer.byteLength(text)
  if (bytes > maxBytes) {
    throw new RangeError(`storage takes ${bytes} bytes as JSON, and session.maxStorageBytes allows ${maxBytes}`)
  }
  return text
}

// JSON.stringify drops functions and undefined and turns dates, maps and NaN into something else: what was put in would not come out.
function refuseWhatJsonCannotHold(value: unknown, path: string, above: readonly unknown[]): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return
  if (above.includes(value)) throw new TypeError(`${path} contains itself, which JSON cannot hold`)
  if (Array.isArray(value)) {
    // Array.from, because `forEach` would skip holes, which JSON turns into null.
    Array.from(value as unknown[]).forEach((item, index) => refuseWhatJsonCannotHold(item, `${path}[${index}]`, [...above, value]))
    return
  }
  if (!isPlainObject(value)) throw new TypeError(`${path} is ${describe(value)}, which JSON cannot hold`)
  const [symbol] = Object.getOwnPropertySymbols(value)
  if (symbol !== undefined) throw new TypeError(`${path}[${String(symbol)}] has a symbol for its name, which JSON cannot hold`)
  for (const [key, member] of Object.entries(value)) {
    refuseWhatJsonCannotHold(
      member,
      /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`,
      [...above, value]
    )
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // An object of another realm (a vm, a test runner's sandbox) has another Object.prototype, whose own prototype is null all the same.
  return (prototype === null || Object.getPrototypeOf(prototype) === null) && !('toJSON' in value)
}

function isThenable(value: unknown): boolean {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  return 'then' in value && typeof value.then === 'function'
}

/** Names the kind of thing and not what is in it, which may be secret. */
function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) return `an instance of ${value.constructor.name || 'an unnamed class'}`
  return typeof value === 'number' || value === undefined || value === null ? inspect(value) : `a ${typeof value}`
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze)
    Object.freeze(value)
  }
  return value
}
