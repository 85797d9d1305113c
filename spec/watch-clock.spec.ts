import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { directoryRouter, StaticProvider } from '../lib/index.js'
import { Warnings } from '../lib/warnings.js'
import { watchClock } from '../lib/watch-clock.js'
import { SettableClock } from './support/settable-clock.js'

const minute = 60_000

/** A clock that is watched against another which is never set, and the warnings that it gives. */
function watchedClock({ isSystemClock = true } = {}) {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  onTestFinished(() => warned.mockRestore())
  const clock = new SettableClock()
  let elapsed = 0
  const now = watchClock(clock.now, new Warnings(clock.now), () => elapsed, isSystemClock)
  return {
    now,
    passes(milliseconds: number) {
      clock.passMilliseconds(milliseconds)
      elapsed += milliseconds
      now()
    },
    isSet(milliseconds: number) {
      clock.passMilliseconds(milliseconds)
      now()
    },
    warnings: () => warned.mock.calls.map(([message]) => String(message))
  }
}

describe('a clock that is watched', () => {
  it('tells the time as it is, and says nothing while it runs', () => {
    const clock = watchedClock()
    const before = clock.now()

    for (let turn = 0; turn < 100; turn++) clock.passes(turn * 1000)

    expect(clock.now() - before).toBe((99 * 100 * 1000) / 2)
    expect(clock.warnings()).toEqual([])
  })

  it('says by how much it was put back, once', () => {
    const clock = watchedClock()
    clock.passes(5 * minute)

    clock.isSet(-120 * minute)
    clock.passes(1000)
    clock.passes(5 * minute)

    expect(clock.warnings()).toEqual([
      'The clock was put back by 7200 s. Sessions go on, and what was noted ahead of it is set to now when it is met'
    ])
  })

  it('says by how much it was put ahead', () => {
    const clock = watchedClock()
    clock.passes(5 * minute)

    clock.isSet(3 * minute)
    clock.passes(5 * minute)

    expect(clock.warnings()).toEqual([
      'The clock was put ahead by 180 s, or the machine slept. Sessions that were idle for as long have ended'
    ])
  })

  it('says nothing of a quiet night', () => {
    const clock = watchedClock()
    clock.passes(1)

    clock.passes(8 * 60 * minute)

    expect(clock.warnings()).toEqual([])
  })

  it("says that a host's own clock was put ahead, once it has kept pace for a minute", () => {
    const clock = watchedClock({ isSystemClock: false })
    clock.passes(1)
    clock.passes(2 * minute)

    clock.isSet(60 * minute)

    expect(clock.warnings()).toEqual([
      'The clock was put ahead by 3600 s, or the machine slept. Sessions that were idle for as long have ended'
    ])
  })

  it("says nothing of a host's own clock that stands until it is set", () => {
    const clock = watchedClock({ isSystemClock: false })
    clock.passes(1)

    for (let turn = 0; turn < 10; turn++) clock.isSet(turn * minute)

    expect(clock.warnings()).toEqual([])
  })

  it.each([59_000, -59_000])('says nothing of %i milliseconds, by which two hosts may differ', (milliseconds) => {
    const clock = watchedClock()
    clock.passes(1)

    clock.isSet(milliseconds)

    expect(clock.warnings()).toEqual([])
  })
})

it("warns of a host's own clock when it is put back, and lets it run as fast as it likes where it never kept pace", async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  onTestFinished(() => warned.mockRestore())
  const clock = new SettableClock()
  const directory = directoryRouter({ provider: new StaticProvider({ users: [] }), now: clock.now })
  onTestFinished(() => directory.close())

  await directory.statistics()
  clock.passMilliseconds(24 * 60 * minute)
  await directory.statistics()
  const ahead = warned.mock.calls.length
  clock.passMilliseconds(-60 * minute)
  await directory.statistics()

  expect(ahead).toBe(0)
  expect(warned.mock.calls).toEqual([[expect.stringContaining('The clock was put back by 3600 s'), { code: 'EXPRESS_4D_DIRECTORY_CLOCK' }]])
})
