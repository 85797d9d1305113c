import { LRUCache } from 'lru-cache'

import { copyText } from '../../copy-text.js'

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
    if (text.length > longest) return copyText(text)
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    const copy = copyText(text)
    this.#texts.set(copy, copy)
    return copy
  }
}
