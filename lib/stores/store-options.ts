import type { MemberReader } from '../checks/member-reader.js'

/** A number of sessions. */
export const budget = { from: 1, to: Number.MAX_SAFE_INTEGER, unit: 'sessions' }

/** How much a store keeps beside what has to stay: guests, and sign-ins whose cookie has not come back. */
export function readBudgets(options: MemberReader): { readonly maxGuests: number; readonly maxUnconfirmed: number } {
  return {
    maxGuests: options.wholeNumber('maxGuests', budget, 10_000),
    maxUnconfirmed: options.wholeNumber('maxUnconfirmed', budget, 10_000)
  }
}

/** How a store on a server is called. Node's timers take no more milliseconds. */
export function readTiming(options: MemberReader): { readonly timeoutMilliseconds: number; readonly slideMilliseconds: number } {
  return {
    timeoutMilliseconds: options.wholeNumber('timeoutMilliseconds', { from: 1, to: 2 ** 31 - 1, unit: 'milliseconds' }, 1000),
    slideMilliseconds: 1000 * options.wholeNumber('slideAfterSeconds', { from: 0, to: 86_400, unit: 'seconds' }, 10)
  }
}
