import type { CommandStreams } from './command-streams.js'

const barWidth = 30
const millisecondsBetweenLines = 10_000

/**
 * Tells how far a long run is and how long the rest will take: in one line of a terminal, which is wiped at the end; elsewhere, as in the log of a CI job, in
 * a line of its own every ten seconds.
 */
export function progress(
  output: CommandStreams['stderr'],
  now: () => number = () => performance.now()
): (done: number, of: number) => void {
  const startedAt = now()
  let lastLineAt = startedAt
  return function tellProgress(done, of) {
    const secondsLeft = Math.ceil((((now() - startedAt) / done) * (of - done)) / 1000)
    const left = secondsLeft < 120 ? `${secondsLeft} s` : `${Math.ceil(secondsLeft / 60)} min`
    const text = `${done} of ${of} passwords, about ${left} left`
    if (output.isTTY) {
      const filled = Math.round((done / of) * barWidth)
      // To the line's end, since the text before may have been longer.
      output.write(`\r[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] ${text}\u001b[K`)
      if (done === of) output.write('\r\u001b[K')
    } else if (now() - lastLineAt >= millisecondsBetweenLines && done < of) {
      lastLineAt = now()
      output.write(`${text}\n`)
    }
  }
}
