import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { StaticProvider } from '../lib/index.js'
import { Warnings } from '../lib/warnings.js'
import { SlowCalls } from '../lib/slow-calls.js'
import { groups, users } from './support/seed-directory.js'
import { serve } from './support/serve.js'
import { SettableClock } from './support/settable-clock.js'
import { Visitor } from './support/visitor.js'

function slowCalls() {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  onTestFinished(() => warned.mockRestore())
  const clock = new SettableClock()
  const calls = new SlowCalls(new Warnings(clock.now), clock.now)
  return { clock, calls, warnings: () => warned.mock.calls.map(([message]) => String(message)) }
}

it.each(['findUser', 'mayLogIn', 'onLogin'] as const)('a directory warns of a slow %s', async (slow) => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  // The clock that is never set, which passes a second whenever that function is called.
  let passed = 0
  const elapsed = vi.spyOn(performance, 'now').mockImplementation(() => passed)
  onTestFinished(() => {
    warned.mockRestore()
    elapsed.mockRestore()
  })
  const pass = (name: string) => {
    if (name === slow) passed += 1100
  }
  const people = new StaticProvider({ users, groups })
  const { url } = await serve({
    provider: {
      findUser(name) {
        pass('findUser')
        return people.findUser(name)
      },
      belongsTo: (user, group) => people.belongsTo(user, group)
    },
    mayLogIn() {
      pass('mayLogIn')
      return true
    },
    onLogin: () => pass('onLogin')
  })

  for (let turn = 0; turn < 5; turn++) await new Visitor(url).logsInAs('jsmith', 'smith')

  expect(warned.mock.calls).toEqual([
    [expect.stringContaining(`${slow} has taken more than a second 5 times within a minute`), { code: 'EXPRESS_4D_DIRECTORY_SLOW' }]
  ])
})

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
