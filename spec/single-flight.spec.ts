import { describe, expect, it } from 'vitest'

import { SingleFlight } from '../lib/single-flight.js'

describe('a single flight', () => {
  it('shares one piece of work among those who ask while it is under way, and begins anew afterwards', async () => {
    const flight = new SingleFlight<number>()
    let begun = 0
    const work = () => Promise.resolve(++begun)

    const together = await Promise.all([flight.run('a', work), flight.run('a', work), flight.run('b', work)])

    expect([...together, await flight.run('a', work)]).toEqual([1, 1, 2, 3])
  })

  it('shares a failure as well, and is not stuck with it', async () => {
    const flight = new SingleFlight<number>()
    const fails = () => Promise.reject(new Error('no'))

    const outcomes = await Promise.allSettled([flight.run('a', fails), flight.run('a', fails)])

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await flight.run('a', () => Promise.resolve(1))).toBe(1)
  })

  it('tells work that was forgotten so, and who asks then gets an outcome of their own', async () => {
    const flight = new SingleFlight<string>()
    let end: () => void = () => undefined
    const first = flight.run('a', async (isForgotten) => {
      await new Promise<void>((resolve) => (end = resolve))
      return isForgotten() ? 'forgotten' : 'first'
    })

    flight.forget('a')
    const second = flight.run('a', (isForgotten) => Promise.resolve().then(() => (isForgotten() ? 'forgotten' : 'second')))
    end()

    expect(await Promise.all([first, second])).toEqual(['forgotten', 'second'])
  })
})
