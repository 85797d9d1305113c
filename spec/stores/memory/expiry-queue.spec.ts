import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { ExpiryQueue } from '../../../lib/stores/memory/expiry-queue.js'

describe('the expiry queue', () => {
  it('gives out what is due, earliest first, and nothing else', () => {
    const queue = new ExpiryQueue()
    queue.add('c', 30)
    queue.add('a', 10)
    queue.add('b', 20)

    const given = [queue.takeDue(9), queue.takeDue(20), queue.takeDue(20), queue.takeDue(20), queue.takeDue(30), queue.takeDue(Infinity)]

    expect(given).toEqual([null, 'a', 'b', null, 'c', null])
  })

  it('gives out any times in order, whatever was dropped in between', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 })), fc.func(fc.boolean()), (times, isWanted) => {
        const queue = new ExpiryQueue()
        times.forEach((time, index) => queue.add(String(index), time))

        queue.keep((id) => isWanted(id))
        const given: number[] = []
        for (let id = queue.takeDue(50); id !== null; id = queue.takeDue(50)) given.push(times[Number(id)] ?? NaN)

        const wanted = times.filter((_, index) => isWanted(String(index)))
        expect(given).toEqual(wanted.toSorted((a, b) => a - b))
        expect(queue.length).toBe(0)
      })
    )
  })
})
