import { type FSWatcher, unwatchFile, watch, watchFile } from 'node:fs'
import { dirname } from 'node:path'

import { DirectoryFileError } from './error.js'
import { readBytes } from './read-bytes.js'

/** What a look at the file gives. */
export type FileContent = Buffer | DirectoryFileError

/** How long after something happened the file is looked at: what belongs to one save comes in a handful of events. */
const quietMilliseconds = 100
/** How often it is asked whether the file has changed where no folder tells: what a link leads to lies elsewhere, and a network drive says nothing. */
const pollMilliseconds = 1000
/** How often a folder that is gone is looked for. */
const searchMilliseconds = 500

/**
 * Tells when the content of a file has changed. It watches the folder, since 4D and editors put a new file in the old one's place, asks now and then
 * besides, and keeps no process alive. A content counts when two looks in a row have found it, so that a file half written or just being replaced is not told.
 */
export class FileWatch {
  readonly #path: string
  readonly #tell: (content: FileContent) => void
  #told: FileContent
  #candidate: FileContent | null = null
  #watcher: FSWatcher | null = null
  #timer: NodeJS.Timeout | null = null
  #looking: Promise<void> = Promise.resolve()
  #closed = false
  readonly #hearOfChange = () => this.#lookIn(quietMilliseconds)

  /** Throws a `DirectoryFileError` when the folder cannot be watched. `content` is what the caller knows already. */
  constructor(path: string, content: FileContent, tell: (content: FileContent) => void) {
    this.#path = path
    this.#told = content
    this.#tell = tell
    this.#arm()
    watchFile(path, { persistent: false, interval: pollMilliseconds }, this.#hearOfChange)
    // For what happened between the caller's look and the watch.
    this.#lookIn(quietMilliseconds)
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
    this.#watcher?.close()
    unwatchFile(this.#path, this.#hearOfChange)
    await this.#looking
  }

  #lookIn(milliseconds: number): void {
    if (this.#closed || this.#timer) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#looking = this.#looking.then(() => this.#look())
    }, milliseconds).unref()
  }

  async #look(): Promise<void> {
    if (this.#closed) return
    const armed = this.#tryToArm()
    const content = await readBytes(this.#path).catch((error: unknown) => {
      if (error instanceof DirectoryFileError) return error
      throw error
    })
    if (this.#isClosed()) return
    if (isSame(content, this.#told)) {
      this.#candidate = null
    } else if (this.#candidate && isSame(content, this.#candidate)) {
      this.#told = content
      this.#candidate = null
      this.#tell(content)
    } else {
      this.#candidate = content
      this.#lookIn(quietMilliseconds)
    }
    if (!armed) this.#lookIn(searchMilliseconds)
  }

  #isClosed(): boolean {
    return this.#closed
  }

  // At every look, since a watch stays with a folder that has been moved away and says nothing of the one in its place.
  #arm(): void {
    try {
      const watcher = watch(dirname(this.#path), { persistent: false }, this.#hearOfChange)
      watcher.on('error', () => this.#lookIn(searchMilliseconds))
      this.#watcher?.close()
      this.#watcher = watcher
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
      throw new DirectoryFileError('ERR_FILE_NOT_WATCHABLE', this.#path, `its folder cannot be watched (${reason})`)
    }
  }

  #tryToArm(): boolean {
    try {
      this.#arm()
      return true
    } catch {
      return false
    }
  }
}

function isSame(one: FileContent, other: FileContent): boolean {
  if (one instanceof DirectoryFileError || other instanceof DirectoryFileError) {
    return one instanceof DirectoryFileError && other instanceof DirectoryFileError && one.message === other.message
  }
  return one.equals(other)
}
