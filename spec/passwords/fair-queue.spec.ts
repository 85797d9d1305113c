import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { FairQueue } from '../../lib/passwords/fair-queue.js'
import type { Applicant } from '../../lib/passwords/network-share.js'

interface Login extends Applicant {
  readonly name: string
}

function login(address: string, index = 1, known = false): Login {
  return { name: `${address} ${index}`, address, networks: [], known }
}

/** An address of IPv6 by the numbers of its /48, its /56 in there, and its /64 in there. */
function loginFromIPv6(site: number, part: number, line: number, index = 1): Login {
  const networks = [`${site}.${part}/56`, `${site}/48`]
  return { name: `${site}.${part}.${line} ${index}`, address: `${site}.${part}.${line}/64`, networks, known: false }
}

function times(count: number, make: (index: number) => Login): Login[] {
  return Array.from({ length: count }, (_, index) => make(index + 1))
}

/** Adds them in order, and names those who had to go. */
function fill(queue: FairQueue<Login>, logins: readonly Login[]): string[] {
  return logins.flatMap((each) => queue.add(each)?.entry.name ?? [])
}

function drain(queue: FairQueue<Login>): string[] {
  const order: string[] = []
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) order.push(next.name)
  return order
}

describe('a full queue', () => {
  it('A2.4.1 queue: takes the newest of whoever holds most out for somebody who holds less', () => {
    const queue = new FairQueue<Login>(8)
    fill(
      queue,
      ['a', 'b', 'c', 'd'].flatMap((address) => times(2, (index) => login(address, index)))
    )
    queue.shift()
    fill(queue, [login('e')])

    const gone = fill(queue, [login('f')])

    expect(gone).toEqual(['d 2'])
  })

  it('A2.4.1 queue: keeps those who wait where everybody holds as much, and refuses the newcomer', () => {
    const queue = new FairQueue<Login>(4)
    fill(
      queue,
      ['a', 'b', 'c', 'd'].map((address) => login(address))
    )

    const gone = fill(queue, [login('e'), login('a', 2)])

    expect(gone).toEqual(['e 1', 'a 2'])
  })

  it('A2.4.1 queue: lets in everybody who holds one, when four addresses hold all of it', () => {
    const queue = new FairQueue<Login>(64)
    fill(
      queue,
      ['a', 'b', 'c', 'd'].flatMap((address) => times(75, (index) => login(address, index)))
    )

    const gone = fill(
      queue,
      times(14, (index) => login(`user${index}`))
    )

    expect(queue.size).toBe(64)
    expect(gone).toHaveLength(14)
    expect(gone.filter((name) => name.startsWith('user'))).toEqual([])
  })

  it('A2.4.1 queue: weighs a /48 against single addresses, so that 64 lines of one site do not keep others out', () => {
    const queue = new FairQueue<Login>(64)
    fill(
      queue,
      times(64, (index) => loginFromIPv6(1, index, index))
    )
    fill(
      queue,
      times(64, (index) => loginFromIPv6(2, index, index))
    )

    const gone = fill(
      queue,
      times(10, (index) => login(`user${index}`))
    )

    expect(queue.size).toBe(64)
    expect(gone.filter((name) => name.startsWith('user'))).toEqual([])
  })

  it('takes from the heaviest line of the heaviest network, not from its neighbours', () => {
    const queue = new FairQueue<Login>(16)
    fill(queue, [loginFromIPv6(1, 1, 1), ...times(4, (index) => loginFromIPv6(1, 1, 2, index)), loginFromIPv6(1, 2, 3)])
    fill(
      queue,
      times(10, (index) => login(`other${index}`))
    )

    const gone = fill(queue, [login('user')])

    expect(gone).toEqual(['1.1.2 4'])
  })

  it('A2.4.1 queue: keeps half of its places for known pairs, however many addresses the others have', () => {
    const queue = new FairQueue<Login>(8)
    fill(
      queue,
      times(8, (index) => login(`stranger${index}`))
    )

    const gone = fill(
      queue,
      times(6, (index) => login(`home${index}`, 1, true))
    )

    expect(gone).toEqual(['stranger8 1', 'stranger7 1', 'stranger6 1', 'stranger5 1', 'home5 1', 'home6 1'])
  })

  it('gives all of its places to known pairs, and to others, when nobody else asks', () => {
    const [known, others] = [new FairQueue<Login>(8), new FairQueue<Login>(8)]

    const gone = [
      fill(
        known,
        times(8, (index) => login(`home${index}`, 1, true))
      ),
      fill(
        others,
        times(8, (index) => login(`stranger${index}`))
      )
    ]

    expect(gone).toEqual([[], []])
  })

  it('takes from known pairs what they hold over their half', () => {
    const queue = new FairQueue<Login>(8)
    fill(
      queue,
      times(8, (index) => login(`home${index}`, 1, true))
    )

    const gone = fill(
      queue,
      times(6, (index) => login(`stranger${index}`))
    )

    expect(gone).toEqual(['home8 1', 'home7 1', 'home6 1', 'home5 1', 'stranger5 1', 'stranger6 1'])
  })
})

