import { describe, expect, it } from 'vitest'

import { SteadyClock } from '../lib/clocks.js'

describe('a steady clock', () => {
  it('is the other one while that goes on', () => {
    const clock = new SteadyClock()

    expect([1000, 1000, 500_000, 499_000].map((now) => clock.read(now))).toEqual([1000, 1000, 500_000, 499_000])
  })

  it('goes on from where it was when the other one is put back by more than a minute', () => {
    const clock = new SteadyClock()

    expect([10_000_000, 100_000, 160_000, 101_000].map((now) => clock.read(now))).toEqual([10_000_000, 10_000_000, 10_060_000, 10_001_000])
  })

  it('goes on again after a second jump', () => {
    const clock = new SteadyClock()
    clock.read(10_000_000)
    clock.read(5_000_000)

    expect([clock.read(1_000_000), clock.read(1_001_000)]).toEqual([10_000_000, 10_001_000])
  })
})
