import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { PacedWarnings } from '../lib/paced-warnings.js'
import { SlowCalls } from '../lib/slow-calls.js'
import { SettableClock } from './support/settable-clock.js'

function slowCalls() {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  onTestFinished(() => warned.mockRestore())
  const clock = new SettableClock()
  const calls = new SlowCalls(new PacedWarnings(clock.now), clock.now)
  return { clock, calls, warnings: () => warned.mock.calls.map(([message]) => String(message)) }
}

describe('calls that often take more than a second', () => {
  it('are warned of with the fifth within a minute, by name and time', () => {
    const { calls, warnings } = slowCalls()

    for (let turn = 0; turn < 4; turn++) calls.note('findUser', 1001)
    const before = warnings()
    calls.note('findUser', 3210)

    expect(before).toEqual([])
    expect(warnings()).toEqual([
      'findUser has taken more than a second 5 times within a minute, the last time 3.2 s. Logins and requests wait for it, and are answered with 503 when it ' +
        'takes longer than providerTimeoutMilliseconds'
    ])
  })

  it('are each warned of on their own, once a minute', () => {
    const { calls, clock, warnings } = slowCalls()

    for (let turn = 0; turn < 20; turn++) for (const verb of ['findUser', 'onLogin']) calls.note(verb, 2000)
    const atOnce = warnings().map((warning) => warning.split(' ')[0])
    clock.passMilliseconds(60_000)
    for (let turn = 0; turn < 5; turn++) calls.note('onLogin', 2000)

    expect(atOnce).toEqual(['findUser', 'onLogin'])
    expect(warnings()).toHaveLength(3)
  })

  it('are not often where they are a minute apart, or where they take no more than a second', () => {
    const { calls, clock, warnings } = slowCalls()

    for (let turn = 0; turn < 10; turn++) {
      calls.note('findUser', 1000)
      calls.note('belongsTo', 4000)
      clock.passMilliseconds(15_001)
    }

    expect(warnings()).toEqual([])
  })
})
