import { type Credentials, type LoginThrottle, MemoryLoginThrottle } from 'express-4d-directory'

/**
 * Counts failed attempts under the names as 4D compares them, and before 4D is asked. 4D knows neither case nor accents, and takes `@` for a wildcard: to the
 * directory's own throttle, which knows nothing of that, each spelling is a name of its own, with ten guesses of its own.
 */
export class Guesses {
  readonly #throttle: LoginThrottle

  constructor(throttle: LoginThrottle = new MemoryLoginThrottle()) {
    this.#throttle = throttle
  }

  /** What `check` answers; `null`, as for a wrong password, where the account has to wait, and 4D is not asked. */
  async count<T>({ userName, ...secret }: Credentials, ip: string, check: () => Promise<T | null>): Promise<T | null> {
    // `j@` is whoever begins with j.
    if (userName.includes('@')) return null
    const attempt = { account: accountAt4D(userName), address: ip, secret: JSON.stringify(secret), now: Date.now() }
    const reservation = await this.#throttle.reserve(attempt)
    if (!reservation.allowed) return null
    try {
      const user = await check()
      await reservation.settle(user === null ? 'failure' : 'success', Date.now())
      return user
    } catch (error) {
      await reservation.settle('abandoned', Date.now())
      throw error
    }
  }
}

/** One text for all spellings that 4D takes for one: without accents, case, width, blanks and what cannot be seen. */
export function accountAt4D(userName: string): string {
  return userName
    .normalize('NFKD')
    .replace(/[\p{M}\p{White_Space}\p{C}]/gu, '')
    .toUpperCase()
    .toLowerCase()
}
