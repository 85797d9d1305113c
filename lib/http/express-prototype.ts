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

/** The prototype that gives the object this member: Express', unless a host's app has put a member of its own before it. */
export function prototypeWith(object: object, member: string): object | null {
  let prototype = Object.getPrototypeOf(object) as object | null
  while (prototype !== null && !Object.hasOwn(prototype, member)) prototype = Object.getPrototypeOf(prototype) as object | null
  return prototype
}
