import type { Readable, Writable } from 'node:stream'

/** What a command reads and writes: `process` has all three. */
export interface CommandStreams {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable
  readonly stderr: Writable & { readonly isTTY?: boolean }
}
