import { createHash } from 'node:crypto'

/** `digest4D('')`. Written out, so that loading this package takes no MD5. */
export const digestOfNothing = 'xBA/Ei0nZ3ydsUTK4TlKZg=='

/**
 * What 4D's `Generate digest(text; 4D digest)` makes of a password, and clients send as `hashed-password-4D`: 24 characters of base64.
 *
 * Unsalted MD5, and accepted in place of the password: treat it as one, and store `hashDigest4D` of it. Throws on a host without MD5 (FIPS).
 */
export function digest4D(password: string): string {
  if (typeof password !== 'string') throw new TypeError(`password must be a string, received ${typeof password}`)
  // UTF-16BE and a closing U+0000, as 4D holds its texts. The end is part of the digest.
  const text = Buffer.from(password + '\u0000', 'utf16le').swap16()
  try {
    return createHash('md5').update(text).digest('base64')
  } catch (cause) {
    throw noMD5(cause)
  }
}

/**
 * Whether this is the digest of an empty password, however it is spelled: without padding, in the alphabet of URLs, with blanks, with other bits in its last
 * character. Providers decode in ways of their own, so the bytes are compared and not the text.
 */
export function isDigestOfNothing(text: string): boolean {
  const bytes = Buffer.from(text.replace(/[^\w+/-]/g, ''), 'base64')
  return bytes.subarray(0, 16).equals(Buffer.from(digestOfNothing, 'base64'))
}

/** Whether this host has MD5: one in FIPS mode has not. Asked anew each time, since `crypto.setFips` changes it at run time. */
export function hasMD5(): boolean {
  try {
    createHash('md5')
    return true
  } catch {
    return false
  }
}

/** Whether a text can be a 4D digest: base64 of 16 bytes, in the one spelling that an encoder gives (the last character holds two bits). */
export function looksLikeDigest4D(text: string): boolean {
  return /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(text)
}

/** What is told where a 4D digest has to be made and cannot be. */
export function noMD5(cause?: unknown): Error {
  const message = 'This host has no MD5 (FIPS mode), which 4D digests are made of: store plain bcrypt hashes, with rest.digestLogin: false'
  return new Error(message, { cause })
}
