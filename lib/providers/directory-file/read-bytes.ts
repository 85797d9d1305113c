import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'

import { DirectoryFileError } from './error.js'

/** Far above any directory (4D's own reach 150 kB), and far below what a string can hold. */
const largestFile = 64 * 1024 * 1024

/** The bytes of the file, which is judged before any of them is read. Whatever goes wrong is a `DirectoryFileError`. */
export async function readBytes(path: string): Promise<Buffer> {
  try {
    // Without O_NONBLOCK (nothing on Windows) opening a pipe would wait for somebody who writes into it.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      await refuseWhatIsNoDirectory(path, file)
      // A file may grow while it is read.
      const bytes = await buffer(file.createReadStream({ end: largestFile, autoClose: false }))
      if (bytes.length > largestFile) throw tooLarge(path)
      return bytes
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof DirectoryFileError) throw error
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    if (reason === 'ENOENT' || reason === 'ENOTDIR') throw new DirectoryFileError('ERR_FILE_NOT_FOUND', path, 'there is no such file')
    throw new DirectoryFileError('ERR_FILE_NOT_READABLE', path, `cannot be read (${reason})`)
  }
}

async function refuseWhatIsNoDirectory(path: string, file: FileHandle): Promise<void> {
  const status = await file.stat()
  if (status.isDirectory()) throw notReadable(path, 'this is a folder; name the file in it, usually Settings/directory.json')
  if (!status.isFile()) throw notReadable(path, 'is a pipe, a socket or a device, and not a file')
  if (status.size > largestFile) throw tooLarge(path)
}

function tooLarge(path: string): DirectoryFileError {
  return notReadable(path, 'is larger than 64 MiB, so it cannot be a directory')
}

function notReadable(path: string, problem: string): DirectoryFileError {
  return new DirectoryFileError('ERR_FILE_NOT_READABLE', path, problem)
}
