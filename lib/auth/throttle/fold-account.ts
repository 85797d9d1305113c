import { foldAddress } from '../../fold-address.js'
import { foldID, foldName } from '../../fold-name.js'
import { longestTexts } from '../../text-bounds.js'
import type { LoginAttempt } from './login-throttle.js'

/** What an attempt is counted under. */
export type Accounts = Pick<LoginAttempt, 'account' | 'userID' | 'address'>

/** What some servers leave out of a name before they look for it. */
const insignificant = /[\p{Default_Ignorable_Code_Point}\p{White_Space}\p{Cc}\p{Cf}]/gu

/**
 * What a login is counted under: the name as it was sent, the ID of the record where there is one, and the address. Where the provider checks credentials
 * itself there is no record before the check, and the name alone counts.
 */
export function accountsOf(userName: string, ID: string | null, ip: string, byServer: boolean): Accounts {
  const accounts = { account: accountOfName(userName, byServer), address: foldAddress(ip) }
  return ID === null || byServer ? accounts : { ...accounts, userID: accountOfID(ID) }
}

/**
 * The account of a name, whether anybody has it or not. `byServer`: the provider checks credentials itself, and an LDAP server may take ninety spellings of a
 * name for one: compatible characters, blanks, and what cannot be seen then count as one, too.
 */
export function accountOfName(userName: string, byServer: boolean): string {
  // Nobody's, and kept as a hash: normalising takes quadratic time.
  if (userName.length > longestTexts.name) return `name ${userName}`
  return `name ${foldName(byServer ? userName.normalize('NFKC').replace(insignificant, '') : userName)}`
}

/** The account of a record. The prefix keeps anybody from locking it by a made-up name that is its ID. */
export function accountOfID(ID: string): string {
  return `ID ${foldID(ID)}`
}
