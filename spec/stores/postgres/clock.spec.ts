import { describe, expect, it } from 'vitest'

import { PostgresClock } from '../../../lib/stores/postgres/clock.js'

const day = 86_400_000

describe('PostgresClock', () => {
  it('gives an empty window while the clock of the server is unknown', () => {
    const clock = new PostgresClock()

    const window = clock.window(1000, 2000)

    expect(window).toEqual({ clockName: '', notBefore: 0, notAfter: 0 })
  })

  it.each([0, -day, day])('closes the window when the caller gives up, with a server whose clock is %d ms off', (skew) => {
    const clock = new PostgresClock()
    clock.learn({ clockName: 'a', clock: 1000 + skew }, 1000, 1000)

    const window = clock.window(1000, 2000)

    expect(window).toEqual({ clockName: 'a', notBefore: 1000 + skew, notAfter: 2000 + skew })
  })

  it('closes the window too early rather than too late, by the time that the answer took', () => {
    const clock = new PostgresClock()
    clock.learn({ clockName: 'a', clock: 5010 }, 10, 40)

    const window = clock.window(40, 1040)

    expect(window.notAfter).toBe(5010 + 1000)
  })

  it('goes by the quickest answer', () => {
    const clock = new PostgresClock()
    clock.learn({ clockName: 'a', clock: 5010 }, 0, 20)
    clock.learn({ clockName: 'a', clock: 5050 }, 21, 80)

    const window = clock.window(80, 1080)

    expect(window.notAfter).toBeCloseTo(5010 + 60 + 1000, 0)
    expect(window.notAfter).toBeGreaterThan(5050 + 1000)
  })

  it('closes the window a little earlier the longer there was no answer, for clocks that drift', () => {
    const clock = new PostgresClock()
    clock.learn({ clockName: 'a', clock: 0 }, 0, 0)

    const window = clock.window(100_000, 101_000)

    expect(window.notAfter).toBe(101_000 - 50)
  })

  it('is forgotten after five minutes without an answer', () => {
    const clock = new PostgresClock()
    clock.learn({ clockName: 'a', clock: 0 }, 0, 0)

    const windows = [clock.window(300_000, 301_000), clock.window(300_001, 301_001)]

    expect(windows.map(({ clockName }) => clockName)).toEqual(['a', ''])
  })

  it.each([
    { change: 'set back', clock: 1_000_000 - 7000 },
    { change: 'set forward', clock: 1_000_000 + 7000 }
  ])('follows a clock that was $change', ({ clock: shown }) => {
    const clock = new PostgresClock()
    clock.learn({ clockName: 'a', clock: 1_000_000 }, 0, 0)
    clock.learn({ clockName: 'a', clock: shown + 10 }, 10, 10)

    const window = clock.window(10, 1010)

    expect(window.notAfter).toBe(shown + 1010)
  })

  it('opens no window for a server whose clock was set back since', () => {
    const clock = new PostgresClock()
    clock.learn({ clockName: 'a', clock: 1_000_000 }, 0, 0)

    const { notBefore } = clock.window(10, 1010)

    expect(notBefore).toBeGreaterThan(1_000_000 - 7000 + 10)
  })

  it('learns anew from a server that was restarted or has taken over', () => {
    const clock = new PostgresClock()
    clock.learn({ clockName: 'a', clock: 1_000_000 }, 0, 0)
    clock.learn({ clockName: 'b', clock: 1_000_009 }, 10, 12)

    const window = clock.window(12, 1012)

    expect(window).toEqual({ clockName: 'b', notBefore: 1_000_009, notAfter: 1_001_009 })
  })
})
