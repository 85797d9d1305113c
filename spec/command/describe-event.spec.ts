import { describe, expect, it } from 'vitest'

import { describeEvent } from '../../lib/command/serve/describe-event.js'
import { EventRaiser } from '../../lib/event-raiser.js'
import type { DirectoryEvent } from '../../lib/index.js'

describe('a line of the log of `serve`', () => {
  it('says how many like it were left out before', () => {
    let now = 0
    const raiser = new EventRaiser(() => now)
    const heard: DirectoryEvent[] = []
    raiser.events.on('event', (event) => heard.push(event))
    const refuse = () => raiser.raiseWithinBudget('authn_login_fail', { userName: 'Boss', ip: '127.0.0.1', reason: 'empty password' })

    for (let time = 0; time < 25; time++) refuse()
    now = 60_000
    refuse()

    expect(heard.slice(-2).map((event) => describeEvent(event))).toEqual([
      '1970-01-01T00:00:00.000Z refused "Boss": empty password from 127.0.0.1',
      '1970-01-01T00:01:00.000Z refused "Boss": empty password from 127.0.0.1 (and 5 more before)'
    ])
  })
})
