import { isDigestOfNothing } from '../passwords/digest-4d.js'
import { loginSecret, type LoginSecret } from '../passwords/login-secret.js'
import type { Credentials } from '../providers/directory-provider.js'
import { canBeName, longestTexts } from '../text-bounds.js'

/** What this directory takes as credentials. */
export interface CredentialsPolicy {
  readonly digestLogin: boolean
  readonly allowEmptyPasswords: boolean
}

/** What somebody sent to log in, once it has been looked at. */
export type SentCredentials =
  /** To be checked. `isNobodys`: too long, or no name at all; neither a provider nor a hash is asked, but it has to take as long. */
  | { readonly kind: 'credentials'; readonly credentials: Credentials; readonly secret: LoginSecret; readonly isNobodys: boolean }
  /** Refused as it stands, the same for everybody. */
  | { readonly kind: 'refused'; readonly userName: string; readonly reason: string }

/**
 * Reads what hosts in JavaScript pass on of a form or a JSON body. What is absent is empty; where both secrets are filled the digest counts. What is no text never
 * gets to a provider: an object as the user name is an operator to some databases.
 *
 * @throws TypeError for a user instead of credentials, which names `signIn`.
 */
export function readCredentials(sent: unknown, policy: CredentialsPolicy): SentCredentials {
  const { ID, userName, password = null, hashedPassword = null } = membersOf(sent)
  if (ID !== undefined && password === null && hashedPassword === null) throw signInIsMeant()
  const secretText = hashedPassword === null || hashedPassword === '' ? (password ?? '') : hashedPassword
  if (typeof userName !== 'string' || typeof secretText !== 'string' || !isTextOrAbsent(password)) {
    return { kind: 'refused', userName: typeof userName === 'string' ? userName : '', reason: 'no pair of texts' }
  }
  const isDigest = secretText === hashedPassword && secretText !== ''
  const isNobodys = !canBeName(userName) || secretText.length > (isDigest ? longestTexts.digest : longestTexts.password)
  if (userName === '') return { kind: 'refused', userName, reason: 'no user name' }
  if (isDigest && !policy.digestLogin) return { kind: 'refused', userName, reason: 'hashed password not accepted' }
  // An LDAP server takes a bind with an empty password for a success (RFC 4513 section 5.1.2).
  const isEmpty = secretText === '' || (isDigest && !isNobodys && isDigestOfNothing(secretText))
  if (isEmpty && !policy.allowEmptyPasswords) return { kind: 'refused', userName, reason: 'empty password' }
  const credentials = isDigest ? { userName, hashedPassword: secretText } : { userName, password: secretText }
  return { kind: 'credentials', credentials, secret: loginSecret(isNobodys ? { password: '' } : credentials), isNobodys }
}

type Members = Partial<Record<'ID' | 'userName' | 'password' | 'hashedPassword', unknown>>

function membersOf(sent: unknown): Members {
  return typeof sent === 'object' && sent !== null ? sent : {}
}

function isTextOrAbsent(value: unknown): boolean {
  return value === null || typeof value === 'string'
}

// Passport's `req.login(user)` would be a refused login for ever. 400, since a client's body may look like a user as well.
function signInIsMeant(): TypeError {
  const message = 'login takes credentials, { userName, password }; to log in a user who is known by other means write signIn(user)'
  return Object.assign(new TypeError(message), { status: 400 })
}
