import { LRUCache } from 'lru-cache'

const texts = 4096
const longest = 256

/**
 * Lets a million sessions share the few addresses and user agents that they come from. Knows the last few thousand texts, so it
 * forgets by itself.
 */
export class TextPool {
  readonly #texts = new LRUCache<string, string>({ max: texts })

  /** The same text, in one copy for all who ask. */
  share(text: string): string {
    if (text.length > longest) return copyOf(text)
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    const copy = copyOf(text)
    this.#texts.set(copy, copy)
    return copy
  }
}

/** A string that was cut out of a request's headers is a window on them, and would keep them all in memory (V8's sliced strings). */
function copyOf(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string
}
