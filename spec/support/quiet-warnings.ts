/**
 * Node prints each process warning. A spec that provokes one of ours listens for it, or says so by `expectWarnings`; then it is not printed.
 * Whatever nobody expected still is.
 */
// Specs of failures and of clocks that are put back are many, and few of them look at the warnings.
const expected = new Set(['EXPRESS_4D_DIRECTORY_DEGRADED', 'EXPRESS_4D_DIRECTORY_CLOCK'])

/** From here to the end of the file, warnings of this code are part of what the specs do. */
export function expectWarnings(code: string): void {
  expected.add(code)
}

process.removeAllListeners('warning')
process.on('warning', (warning: Error & { readonly code?: string }) => {
  const isListenedFor = process.listenerCount('warning') > 1
  if (isListenedFor || expected.has(warning.code ?? '')) return
  process.stderr.write(`${warning.name}${warning.code === undefined ? '' : ` [${warning.code}]`}: ${warning.message}\n`)
})
