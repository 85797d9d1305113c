import { runInNewContext } from 'node:vm'

import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { describeCause } from '../lib/describe-cause.js'
import { EventRaiser } from '../lib/event-raiser.js'
import type { DirectoryEvent } from '../lib/index.js'
import { serve } from './support/serve.js'
import { Visitor } from './support/visitor.js'

/** What no code may read, as a mock or an ORM's lazy object can be. */
function unreadable(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

function errorWithoutMessage(): Error {
  return Object.defineProperty(new Error(), 'message', {
    get() {
      throw new Error('lazy')
    }
  })
}

const refused = Object.assign(new Error('connect ECONNREFUSED ::1:5432'), { code: 'ECONNREFUSED' })

describe('a cause in words', () => {
  it.each<[string, unknown, string]>([
    ['an error of another realm, as under Jest', runInNewContext('new RangeError("bad port")'), 'RangeError: bad port'],
    [
      'a connection that was tried at two addresses',
      Object.assign(new AggregateError([refused, refused], ''), { code: 'ECONNREFUSED' }),
      'AggregateError ECONNREFUSED: connect ECONNREFUSED ::1:5432'
    ],
    ['an error without a message', Object.assign(new Error(''), { code: 'EPIPE' }), 'Error EPIPE'],
    ['an object such as HTTP clients reject with', { code: '42P01', message: 'no relation "users"' }, 'Object 42P01: no relation "users"'],
    ['an object of no class', Object.assign(Object.create(null) as object, { message: 'gone' }), 'Object: gone'],
    ['a text', 'the database\nis down', 'a text: the database\\u000ais down'],
    ['a text with the secret in it', 'bind with hunter2 failed', 'a text: bind with *** failed'],
    ['nothing', undefined, 'a value of type undefined was thrown'],
    ['null', null, 'a value of type null was thrown'],
    ['a number', 7, 'a value of type number was thrown'],
    ['an object that says nothing', {}, 'a value of type object was thrown'],
    ['what cannot be read', unreadable(), 'a value that cannot be read was thrown'],
    ['an error whose message cannot be read', errorWithoutMessage(), 'a value that cannot be read was thrown']
  ])('says of %s what is to be known', (_what, cause, words) => {
    expect(describeCause(cause, ['hunter2'])).toBe(words)
  })
})

describe('a provider', () => {
  it.each<[string, () => unknown, string]>([
    ['undefined', () => undefined, 'a value of type undefined was thrown'],
    ['what cannot be read', unreadable, 'a value that cannot be read was thrown'],
    ['an error whose message cannot be read', errorWithoutMessage, 'a value that cannot be read was thrown']
  ])('that rejects with %s is a 503 whose cause is told', async (_what, make, words) => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    onTestFinished(() => warned.mockRestore())
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- hosts do it all the same
    const { url, directory } = await serve({ provider: { findUser: () => Promise.reject(make()) } })

    const answer = await new Visitor(url).asks('/rest/$directory/login', {
      method: 'POST',
      headers: { 'username-4D': 'jsmith', 'password-4D': 'smith' }
    })

    expect(answer.status).toBe(503)
    expect(String(warned.mock.calls[0]?.[0])).toContain(`its provider (provider.findUser failed): ${words}`)
    expect((await directory.statistics()).failures).toMatchObject([{ cause: words }])
  })

  it('that rejects with undefined has it as the cause of the event, where an event without a cause has none', () => {
    const heard: DirectoryEvent[] = []
    const raiser = new EventRaiser(Date.now)
    raiser.events.on('sys_degraded', (event) => heard.push(event))

    raiser.raise('sys_degraded', { component: 'provider', cause: undefined })
    raiser.raise('sys_degraded', { component: 'provider' })

    expect(heard.map((event) => 'cause' in event)).toEqual([true, false])
  })
})

describe('a listener of the events', () => {
  it.each<[string, () => unknown, string]>([
    ['an object of no class', () => Object.create(null) as unknown, 'a value of type object was thrown'],
    ['what cannot be read', unreadable, 'a value that cannot be read was thrown'],
    ['an error of many lines', () => new Error('a\nb'), 'a\\u000ab'],
    ['a URL with its password', () => new Error('connect redis://a:b@c failed'), 'connect redis://a:***@c failed']
  ])('that throws or rejects with %s harms no login, and becomes a warning', async (_what, make, words) => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    onTestFinished(() => warned.mockRestore())
    const { url, directory } = await serve({})
    directory.events.on('authn_login_success', () => {
      throw make()
    })
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors, @typescript-eslint/no-misused-promises -- hosts do it all the same
    directory.events.on('session_created', () => Promise.reject(make()))

    await new Visitor(url).logsInAs('jsmith', 'smith')

    expect(warned.mock.calls.map(([message]) => message)).toEqual(Array(2).fill(`A listener of directory.events failed: ${words}`))
  })
})

describe('a function of the host that rejects with nothing', () => {
  it.each([undefined, null, 'route', 'router'])('fails the login, and is not taken for a word to Express: %j', async (thrown) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- hosts do it all the same
    const { url } = await serve({ onLogin: () => Promise.reject(thrown) })

    const answers = [
      await new Visitor(url).asks('/rest/$directory/login', {
        method: 'POST',
        headers: { 'username-4D': 'jsmith', 'password-4D': 'smith' }
      }),
      await new Visitor(url).asks('/rest/Users', { headers: { 'username-4D': 'jsmith', 'password-4D': 'smith' } })
    ]

    expect(answers.map(({ status }) => status)).toEqual([500, 500])
  })
})
