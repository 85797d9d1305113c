import { describe, expect, it } from 'vitest'

import { EventBudget } from '../lib/event-budget.js'

const minute = 60_000

function takeTimes(budget: EventBudget, times: number, now: number, address: (turn: number) => string = () => '192.0.2.1') {
  return Array.from({ length: times }, (_, turn) => budget.take(address(turn), now))
}

describe('A16.4.1 size: events about refusals that cost nothing', () => {
  it('are twenty a minute from one address, and the next one says how many were left out', () => {
    const budget = new EventBudget()

    const told = takeTimes(budget, 220, 0).filter((omitted) => omitted !== null)

    expect(told).toEqual(Array(20).fill(0))
    expect(budget.take('192.0.2.1', minute - 1)).toBeNull()
    expect(budget.take('192.0.2.1', minute)).toBe(201)
    expect(budget.take('192.0.2.1', minute)).toBe(0)
  })

  it('are a thousand a minute from all addresses together', () => {
    const budget = new EventBudget()

    const told = takeTimes(budget, 5000, 0, (turn) => `address ${turn}`).filter((omitted) => omitted !== null)

    expect(told).toHaveLength(1000)
  })

  it('of one address leave those of another theirs', () => {
    const budget = new EventBudget()
    takeTimes(budget, 220, 0)

    expect(budget.take('192.0.2.2', 0)).toBe(200)
  })

  it('go on when the clock is put back', () => {
    const budget = new EventBudget()
    takeTimes(budget, 220, 365 * 1440 * minute)

    expect(budget.take('192.0.2.1', 0)).toBe(200)
  })
})
