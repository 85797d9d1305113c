import { expect, it } from 'vitest'

import { makeRoom } from '../../../lib/stores/memory/make-room.js'
import { MemoryTable } from '../../../lib/stores/memory/memory-table.js'
import { newSignIn, start, unlimited } from '../../../lib/testing/store-spec.js'

/** Counts the ids of a user that were handed out one by one. */
class CountedShelves extends MemoryTable {
  handedOut = 0

  override idsOfUser(userID: string): ReadonlySet<string> {
    const ids = new Set(super.idsOfUser(userID))
    const each = ids.values.bind(ids)
    ids[Symbol.iterator] = () => {
      this.handedOut += ids.size
      return each()
    }
    return ids
  }
}

const budgets = { maxSignedIn: 100_000, maxGuests: 100_000 }

function shelvesOfOneUser(sessions: number): CountedShelves {
  const shelves = new CountedShelves()
  for (let index = 0; index < sessions; index++)
    shelves.add(`id ${index}`, { ...newSignIn(start, 'shared').record, handle: `handle ${index}` })
  return shelves
}

it.each([Infinity, 1001])('looks at none of the 1,000 sessions of an account that may have %d', (sessionsPerUser) => {
  const shelves = shelvesOfOneUser(1000)
  const quotas = { ...unlimited, sessionsPerUser }

  const leaving = makeRoom(shelves, budgets, newSignIn(start, 'shared').record, { replaces: null, quotas, now: start })

  expect(leaving).toEqual(new Map())
  expect(shelves.handedOut).toBe(0)
})

it('counts the session that a login replaces as gone', () => {
  const shelves = shelvesOfOneUser(3)
  const quotas = { ...unlimited, sessionsPerUser: 3 }
  const replaces = { id: 'id 2', version: 0 }

  expect(makeRoom(shelves, budgets, newSignIn(start, 'shared').record, { replaces, quotas, now: start })).toEqual(
    new Map([['id 2', 'replaced']])
  )
})
