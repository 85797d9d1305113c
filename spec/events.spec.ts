import { strict as assert } from 'node:assert'
import { inspect } from 'node:util'

import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { escapeControlCharacters } from '../lib/escape-text.js'
import { EventRaiser, onlooker } from '../lib/event-raiser.js'
import { type DirectoryEvent, DirectoryError, directoryRouter, StaticProvider } from '../lib/index.js'
import { SettableClock } from './support/settable-clock.js'

function newEvents() {
  const clock = new SettableClock()
  const raiser = new EventRaiser(clock.now)
  const { events } = raiser
  const heard: DirectoryEvent[] = []
  const raise: EventRaiser['raise'] = (...told) => raiser.raise(...told)
  return { clock, raiser, events, raise, heard, listen: () => events.on('event', (event) => heard.push(event)) }
}

/** The next process warning of ours. */
function nextWarning(): Promise<Error> {
  return new Promise((resolve) => process.once('warning', resolve))
}

describe('an event', () => {
  it('has every field that an audit log needs, on the clock of the directory', () => {
    const { clock, raise, heard, listen } = newEvents()
    listen()

    raise('authn_login_fail', { userName: 'jsmith', ip: '192.0.2.1', reason: 'wrong credentials' })

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
        reason: 'wrong credentials',
        replaces: null,
        limit: null,
        component: null,
        by: null,
        omitted: 0
      }
    ])
  })

  it('cannot be changed by one listener for the next', () => {
    const { events, raise, heard, listen } = newEvents()
    events.on('session_created', (event) => Object.assign(event, { userName: 'mallory' }))
    listen()

    const warned = nextWarning()
    raise('session_created', { userName: 'jsmith' })

    expect(heard[0]?.userName).toBe('jsmith')
    return warned
  })

  it('is heard under its own name and under `event`, in this order, and no more often than asked for', () => {
    const { events, raise } = newEvents()
    const heard: string[] = []
    events.on('event', () => heard.push('event'))
    events.once('session_created', () => heard.push('once'))
    events.on('session_created', () => heard.push('on'))
    events.on('session_expired', () => heard.push('another'))

    raise('session_created')
    raise('session_created')

    expect(heard).toEqual(['once', 'on', 'event', 'on', 'event'])
  })
})

