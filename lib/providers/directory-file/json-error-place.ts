import { parse } from 'lossless-json'

/** Counted from 1. */
export interface LineAndColumn {
  readonly line: number
  readonly column: number
}

export interface JSONErrorPlace extends LineAndColumn {
  /** The text is JSON so far. */
  readonly isEnd: boolean
}

/**
 * Where a text stops being JSON; `null`: it is nested too deeply to tell. `JSON.parse` itself tells the place of some errors only. Both quote the text around it,
 * which may be somebody's digest, so that nothing but the place is taken.
 */
export function jsonErrorPlace(text: string): JSONErrorPlace | null {
  try {
    parse(text, null, { parseNumber: Number, onDuplicateKey: ({ newValue }) => newValue })
    return null
  } catch (error) {
    const position = error instanceof SyntaxError ? / at position (\d+)$/.exec(error.message)?.[1] : undefined
    return position === undefined ? null : { ...lineAndColumn(text, Number(position)), isEnd: Number(position) === text.length }
  }
}

/** Line and column of an index. */
export function lineAndColumn(text: string, index: number): LineAndColumn {
  const lines = text.slice(0, index).split('\n')
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}
