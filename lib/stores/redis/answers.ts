import { DirectoryError } from '../../errors.js'

/** What a script's answer has to be. Anything else is a server or a client that is not what we take it for. */

/** What Lua calls false or nil. */
export function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === false
}

/** A client may be set to give buffers. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (Buffer.isBuffer(value)) return value.toString()
  throw new DirectoryError('ERR_STORE_UNAVAILABLE', 'Redis answered with something other than text')
}

export function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[]
  throw new DirectoryError('ERR_STORE_UNAVAILABLE', 'Redis answered with something other than a list')
}

export function oneOf<T extends string>(value: unknown, words: readonly T[]): T {
  const word = words.find((known) => known === textOf(value))
  if (word === undefined) throw new DirectoryError('ERR_STORE_UNAVAILABLE', 'Redis answered with an unknown word')
  return word
}