describe('a listener', () => {
  it('that throws harms neither the raiser nor other listeners, and becomes a warning', async () => {
    const { events, raise, heard, listen } = newEvents()
    events.on('authz_fail', () => {
      throw new Error('disk full')
    })
    listen()
    const warned = nextWarning()

    raise('authz_fail')

    expect(heard).toHaveLength(1)
    expect(await warned).toMatchObject({
      message: 'A listener of directory.events failed: disk full',
      code: 'EXPRESS_4D_DIRECTORY_LISTENER'
    })
  })

  it('that rejects becomes a warning as well', async () => {
    const { events, raise } = newEvents()
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- hosts do it all the same
    events.on('event', () => Promise.reject(new Error('log server gone')))
    const warned = nextWarning()

    raise('session_created')

    expect((await warned).message).toBe('A listener of directory.events failed: log server gone')
  })

  it.each([
    ['what cannot be written', { toString: null, valueOf: null }],
    ['control characters', new Error('\u001b[2J')]
  ])('that throws %s harms nobody either, and is told of once a minute', (_what, thrown) => {
    const { clock, events, raise, heard, listen } = newEvents()
    events.on('session_created', () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- hosts throw anything
      throw thrown
    })
    listen()
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
    onTestFinished(() => void vi.restoreAllMocks())

    for (let time = 0; time < 3; time++) raise('session_created')
    clock.passSeconds(60)
    raise('session_created')

    expect(heard).toHaveLength(4)
    expect(warned.mock.calls.map(([message]) => message)).toEqual(
      Array(2).fill(expect.stringMatching(/^A listener of directory\.events failed: [\x20-\x7e]+$/))
    )
  })

  it('is called with the events for `this`, as by any emitter', () => {
    const { events, raise } = newEvents()
    let seen: unknown
    events.on('session_created', function (this: unknown) {
      // eslint-disable-next-line @typescript-eslint/no-this-alias -- what is looked at
      seen = this
    })

    raise('session_created')

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
    const { raise, heard, listen } = newEvents()
    listen()

    raise('authn_login_fail', { userName: sent, ip: sent, userAgent: sent, reason: sent })

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

describe('A16.4.1 size: what clients sent', () => {
  it.each(['userName', 'userID', 'ip', 'userAgent', 'reason', 'by'] as const)(
    'is cut at 200 characters in %s, its escapes counted',
    (field) => {
      const { raise, heard, listen } = newEvents()
      listen()

      raise('authn_login_fail', { [field]: 'x'.repeat(16_000) })
      raise('authn_login_fail', { [field]: '\u007f'.repeat(16_000) })

      expect(heard.map((event) => event[field])).toEqual(['x'.repeat(200), '\\u007f'.repeat(33)])
    }
  )
})

describe('A16.4.1 size: events about refusals that cost nothing', () => {
  it('are bounded each by itself, so that a flood of one hides no other', () => {
    const { raiser, heard, listen } = newEvents()
    listen()

    for (let time = 0; time < 30; time++) raiser.raiseWithinBudget('authz_fail', { ip: '2001:db8::1' })
    raiser.raiseWithinBudget('authn_login_fail', { ip: '2001:db8::2' })

    expect(heard.map(({ event }) => event)).toEqual([...Array<string>(20).fill('authz_fail'), 'authn_login_fail'])
    expect(heard.at(-1)).toMatchObject({ omitted: 0 })
  })
})

describe('A16.2.5: a failure', () => {
  const details = { component: 'store', reason: 'session store: resume failed' } as const

  it('has its component and its cause, which no log shows by accident', () => {
    const { raise, heard, listen } = newEvents()
    const cause = new Error('NOPERM this user has no permissions')
    listen()

    raise('sys_degraded', { ...details, cause })

    expect(heard[0]).toMatchObject({ event: 'sys_degraded', component: 'store' })
    expect(heard[0]?.cause).toBe(cause)
    expect(JSON.stringify(heard) + inspect(heard, { depth: Infinity })).not.toContain('NOPERM')
  })

  it('has the cause beneath the errors of this package', () => {
    const { raise, heard, listen } = newEvents()
    const cause = new Error('The client is closed')
    listen()

    raise('sys_degraded', { ...details, cause: new DirectoryError('ERR_STORE_UNAVAILABLE', 'Redis could not answer', { cause }) })

    expect(heard[0]?.cause).toBe(cause)
  })

  it('is a process warning where nobody listens, with the class and the code of its cause', async () => {
    const { raise } = newEvents()
    const warned = nextWarning()

    raise('sys_degraded', { ...details, cause: Object.assign(new RangeError('bad\nport'), { code: 'ERR_PORT' }) })

    const { message } = await warned
    expect(await warned).toMatchObject({ code: 'EXPRESS_4D_DIRECTORY_DEGRADED' })
    expect(message).toContain('its store (session store: resume failed): RangeError ERR_PORT: bad\\u000aport')
  })

  it('is warned of once a minute for each component', () => {
    const { raise, clock } = newEvents()
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    onTestFinished(() => warnings.mockRestore())

    for (let second = 0; second < 120; second++) {
      raise('sys_degraded', { ...details, component: 'store' })
      raise('sys_degraded', { ...details, component: 'throttle' })
      clock.passSeconds(1)
    }
    clock.passMinutes(-60)
    raise('sys_degraded', { ...details, component: 'store' })

    expect(warnings).toHaveBeenCalledTimes(5)
  })

  it('is a warning where an onlooker alone listens, such as the console, which hears of it as well', () => {
    const { events, raise } = newEvents()
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    onTestFinished(() => warned.mockRestore())
    const seen: string[] = []
    events.on(
      'event',
      Object.assign((event: DirectoryEvent) => void seen.push(event.event), { [onlooker]: true })
    )

    raise('sys_degraded', { component: 'store', reason: 'resume failed' })

    expect(seen).toEqual(['sys_degraded'])
    expect(warned).toHaveBeenCalledTimes(1)
  })

  it('is no warning where somebody listens', () => {
    const { raise, listen } = newEvents()
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    onTestFinished(() => warnings.mockRestore())
    listen()

    raise('sys_degraded', details)

    expect(warnings).not.toHaveBeenCalled()
  })

  it.each([
    ['as it was sent', 'bind failed for jsmith with hunter"2!', 'bind failed for jsmith with ***'],
    ['as JSON', '{"password":"hunter\\"2!"}', '{"password":"***"}'],
    ['in a form', 'POST user=jsmith&pw=hunter%222%21', 'POST user=jsmith&pw=***'],
    ['at the place where the message is cut', `${'x'.repeat(195)}hunter"2!`, `${'x'.repeat(195)}***`],
    ['of a URL', 'connect redis://default:tops3cret@db.example:6379 failed', 'connect redis://default:***@db.example:6379 failed'],
    ['with a slash in a URL', 'postgres://app:a/b?c#d@db/app', 'postgres://app:***@db/app'],
    ['in the query of a URL', 'https://login.example/?user=a&password=b%20c&x=1', 'https://login.example/?user=a&password=***&x=1']
  ])('shows no password in the warning: %s', async (_what, message, shown) => {
    const { raise } = newEvents()
    const warned = nextWarning()

    raise('sys_degraded', { ...details, cause: new Error(message), secrets: ['hunter"2!'] })

    expect((await warned).message).toContain(`Error: ${shown}. Listen`)
  })
})

it('hosts cannot raise events of their own by mistake: what they are handed is an emitter', async () => {
  const directory = directoryRouter({ provider: new StaticProvider({ users: [] }) })

  expect(directory.events).not.toHaveProperty('raise')
  await directory.close()
})
