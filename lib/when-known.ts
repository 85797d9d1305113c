/**
 * Goes on with a value that may be there already: at once then, without the microtask that `await` costs on every request. What `next` throws is thrown
 * where the value is there, and rejects where it is awaited.
 */
export function whenKnown<T, Result>(value: T | Promise<T>, next: (value: T) => Result | Promise<Result>): Result | Promise<Result> {
  return isPromise(value) ? value.then(next) : next(value)
}

// Not by `instanceof`: a store of the host's may have promises of another realm, or of its own making.
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  const mayHaveMembers = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return mayHaveMembers && 'then' in value && typeof value.then === 'function'
}
