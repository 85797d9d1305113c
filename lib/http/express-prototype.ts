/**
 * Express' own prototype of requests or answers, of whatever copy of Express: the last in the chain that owns this member, since a host's app may have put its own
 * before it. `null`: the object is none of Express'.
 */
export function expressPrototype<T extends object>(object: T, member: string): T | null {
  let found: T | null = null
  for (let prototype: unknown = Object.getPrototypeOf(object); prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    if (Object.hasOwn(prototype as T, member)) found = prototype as T
  }
  return found
}
