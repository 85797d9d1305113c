/**
 * What is wrong with a directory file, in a word that programs can compare. `ERR_SHAPE`: JSON, but not a directory as 4D writes it;
 * `ERR_DUPLICATE_NAME`: two users or two groups whose names differ in case or composition only.
 */
export type DirectoryFileErrorCode =
  'ERR_FILE_NOT_FOUND' | 'ERR_FILE_NOT_READABLE' | 'ERR_FILE_NOT_WATCHABLE' | 'ERR_NOT_JSON' | 'ERR_SHAPE' | 'ERR_DUPLICATE_NAME'

/** Where in the file. */
export interface DirectoryFilePlace {
  /** Counted from 1, with `column`. */
  readonly line?: number
  readonly column?: number
  /** The member in question, as `users["zoe q"].password`. */
  readonly jsonPath?: string
}

/**
 * The one error that `DirectoryFileProvider.open` rejects with, and that comes with `reload-failed`. It shows names from the file, never a
 * password or a digest.
 */
export class DirectoryFileError extends Error {
  override readonly name = 'DirectoryFileError'
  /** What is wrong, for programs. */
  readonly code: DirectoryFileErrorCode
  /** Of the file, as it was given. */
  readonly path: string
  /** Counted from 1, where the file is not JSON. */
  readonly line?: number
  /** Counted from 1, with `line`. */
  readonly column?: number
  /** The member in question, where the file is JSON: `users["zoe q"].password`. */
  readonly jsonPath?: string

  constructor(code: DirectoryFileErrorCode, path: string, problem: string, where: DirectoryFilePlace = {}) {
    super(`${path}: ${problem}`)
    this.code = code
    this.path = path
    if (where.line !== undefined) this.line = where.line
    if (where.column !== undefined) this.column = where.column
    if (where.jsonPath !== undefined) this.jsonPath = where.jsonPath
  }
}
