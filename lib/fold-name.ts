/**
 * The spelling under which names are compared: any case, composed or not. `JSmith` and `jsmith` are one, and so are U+00E9 and `e` with U+0301.
 */
export function foldName(name: string): string {
  // Upper case first: it unites what lower case keeps apart, such as the two small sigmas.
  return name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC')
}
