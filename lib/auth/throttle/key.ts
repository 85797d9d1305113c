import { hash } from 'node:crypto'

const longestKey = 64

/** The key under which a name or an address is kept: itself, or its hash where it is long, or a few long names would fill the memory. */
export function throttleKey(text: string): string {
  return text.length <= longestKey ? text : `sha256:${hash('sha256', text)}`
}
