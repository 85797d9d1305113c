import { describe, expect, it } from 'vitest'

import type { DirectoryRouterOptions } from '../../lib/index.js'
import { serve } from '../support/serve.js'
import { type Answer, Visitor } from '../support/visitor.js'

describe('session-4D-length', () => {
  it.each([
    ['absent', undefined, 60],
    ['empty', '', 60],
    ['0', '0', 60],
    ['negative', '-5', 60],
    ['no number', 'two hours', 60],
    ['a number and something', '120 minutes', 60],
    ['below the minimum: raised', '5', 60],
    ['the minimum', '60', 60],
    ['above it', '120', 120],
    ['the maximum', '43200', 43_200],
    ['over the maximum', '99999', 43_200],
    ['beyond all numbers', '9'.repeat(400), 60]
  ])('is in minutes: %s', async (_what, length, minutes) => {
    const { url } = await serve()

    const answer = await new Visitor(url).logsInAs('jsmith', 'smith', length === undefined ? {} : { 'session-4D-length': length })

    expect(answer.status).toBe(200)
    expect(maxAge(answer)).toBe(minutes * 60)
  })

  it.each([
    ['is raised to the minimum of the options', { session: { idleMinutes: 30 }, rest: { minIdleMinutes: 20 } }, '10', 20],
    ['is honoured between the bounds of the options', { session: { idleMinutes: 30 }, rest: { minIdleMinutes: 20 } }, '25', 25],
    ['is cut to the maximum of the options', { rest: { maxIdleMinutes: 90 } }, '91', 90],
    [
      'is cut to the absolute minutes where the maximum is more',
      { session: { absoluteMinutes: 70 }, rest: { maxIdleMinutes: 90 } },
      '91',
      70
    ],
    ['may be short where the default is', { session: { idleMinutes: 5 } }, '1', 5],
    ["is not lifted above the host's idle minutes where they are under 60", { session: { idleMinutes: 15 } }, '43200', 15],
    ['is lifted where the host says how far', { session: { idleMinutes: 15 }, rest: { maxIdleMinutes: 30 } }, '43200', 30],
    ['is lifted above 60 idle minutes', { session: { idleMinutes: 60 } }, '120', 120],
    ['defaults to the idle minutes of the options', { session: { idleMinutes: 240 } }, '0', 240]
  ] as [string, Partial<DirectoryRouterOptions>, string, number][])('%s', async (_what, options, length, minutes) => {
    const { url } = await serve(options)

    const answer = await new Visitor(url).logsInAs('jsmith', 'smith', { 'session-4D-length': length })

    expect(maxAge(answer)).toBe(minutes * 60)
  })

  it('binds how long the session lives without a request', async () => {
    const { url, clock } = await serve()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith', { 'session-4D-length': '120' })

    clock.passMilliseconds(120 * 60_000 - 1)
    const within = await visitor.isKnownAs()
    clock.passMinutes(120)

    expect(within).toBe('jsmith')
    expect(await visitor.isKnownAs()).toBeNull()
  })
})

describe('the third element of the array', () => {
  it.each([
    ['absent', [], 3600],
    ['null', [null], 3600],
    ['0', [0], 3600],
    ['negative', [-1], 3600],
    ['no number', ['a year'], 3600],
    ['below a minute: raised to it', [59], 60],
    ['a minute', [60], 60],
    ["less than 4D's hour", [900], 900],
    ['in digits', ['900'], 900],
    ['a year, under the default limits', [31_536_000], 2_592_000]
  ])('is in seconds: %s', async (_what, rest, seconds) => {
    const { url } = await serve()

    const answer = await new Visitor(url).logsInByBody(['jsmith', 'smith', ...rest])

    expect(answer.status).toBe(200)
    expect(maxAge(answer)).toBe(seconds)
  })

  it('is a year where the limits are raised to one', async () => {
    const { url } = await serve({ session: { absoluteMinutes: 525_600 } })

    const answer = await new Visitor(url).logsInByBody(['jsmith', 'smith', 31_536_000])

    expect(maxAge(answer)).toBe(31_536_000)
  })

  it('leaves its place to the header where there are two elements', async () => {
    const { url } = await serve()

    const answer = await new Visitor(url).logsInByBody(['jsmith', 'smith'], { 'session-4D-length': '120' })

    expect(maxAge(answer)).toBe(7200)
  })

  it('counts where there is a header as well', async () => {
    const { url } = await serve()

    const answer = await new Visitor(url).logsInByBody(['jsmith', 'smith', 900], { 'session-4D-length': '120' })

    expect(maxAge(answer)).toBe(900)
  })

  it('does not count where the headers carry the user name', async () => {
    const { url } = await serve()

    const answer = await new Visitor(url).logsInByBody(['jsmith', 'smith', 900], {
      'username-4D': 'jsmith',
      'password-4D': 'smith',
      'session-4D-length': '120'
    })

    expect(maxAge(answer)).toBe(7200)
  })
})

describe('Max-Age', () => {
  it('is what is left of the absolute limit where that is less than the idle time', async () => {
    const { url, clock } = await serve({ session: { absoluteMinutes: 90 } })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    clock.passMinutes(45)
    const answer = await visitor.asks('/rest/$directory/currentUser')

    expect(maxAge(answer)).toBe(45 * 60)
  })

  it('is in whole seconds, and never promises more than there is', async () => {
    const { url, clock } = await serve({ session: { absoluteMinutes: 90 } })
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith')

    clock.passMilliseconds(45 * 60_000 + 1)
    const answer = await visitor.asks('/rest/$directory/currentUser')

    expect(maxAge(answer)).toBe(45 * 60 - 1)
  })

  it('is the whole idle time again on every request', async () => {
    const { url, clock } = await serve()
    const visitor = new Visitor(url)
    await visitor.logsInAs('jsmith', 'smith', { 'session-4D-length': '120' })

    clock.passMinutes(100)
    const answer = await visitor.asks('/rest/$directory/currentUser')

    expect(maxAge(answer)).toBe(7200)
  })
})

function maxAge({ setCookies }: Answer): number {
  return Number(/; Max-Age=(\d+);/.exec(setCookies[0] ?? '')?.[1])
}
