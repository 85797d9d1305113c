import { closest, distance } from 'fastest-levenshtein'

/** A sentence with the known name that an unknown one was probably meant to be; `''` where none is near. */
export function didYouMean(unknown: string, known: readonly string[]): string {
  const nearest = closest(
    unknown.toLowerCase(),
    known.map((name) => name.toLowerCase())
  )
  const name = known.find((each) => each.toLowerCase() === nearest)
  // Two letters off, or one in a word of two or three.
  const isNear = name !== undefined && distance(unknown.toLowerCase(), nearest) <= Math.min(2, Math.floor(name.length / 2))
  return isNear ? `Did you mean ${name}? ` : ''
}
