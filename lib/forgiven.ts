/**
 * The same promise, which does not end the process where a host forgets to await it and it rejects: Node takes a rejection that nobody handles for a crash.
 * Whoever awaits it hears of it all the same.
 */
export function forgiven<T>(outcome: Promise<T>): Promise<T> {
  outcome.catch(() => undefined)
  return outcome
}
