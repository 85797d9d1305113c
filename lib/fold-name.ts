import { longestTexts } from './text-bounds.js'
import { readUUID } from './uuid.js'

/**
 * The spelling under which names are compared: any case, composed or not. `JSmith` and `jsmith` are one, and so are U+00E9 and `e` with U+0301.
 */
export function foldName(name: string): string {
  // No record has such a name, and normalising is quadratic.
  if (name.length > longestTexts.name) return name
  // Upper case first: it unites what lower case keeps apart, such as the two small sigmas.
  return name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC')
}

/** The spelling under which IDs are compared: a UUID in any spelling as its 32 upper-case hex digits, anything else like a name. */
export function foldID(ID: string): string {
  return readUUID(ID) ?? foldName(ID)
}
