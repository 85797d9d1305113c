import type { Writable } from 'node:stream'

/** Draws how far we are into one line of a terminal, and wipes it at the end. Draws nothing where the output is not a terminal. */
export function progressBar(output: Writable & { readonly isTTY?: boolean }): (done: number, of: number) => void {
  if (!output.isTTY) return () => undefined
  const width = 30
  return (done, of) => {
    const filled = Math.round((done / of) * width)
    output.write(`\r[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${done} of ${of} passwords`)
    if (done === of) output.write('\r\u001b[K')
  }
}
