import { PassThrough } from 'node:stream'

import { describe, expect, it } from 'vitest'

import { progress } from '../../lib/command/progress.js'

function watch({ terminal }: { terminal: boolean }) {
  let milliseconds = 0
  const output = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: terminal })
  const tell = progress(output, () => milliseconds)
  return {
    /** That many are done at this second; what is written then. */
    at(second: number, done: number, of: number): string {
      milliseconds = second * 1000
      tell(done, of)
      return String(output.read() ?? '')
    }
  }
}

describe('The progress of a long run', () => {
  it('is one line of a terminal, tells the time that is left, and is wiped at the end', () => {
    const run = watch({ terminal: true })

    expect(run.at(1, 1, 300)).toBe(`\r[${'.'.repeat(30)}] 1 of 300 passwords, about 5 min left\u001b[K`)
    expect(run.at(100, 200, 300)).toBe(`\r[${'#'.repeat(20)}${'.'.repeat(10)}] 200 of 300 passwords, about 50 s left\u001b[K`)
    expect(run.at(150, 300, 300)).toBe(`\r[${'#'.repeat(30)}] 300 of 300 passwords, about 0 s left\u001b[K\r\u001b[K`)
  })

  it('is a line now and then where there is no terminal, and none for a short run', () => {
    const run = watch({ terminal: false })

    const written = [1, 9, 10, 11, 19, 21, 30].map((second) => run.at(second, second * 10, 300))

    expect(written).toEqual(['', '', '100 of 300 passwords, about 20 s left\n', '', '', '210 of 300 passwords, about 9 s left\n', ''])
  })
})
