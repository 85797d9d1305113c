import { escapeControlCharacters } from '../escape-text.js'

/** A text of somebody else's in a message: in quotes, with everything escaped that a terminal would not show as it is. */
export function quote(text: string): string {
  return escapeControlCharacters(JSON.stringify(text))
}
