import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { RedisServerClock } from '../../../lib/stores/redis/server-clock.js'

const timeout = 1000
const margin = timeout / 10

describe('RedisServerClock', () => {
  it('gives an empty window while nothing is known of the server', () => {
    const clock = new RedisServerClock()

    const window = clock.window(5, 5 + timeout, margin)

    expect(isOpen(window, 0)).toBe(false)
    expect(window.from).toBe(window.until)
  })

  it('never leaves a window open past the deadline, whatever the clocks show and however long answers took', () => {
    fc.assert(
      fc.property(offsets, fc.array(exchanges, { minLength: 1 }), fc.nat(10_000), (offset, past, pause) => {
        const { clock, now } = afterExchanges(offset, past)
        const sentAt = now + pause
        const deadline = sentAt + timeout

        const window = clock.window(sentAt, deadline, margin)

        expect(isOpen(window, Math.floor(deadline + offset))).toBe(false)
      })
    )
  })

  it('leaves a window open for what arrives at once, if an answer has ever been quick', () => {
    fc.assert(
      fc.property(offsets, fc.array(exchanges), fc.nat(10_000), (offset, past, pause) => {
        const { clock, now } = afterExchanges(offset, [...past, { there: 1, back: 1, pause: 0 }])
        const sentAt = now + pause

        const window = clock.window(sentAt, sentAt + timeout, margin)

        expect(isOpen(window, Math.floor(sentAt + offset))).toBe(true)
        expect(isOpen(window, Math.floor(sentAt + offset + timeout - margin - 3))).toBe(true)
      })
    )
  })

  it('follows a server whose clock was set, and another one that took over, after one answer', () => {
    fc.assert(
      fc.property(offsets, offsets, fc.array(exchanges, { minLength: 1 }), (before, after, past) => {
        const { clock, now } = afterExchanges(before, past)
        clock.learn(Math.floor(now + 1 + after), now, now + 2)

        const window = clock.window(now + 2, now + 2 + timeout, margin)

        const differs = Math.abs(before - after) > 10_000
        if (differs) expect(isOpen(window, Math.floor(now + 2 + after))).toBe(true)
        if (differs) expect(isOpen(window, Math.floor(now + 2 + timeout + after))).toBe(false)
      })
    )
  })

  it('closes a window to a server whose clock is behind by more than the margin, such as one that was paused with its machine', () => {
    const { clock, now } = afterExchanges(0, [{ there: 1, back: 1, pause: 0 }])

    const window = clock.window(now, now + timeout, margin)

    expect(isOpen(window, now - margin - 5)).toBe(false)
  })
})

/** By how much the server's clock is ahead of ours, which counts from anywhere. */
const offsets = fc.double({ min: 0, max: 2e12, noNaN: true })

const exchanges = fc.record({
  there: fc.double({ min: 0, max: 3000, noNaN: true }),
  back: fc.double({ min: 0, max: 3000, noNaN: true }),
  pause: fc.double({ min: 0, max: 3000, noNaN: true })
})

function afterExchanges(offset: number, past: readonly { there: number; back: number; pause: number }[]) {
  const clock = new RedisServerClock()
  let now = 1
  for (const { there, back, pause } of past) {
    const sentAt = now + pause
    now = sentAt + there + back
    clock.learn(Math.floor(sentAt + there + offset), sentAt, now)
  }
  return { clock, now }
}

/** What the prelude of every script asks. */
function isOpen({ from, until }: { from: number; until: number }, serverNow: number): boolean {
  return serverNow >= from && serverNow < until
}
