import type { Credentials } from '../providers/directory-provider.js'

/**
 * Credentials as the rest may trust them: strings, and one secret, the digest where both are filled. Hosts in JavaScript pass on what a form or a JSON body held:
 * what is absent is empty, and what is no string never gets to a provider (an object as the user name is an operator to some databases).
 *
 * @throws TypeError that names the member and does not show it.
 */
export function checkCredentials(credentials: unknown): Credentials {
  if (typeof credentials !== 'object' || credentials === null) {
    throw new TypeError(`credentials must be an object, received ${credentials === null ? 'null' : typeof credentials}`)
  }
  const sent: { userName?: unknown; password?: unknown; hashedPassword?: unknown } = credentials
  const userName = checkString('userName', sent.userName)
  const password = checkString('password', sent.password ?? '')
  const hashedPassword = checkString('hashedPassword', sent.hashedPassword ?? '')
  return hashedPassword === '' ? { userName, password } : { userName, hashedPassword }
}

function checkString(member: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw new TypeError(`credentials.${member} must be a string, received ${value === null ? 'null' : typeof value}`)
}
