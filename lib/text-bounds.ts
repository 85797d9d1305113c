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
  /** Any text in an event or a warning. */
  event: 200
} as const
