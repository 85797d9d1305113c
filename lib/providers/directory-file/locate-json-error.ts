/**
 * The index at which a text stops being JSON, or `null` if it is JSON. `JSON.parse` itself tells the place of some errors only, and
 * quotes the text around it, which may be somebody's digest.
 */
export function locateJSONError(text: string): number | null {
  const open: ('[' | '{')[] = []
  let expected: 'value' | 'value or ]' | 'key' | 'key or }' | ':' | 'what follows' = 'value'
  let at = skipSpace(text, 0)

  while (at < text.length) {
    const character = text[at]
    const innermost = open.at(-1)

    if (expected === 'what follows') {
      if (character === ',' && innermost) expected = innermost === '[' ? 'value' : 'key'
      else if ((character === ']' && innermost === '[') || (character === '}' && innermost === '{')) open.pop()
      else return at
      at++
    } else if ((character === ']' && expected === 'value or ]') || (character === '}' && expected === 'key or }')) {
      open.pop()
      expected = 'what follows'
      at++
    } else if (expected === ':') {
      if (character !== ':') return at
      expected = 'value'
      at++
    } else if (expected === 'key' || expected === 'key or }') {
      if (character !== '"') return at
      const end = endOfString(text, at)
      if (end.broken) return end.at
      expected = ':'
      at = end.at
    } else if (character === '[' || character === '{') {
      open.push(character)
      expected = character === '[' ? 'value or ]' : 'key or }'
      at++
    } else {
      const end = character === '"' ? endOfString(text, at) : endOfWord(text, at)
      if (end.broken) return end.at
      expected = 'what follows'
      at = end.at
    }
    at = skipSpace(text, at)
  }

  return expected === 'what follows' && open.length === 0 ? null : text.length
}

/** Line and column of an index, both from 1. */
export function lineAndColumn(text: string, index: number): { readonly line: number; readonly column: number } {
  const lines = text.slice(0, index).split('\n')
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}

interface End {
  readonly at: number
  readonly broken: boolean
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at++
  return at
}

// A loop and not a regular expression, which would keep a way back for every character of a long string.
function endOfString(text: string, from: number): End {
  for (let at = from + 1; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '"') return { at: at + 1, broken: false }
    if (character < ' ') return { at, broken: true }
    if (character !== '\\') continue
    const length = /^(?:u[0-9a-fA-F]{4}|["\\/bfnrt])/.exec(text.slice(at + 1, at + 6))?.[0].length
    if (length === undefined) return { at, broken: true }
    at += length
  }
  return { at: text.length, broken: true }
}

function endOfWord(text: string, from: number): End {
  const word = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
  word.lastIndex = from
  return word.test(text) ? { at: word.lastIndex, broken: false } : { at: from, broken: true }
}
