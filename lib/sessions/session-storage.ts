import { describeValue } from '../checks/describe-value.js'
import { deepFreeze, isPlainObject, whatJSONCannotHold } from '../checks/json-value.js'
import { isPromise } from '../when-known.js'

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

/**
 * The text after `change` has edited a copy.
 *
 * @throws TypeError, and nothing has changed, where the result is not a JSON object, and where the host has plainly meant something else to be stored.
 */
export function changeStorage(text: string, change: (storage: Partial<SessionStorage>) => void, maxBytes: number): string {
  const draft = JSON.parse(text) as Partial<SessionStorage>
  const result: unknown = Reflect.apply<undefined, [Partial<SessionStorage>], unknown>(change, undefined, [draft])
  if (isPromise(result)) {
    // Its rejection, which nobody will ever hear of, must not end the process.
    Promise.resolve(result).catch(() => undefined)
    throw new TypeError('session.update takes a synchronous function, received one that returns a promise: await first, then update')
  }
  const changed = stringifyStorage(draft, maxBytes)
  if (changed === text && isPlainObject(result) && !holds(draft, result)) throw new TypeError(editInPlace)
  return changed
}

/** `(storage) => ({ ...storage, cart })`, as reducers are written, would store nothing. */
const editInPlace =
  'session.update takes a function that edits the draft in place, received one that left it as it was and returned another object: ' +
  'write (storage) => { storage.cart = cart }'

/** Whether `part` is the value, or a part of it: what `(storage) => storage.cart` returns. */
function holds(value: unknown, part: object): boolean {
  return value === part || (typeof value === 'object' && value !== null && Object.values(value).some((member) => holds(member, part)))
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
  if (!isPlainObject(storage)) throw new TypeError(`storage must be a plain object, received ${describeValue(storage, true)}`)
  const problem = whatJSONCannotHold(storage, 'storage')
  if (problem !== null) throw new TypeError(problem)
  const text = JSON.stringify(storage)
  const bytes = Buffer.byteLength(text)
  if (bytes > maxBytes) {
    throw new TypeError(`storage takes ${bytes} bytes as JSON, and session.maxStorageBytes allows ${maxBytes}`)
  }
  return text
}
