import { timingSafeEqual } from 'node:crypto'

/** Compares two secrets in a time that does not tell where they differ. Unequal lengths are unequal; the length itself is no secret. */
export function equalInConstantTime(one: string, other: string): boolean {
  const bytes = Buffer.from(one, 'utf16le')
  const otherBytes = Buffer.from(other, 'utf16le')
  return bytes.length === otherBytes.length && timingSafeEqual(bytes, otherBytes)
}
