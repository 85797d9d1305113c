import { forgiven } from '../forgiven.js'
import type { WatchedCalls } from '../watched-calls.js'
import type { PasswordHasher } from './password-hasher.js'

/** The same hasher, each call of which is counted and traced. */
export function watchedHasher(hasher: PasswordHasher, calls: WatchedCalls): Required<PasswordHasher> {
  // What a hasher of the host's throws at once is a rejection all the same.
  const run = <T>(verb: string, call: () => Promise<T>) => forgiven((async () => calls.run(verb, call))())
  return {
    get statistics() {
      return hasher.statistics
    },
    hash: (password) => run('hash', () => hasher.hash(password)),
    verify: (...asked) => run('verify', () => hasher.verify(...asked)),
    upgrade: (...asked) => run('upgrade', async () => (await hasher.upgrade?.(...asked)) ?? null),
    async close() {
      await hasher.close?.()
    }
  }
}
