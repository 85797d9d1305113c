/**
 * How long texts from outside may be, in UTF-16 units as received, asked before anything else is done with them: normalising is quadratic, and 16 KB of
 * combining marks block the event loop for 100 ms. What a client sends beyond is nobody's; a record beyond is a bad answer.
 */
export const longestTexts = {
  /** A name or ID of a user or a group. */
  name: 255,
  password: 4096,
  /** A 4D digest; it has 24 characters, and other spellings of it a few more. */
  digest: 64,
  /** An address; IPv6 with its zone has up to 62. */
  address: 64,
  userAgent: 200,
  /** The address of a page, of which browsers send no more (Referrer Policy, section 8.3). */
  pageAddress: 4096,
  /** Any text in an event or a warning. */
  event: 200
} as const

/**
 * Whether a text from a client may be the name or ID of a user or a group; what may not is nobody's, and no provider is asked. A NUL ends a text for many a
 * library in C, and PostgreSQL answers it with an error, which would be the provider's failure.
 */
export function canBeName(text: string): boolean {
  return text.length <= longestTexts.name && !text.includes('\0')
}
