import { createHash } from 'node:crypto'

/**
 * What 4D's `Generate digest(text; 4D digest)` makes of a password, and clients send as `hashed-password-4D`: 24 characters of base64.
 *
 * Unsalted MD5, and accepted in place of the password: treat it as one, and store `hashDigest4D` of it.
 */
export function digest4D(password: string): string {
  if (typeof password !== 'string') throw new TypeError(`password must be a string, received ${typeof password}`)
  // UTF-16BE and a closing U+0000, as 4D holds its texts. The end is part of the digest.
  const text = Buffer.from(password + '\u0000', 'utf16le').swap16()
  return createHash('md5').update(text).digest('base64')
}

/** Whether a text can be a 4D digest: base64 of 16 bytes, in the one spelling that an encoder gives (the last character holds two bits). */
export function looksLikeDigest4D(text: string): boolean {
  return /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(text)
}
