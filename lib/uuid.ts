/** The 32 upper-case hex digits of a UUID with or without dashes and braces, in any case; `null`: not a UUID. */
export function readUUID(text: string): string | null {
  // As they are kept and sent, which nearly all are.
  if (/^[0-9A-F]{32}$/.test(text)) return text
  const bare = /^\{.*\}$/.test(text) ? text.slice(1, -1) : text
  const isUUID = /^[0-9a-f]{32}$/i.test(bare) || /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(bare)
  return isUUID ? bare.replaceAll('-', '').toUpperCase() : null
}
