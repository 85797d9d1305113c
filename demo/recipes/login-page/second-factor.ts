import { Secret, TOTP } from 'otpauth'

import type { Account, Accounts } from './accounts.js'

/**
 * Whether this is the code that the user's authenticator app shows (RFC 6238), or showed half a minute ago. Each works once: a code that somebody has looked over a
 * shoulder, or that came through a page between, is worth nothing any more.
 */
export async function isFreshCode(accounts: Accounts, { ID, totpSecret }: Account, code: unknown, now: number): Promise<boolean> {
  if (totpSecret === null || typeof code !== 'string') return false
  const totp = new TOTP({ secret: Secret.fromBase32(totpSecret) })
  const step = totp.counter({ timestamp: now })
  if (!(await accounts.tryCode(ID, step))) return false
  const stepsAway = totp.validate({ token: code.replaceAll(' ', ''), timestamp: now, window: 1 })
  return stepsAway !== null && (await accounts.useCode(ID, step + stepsAway))
}
