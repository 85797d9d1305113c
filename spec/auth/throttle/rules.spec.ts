import { describe, expect, it } from 'vitest'

import type { ThrottleLimits } from '../../../lib/auth/throttle/login-throttle.js'
import { readThrottleLimits, waitMilliseconds } from '../../../lib/auth/throttle/rules.js'

describe('readThrottleLimits', () => {
  it('A6.3.1: has the documented limits without options', () => {
    expect(readThrottleLimits({})).toEqual({
      failuresPerAccountAndAddress: 10,
      failuresPerAccount: 10,
      failuresUntilLocked: 100,
      failuresPerAddress: 100,
      addressRefillPerDay: 100,
      firstWaitSeconds: 30,
      longestWaitSeconds: 3600,
      knownAddressDays: 30
    })
  })

  it('takes every limit from the options', () => {
    const limits = {
      failuresPerAccountAndAddress: 1,
      failuresPerAccount: 2,
      failuresUntilLocked: 3,
      failuresPerAddress: 4,
      addressRefillPerDay: 5,
      firstWaitSeconds: 6,
      longestWaitSeconds: 7,
      knownAddressDays: 8
    }

    expect(readThrottleLimits(limits)).toEqual(limits)
  })

  it.each<[ThrottleLimits, RegExp]>([
    [{ failuresPerAccountAndAddress: 0 }, /^failuresPerAccountAndAddress .* a whole number from 1 to 1000000, received 0$/],
    [{ failuresPerAccount: Number.NaN }, /^failuresPerAccount .* received NaN$/],
    [{ failuresUntilLocked: 9 }, /^failuresUntilLocked .* from 10 to 1000000, received 9$/],
    [{ failuresPerAddress: 2.5 }, /^failuresPerAddress .* received 2\.5$/],
    [{ addressRefillPerDay: -1 }, /^addressRefillPerDay .* received -1$/],
    [{ firstWaitSeconds: '30' as unknown as number }, /^firstWaitSeconds .* received '30'$/],
    [{ firstWaitSeconds: 60, longestWaitSeconds: 59 }, /^longestWaitSeconds .* from 60 to 1000000, received 59$/],
    [{ knownAddressDays: Infinity }, /^knownAddressDays .* received Infinity$/]
  ])('refuses %j, naming the option, the value and what is wanted', (limits, message) => {
    expect(() => readThrottleLimits(limits)).toThrow(message)
  })
})

describe('waitMilliseconds', () => {
  it('A6.3.1: stays at the longest wait, however many failures there are', () => {
    const rules = readThrottleLimits({})

    expect([9, 10, 11, 17, 1_000_000].map((failures) => waitMilliseconds(failures, 10, rules))).toEqual([
      0, 30_000, 60_000, 3_600_000, 3_600_000
    ])
  })
})
