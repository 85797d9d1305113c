import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { ServerClock } from '../../lib/stores/server-clock.js'

const day = 86_400_000
const timeout = 1000

describe('ServerClock', () => {
  it('gives an empty window while the clock of the server is unknown', () => {
    const clock = new ServerClock()

    const window = clock.window(1000, 2000)

    expect(window).toEqual({ clockName: '', notBefore: 0, notAfter: 0 })
  })

  it.each([0, -day, day])('closes the window when the caller gives up, with a server whose clock is %d ms off', (skew) => {
    const clock = new ServerClock()
    clock.learn({ clockName: 'a', clock: 1000 + skew }, 1000, 1000)

    const window = clock.window(1000, 2000)

    expect(window).toEqual({ clockName: 'a', notBefore: 1000 + skew, notAfter: 2000 + skew })
  })

  it('closes the window too early rather than too late, by the time that the answer took', () => {
    const clock = new ServerClock()
    clock.learn({ clockName: 'a', clock: 5010 }, 10, 40)

    const window = clock.window(40, 1040)

    expect(window.notAfter).toBe(5010 + 1000)
  })

  it('goes by the quickest answer', () => {
    const clock = new ServerClock()
    clock.learn({ clockName: 'a', clock: 5010 }, 0, 20)
    clock.learn({ clockName: 'a', clock: 5050 }, 21, 80)

    const window = clock.window(80, 1080)

    expect(window.notAfter).toBeCloseTo(5010 + 60 + 1000, 0)
    expect(window.notAfter).toBeGreaterThan(5050 + 1000)
  })

  it('closes the window a little earlier the longer there was no answer, for clocks that drift', () => {
    const clock = new ServerClock()
    clock.learn({ clockName: 'a', clock: 0 }, 0, 0)

    const window = clock.window(100_000, 101_000)

    expect(window.notAfter).toBe(101_000 - 50)
  })

  it('is forgotten after five minutes without an answer', () => {
    const clock = new ServerClock()
    clock.learn({ clockName: 'a', clock: 0 }, 0, 0)

    const windows = [clock.window(300_000, 301_000), clock.window(300_001, 301_001)]

    expect(windows.map(({ clockName }) => clockName)).toEqual(['a', ''])
  })

  it.each([
    { change: 'set back', clock: 1_000_000 - 7000 },
    { change: 'set forward', clock: 1_000_000 + 7000 }
  ])('follows a clock that was $change', ({ clock: shown }) => {
    const clock = new ServerClock()
    clock.learn({ clockName: 'a', clock: 1_000_000 }, 0, 0)
    clock.learn({ clockName: 'a', clock: shown + 10 }, 10, 10)

    const window = clock.window(10, 1010)

    expect(window.notAfter).toBe(shown + 1010)
  })

  it('opens no window for a server whose clock was set back since', () => {
    const clock = new ServerClock()
    clock.learn({ clockName: 'a', clock: 1_000_000 }, 0, 0)

    const { notBefore } = clock.window(10, 1010)

    expect(notBefore).toBeGreaterThan(1_000_000 - 7000 + 10)
  })

  it('learns anew from a server that was restarted or has taken over', () => {
    const clock = new ServerClock()
    clock.learn({ clockName: 'a', clock: 1_000_000 }, 0, 0)
    clock.learn({ clockName: 'b', clock: 1_000_009 }, 10, 12)

    const window = clock.window(12, 1012)

    expect(window).toEqual({ clockName: 'b', notBefore: 1_000_009, notAfter: 1_001_009 })
  })

  it('never leaves a window open past the deadline, whatever the clocks show and however long answers took', () => {
    fc.assert(
      fc.property(offsets, fc.array(exchanges, { minLength: 1 }), fc.nat(10_000), (offset, past, pause) => {
        const { clock, now } = afterExchanges(offset, past)
        const deadline = now + pause + timeout

        const { notAfter } = clock.window(now + pause, deadline)

        expect(notAfter).toBeLessThanOrEqual(deadline + offset + roundingError)
      })
    )
  })

  it('leaves a window open for what arrives at once, if an answer has ever been quick', () => {
    fc.assert(
      fc.property(offsets, fc.array(exchanges), fc.nat(10_000), (offset, past, pause) => {
        const { clock, now } = afterExchanges(offset, [...past, { there: 1, back: 1, pause: 0 }])
        const sentAt = now + pause

        const { notBefore, notAfter } = clock.window(sentAt, sentAt + timeout)

        expect(notBefore).toBeLessThanOrEqual(sentAt + offset + roundingError)
        expect(notAfter).toBeGreaterThan(sentAt + offset + timeout - 10)
      })
    )
  })

  it('follows a server whose clock was set, and another one that took over, after one answer', () => {
    fc.assert(
      fc.property(offsets, offsets, fc.array(exchanges, { minLength: 1 }), (before, after, past) => {
        fc.pre(Math.abs(before - after) > 10_000)
        const { clock, now } = afterExchanges(before, past)
        clock.learn({ clockName: 'a', clock: Math.floor(now + 1 + after) }, now, now + 2)

        const { notBefore, notAfter } = clock.window(now + 2, now + 2 + timeout)

        expect(notBefore).toBeCloseTo(now + 2 + after, -1)
        expect(notAfter).toBeLessThanOrEqual(now + 2 + timeout + after + roundingError)
      })
    )
  })
})

/** Times since 1970 with their fractions of milliseconds: a double holds them to a thousandth. */
const roundingError = 0.01

/** By how much the server's clock is ahead of ours, which counts from anywhere. */
const offsets = fc.double({ min: 0, max: 2e12, noNaN: true })

const exchanges = fc.record({
  there: fc.double({ min: 0, max: 3000, noNaN: true }),
  back: fc.double({ min: 0, max: 3000, noNaN: true }),
  pause: fc.double({ min: 0, max: 3000, noNaN: true })
})

function afterExchanges(offset: number, past: readonly { there: number; back: number; pause: number }[]) {
  const clock = new ServerClock()
  let now = 1
  for (const { there, back, pause } of past) {
    const sentAt = now + pause
    now = sentAt + there + back
    clock.learn({ clockName: 'a', clock: Math.floor(sentAt + there + offset) }, sentAt, now)
  }
  return { clock, now }
}
