import { strict as assert } from 'node:assert'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { type DirectoryEvent, DirectoryEvents } from '../lib/index.js'
import { escapeControlCharacters } from '../lib/events.js'
import { SettableClock } from './support/settable-clock.js'

function newEvents() {
  const clock = new SettableClock()
  const events = new DirectoryEvents(clock.now)
  const heard: DirectoryEvent[] = []
  return { clock, events, heard, listen: () => events.on('event', (event) => heard.push(event)) }
}

/** The next process warning of ours. */
function nextWarning(): Promise<Error> {
  return new Promise((resolve) => process.once('warning', resolve))
}

describe('an event', () => {
  it('has every field that an audit log needs, on the clock of the directory', () => {
    const { clock, events, heard, listen } = newEvents()
    listen()

    events.raise('authn_login_fail', { userName: 'jsmith', ip: '192.0.2.1', reason: 'wrong credentials' })

    expect(heard).toEqual([
      {
        event: 'authn_login_fail',
        level: 'WARN',
        time: new Date(clock.now()),
        userName: 'jsmith',
        userID: null,
        ip: '192.0.2.1',
        userAgent: '',
        handle: null,
        reason: 'wrong credentials'
      }
    ])
  })

  it('cannot be changed by one listener for the next', () => {
    const { events, heard, listen } = newEvents()
    events.on('session_created', (event) => Object.assign(event, { userName: 'mallory' }))
    listen()

    const warned = nextWarning()
    events.raise('session_created', { userName: 'jsmith' })

    expect(heard[0]?.userName).toBe('jsmith')
    return warned
  })

  it('is heard under its own name and under `event`, in this order, and no more often than asked for', () => {
    const { events } = newEvents()
    const heard: string[] = []
    events.on('event', () => heard.push('event'))
    events.once('session_created', () => heard.push('once'))
    events.on('session_created', () => heard.push('on'))
    events.on('session_expired', () => heard.push('another'))

    events.raise('session_created')
    events.raise('session_created')

    expect(heard).toEqual(['once', 'on', 'event', 'on', 'event'])
  })
})

describe('a listener', () => {
  it('that throws harms neither the raiser nor other listeners, and becomes a warning', async () => {
    const { events, heard, listen } = newEvents()
    events.on('authz_fail', () => {
      throw new Error('disk full')
    })
    listen()
    const warned = nextWarning()

    events.raise('authz_fail')

    expect(heard).toHaveLength(1)
    expect(await warned).toMatchObject({
      message: 'A listener of directory.events failed: disk full',
      code: 'EXPRESS_4D_DIRECTORY_LISTENER'
    })
  })

  it('that rejects becomes a warning as well', async () => {
    const { events } = newEvents()
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- hosts do it all the same
    events.on('event', () => Promise.reject(new Error('log server gone')))
    const warned = nextWarning()

    events.raise('session_created')

    expect((await warned).message).toBe('A listener of directory.events failed: log server gone')
  })

  it('is called with the events for `this`, as by any emitter', () => {
    const { events } = newEvents()
    let seen: unknown
    events.on('session_created', function (this: unknown) {
      // eslint-disable-next-line @typescript-eslint/no-this-alias -- what is looked at
      seen = this
    })

    events.raise('session_created')

    expect(seen).toBe(events)
  })
})

describe('A16.4.1: what clients sent', () => {
  it.each([
    ['a line end', 'jsmith\r\n2026-01-01 INFO authn_login_success admin', 'jsmith\\u000d\\u000a2026-01-01 INFO authn_login_success admin'],
    ['a terminal escape', '\u001b[31mred\u001b[0m', '\\u001b[31mred\\u001b[0m'],
    ['a C1 control', 'a\u009bm', 'a\\u009bm'],
    ['a line separator', 'a\u2028b\u2029c\u0085d', 'a\\u2028b\\u2029c\\u0085d'],
    ['a change of direction', 'nimda\u202eresu', 'nimda\\u202eresu'],
    ['NUL', 'a\u0000b', 'a\\u0000b']
  ])('has %s escaped, in each field', (_what, sent, shown) => {
    const { events, heard, listen } = newEvents()
    listen()

    events.raise('authn_login_fail', { userName: sent, ip: sent, userAgent: sent, reason: sent })

    expect(heard[0]).toMatchObject({ userName: shown, ip: shown, userAgent: shown, reason: shown })
  })

  it('is one line without control characters, whatever it was, and otherwise as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = escapeControlCharacters(text)

        assert.doesNotMatch(shown, /[\p{Cc}\p{Zl}\p{Zp}]/u)
        assert.equal(
          shown.replace(/\\u([0-9a-f]{4})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16))),
          text
        )
      })
    )
  })
})