describe('an address', () => {
  it('holds a quarter of the queue at most, its /56 three eighths, its /48 half', () => {
    const held = [
      times(80, (index) => loginFromIPv6(1, 1, 1, index)),
      times(80, (index) => loginFromIPv6(1, 1, index)),
      times(80, (index) => loginFromIPv6(1, index, index)),
      times(80, (index) => loginFromIPv6(index, 1, 1))
    ].map((logins) => {
      const queue = new FairQueue<Login>(64)
      fill(queue, logins)
      return queue.size
    })

    expect(held).toEqual([16, 24, 32, 64])
  })

  it('gives the place of its newest stranger to a known pair behind it', () => {
    const queue = new FairQueue<Login>(8)
    fill(
      queue,
      times(2, (index) => login('office', index))
    )

    const gone = fill(queue, [login('office', 3, true), login('office', 4, true)])

    expect(gone).toEqual(['office 2', 'office 4'])
  })

  it('says whether all places were taken, or what one network may hold', () => {
    const queue = new FairQueue<Login>(4)

    const full = ['a', 'a', 'b', 'c', 'd', 'e'].map((address, index) => queue.add(login(address, index))?.full ?? null)

    expect(full).toEqual([null, 'network', null, null, null, 'queue'])
  })

  it('of the host itself may hold all of it', () => {
    const queue = new FairQueue<Login>(4)

    const gone = fill(
      queue,
      times(5, (index) => ({ name: String(index), address: undefined, networks: [], known: false }))
    )

    expect(gone).toEqual(['5'])
  })
})

describe('turns', () => {
  it('A2.4.1 queue: go round the addresses, each in the order of its arrivals', () => {
    const queue = new FairQueue<Login>(64)
    fill(queue, [...times(4, (index) => login('a', index)), ...times(2, (index) => login('b', index)), login('c')])

    const order = drain(queue)

    expect(order).toEqual(['a 1', 'b 1', 'c 1', 'a 2', 'b 2', 'a 3', 'a 4'])
  })

  it('A2.4.1 queue: are taken by a /48 no more than four times in a round, however many lines it has', () => {
    const queue = new FairQueue<Login>(64)
    fill(queue, [...times(32, (index) => loginFromIPv6(1, index, index)), login('user')])

    const order = drain(queue)

    expect(order.indexOf('user 1')).toBe(4)
  })

  it('A2.4.1 queue: are every other one of a known pair', () => {
    const queue = new FairQueue<Login>(64)
    fill(queue, [...times(6, (index) => login(`stranger${index}`)), ...times(2, (index) => login('home', index, true))])

    const order = drain(queue)

    expect(order.slice(0, 4)).toEqual(['home 1', 'stranger1 1', 'home 2', 'stranger2 1'])
  })

  it('come to somebody with many entries also while new addresses keep arriving', () => {
    const queue = new FairQueue<Login>(64)
    fill(queue, [...times(8, (index) => login('office', index)), ...times(8, (index) => login(`before${index}`))])

    const served = times(100, (index) => {
      const next = queue.shift() ?? login('nobody')
      queue.add(login(`newcomer${index}`))
      return next
    })

    expect(served.filter(({ address }) => address === 'office')).toHaveLength(8)
  })

  it('are not spent by somebody who left', () => {
    const queue = new FairQueue<Login>(64)
    const gone = login('a')
    fill(queue, [gone, login('b')])

    const left = [queue.delete(gone), queue.delete(gone)]

    expect(left).toEqual([true, false])
    expect(drain(queue)).toEqual(['b 1'])
  })
})

describe('any queue', () => {
  const logins = fc.record({
    site: fc.integer({ min: 1, max: 3 }),
    part: fc.integer({ min: 1, max: 2 }),
    line: fc.integer({ min: 1, max: 3 }),
    known: fc.boolean()
  })
  const steps = fc.array(fc.oneof(logins, fc.constant('shift' as const), fc.nat(40)), { maxLength: 120 })

  it('never holds more than its limit, loses nobody without telling, and gives everybody their turn', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), steps, (limit, all) => {
        const queue = new FairQueue<Login>(limit)
        const waiting = new Set<Login>()
        for (const step of all) {
          if (step === 'shift') {
            const next = queue.shift()
            expect(next !== undefined).toBe(waiting.size > 0)
            if (next !== undefined) expect(waiting.delete(next)).toBe(true)
          } else if (typeof step === 'number') {
            const leaver = [...waiting].at(step)
            if (leaver !== undefined && waiting.delete(leaver)) expect(queue.delete(leaver)).toBe(true)
          } else {
            const added = { ...loginFromIPv6(step.site, step.part, step.line), known: step.known }
            waiting.add(added)
            const displaced = queue.add(added)
            if (displaced !== null) expect(waiting.delete(displaced.entry)).toBe(true)
          }
          expect(queue.size).toBe(waiting.size)
          expect(queue.size).toBeLessThanOrEqual(limit)
        }
        expect(drain(queue)).toHaveLength(waiting.size)
      })
    )
  })
})
