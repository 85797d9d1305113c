import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'

import { describe, expect, it, onTestFinished } from 'vitest'

import { type DirectoryTrace, WatchedCalls } from '../lib/watched-calls.js'

/** Calls of the store, on a clock that the spec moves. */
function watchedCalls() {
  const time = { now: 0 }
  const noted: [string, number][] = []
  const calls = new WatchedCalls(
    'store',
    (verb, milliseconds) => noted.push([verb, milliseconds]),
    () => time.now
  )
  return { calls, time, noted }
}

/** What the channel publishes from now on, as it is at that moment. */
function subscribe(): [string, DirectoryTrace][] {
  const published: [string, DirectoryTrace][] = []
  const note = (name: string) => (message: object) => void published.push([name, { ...(message as DirectoryTrace) }])
  const subscribers = {
    start: note('start'),
    end: note('end'),
    asyncStart: note('asyncStart'),
    asyncEnd: note('asyncEnd'),
    error: note('error')
  }
  const channel = tracingChannel('express-4d-directory:store')
  channel.subscribe(subscribers)
  onTestFinished(() => channel.unsubscribe(subscribers))
  return published
}

describe('a call that is watched', () => {
  it('hands on at once what is there at once, and as it is, also to subscribers', () => {
    const { calls } = watchedCalls()
    const answer = {}
    const withoutSubscribers = calls.run('resume', () => answer)
    const published = subscribe()

    const withSubscribers = calls.run('resume', () => answer)

    expect([withoutSubscribers, withSubscribers]).toEqual([answer, answer])
    expect(published).toEqual([
      ['start', { verb: 'resume' }],
      ['end', { verb: 'resume', outcome: 'ok', milliseconds: 0 }]
    ])
  })

  it('is published when it begins and when its answer is there, with how long it took', async () => {
    const { calls, time } = watchedCalls()
    const published = subscribe()

    const answer = await calls.run('create', () => {
      time.now += 5
      return Promise.resolve('created')
    })

    expect(answer).toBe('created')
    expect(published).toEqual([
      ['start', { verb: 'create' }],
      ['end', { verb: 'create' }],
      ['asyncStart', { verb: 'create', outcome: 'ok', milliseconds: 5 }],
      ['asyncEnd', { verb: 'create', outcome: 'ok', milliseconds: 5 }]
    ])
  })

  it.each([
    [
      'at once',
      () => {
        throw new Error('NOPERM of jsmith')
      },
      ['start', 'error', 'end']
    ],
    ['later', () => Promise.reject(new Error('NOPERM of jsmith')), ['start', 'end', 'error', 'asyncStart', 'asyncEnd']]
  ])('that fails %s is published without its error, which its caller gets', async (_when, call, names) => {
    const { calls } = watchedCalls()
    const published = subscribe()

    await expect(async () => calls.run('end', call)).rejects.toThrow('NOPERM of jsmith')

    expect(published.map(([name]) => name)).toEqual(names)
    expect(JSON.stringify(published)).not.toContain('NOPERM')
    expect(published.find(([name]) => name === 'error')?.[1]).toEqual({ verb: 'end', outcome: 'failed', milliseconds: 0 })
    expect(calls.statistics).toMatchObject({ calls: 1, failures: 1 })
  })

  it('says of outcomes what its kind has words for, and throws what explains the error', async () => {
    const { calls } = watchedCalls()
    const published = subscribe()

    await calls.run<string | null>('login', () => Promise.resolve(null), {
      outcomeOf: (answer) => (answer === null ? 'failed' : 'succeeded')
    })
    const explained = calls.run('login', () => Promise.reject(new Error('429')), {
      outcomeOfError: () => 'throttled',
      explain: () => new Error('Too many logins')
    })

    await expect(explained).rejects.toThrow('Too many logins')
    expect(published.filter(([name]) => name === 'asyncEnd').map(([, { outcome }]) => outcome)).toEqual(['failed', 'throttled'])
  })

  it('runs in the context that a subscriber has bound to its start, as spans are', async () => {
    const { calls } = watchedCalls()
    const spans = new AsyncLocalStorage<string>()
    const { start } = tracingChannel<string, DirectoryTrace>('express-4d-directory:store')
    start.bindStore(spans, ({ verb }) => `span of ${verb}`)
    onTestFinished(() => void start.unbindStore(spans))

    const seen = await calls.run('resume', async () => {
      await Promise.resolve()
      return spans.getStore()
    })

    expect(seen).toBe('span of resume')
  })

  it('is timed where it is waited for, with a mean over the last ones', async () => {
    const { calls, time, noted } = watchedCalls()
    const take = (milliseconds: number) =>
      calls.run('resume', () => {
        time.now += milliseconds
        return Promise.resolve()
      })

    await take(10)
    await take(20)
    await calls.run('resume', () => 'there')
    const early = calls.statistics
    for (let turn = 0; turn < 400; turn++) await take(40)

    expect(early).toEqual({ calls: 3, failures: 0, meanMilliseconds: 15 })
    expect(calls.statistics.meanMilliseconds).toBeCloseTo(40, 2)
    expect(noted.slice(0, 2)).toEqual([
      ['resume', 10],
      ['resume', 20]
    ])
  })
})
