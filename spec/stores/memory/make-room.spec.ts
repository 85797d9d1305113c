import { expect, it } from 'vitest'

import { makeRoom } from '../../../lib/stores/memory/make-room.js'
import type { MemoryRecord } from '../../../lib/stores/memory/memory-record.js'
import { MemoryTable } from '../../../lib/stores/memory/memory-table.js'
import { newSignIn, start, unlimited } from '../../../lib/testing/store-spec.js'

/** Counts the sessions of a user that were handed out one by one. */
class CountedTable extends MemoryTable {
  handedOut = 0

  override ofUser(userID: string): ReadonlySet<MemoryRecord> {
    const records = new Set(super.ofUser(userID))
    const each = records.values.bind(records)
    records[Symbol.iterator] = () => {
      this.handedOut += records.size
      return each()
    }
    return records
  }
}

const budgets = { maxSignedIn: 100_000, maxGuests: 100_000, maxUnconfirmed: 100_000 }

function tableOfOneUser(sessions: number): CountedTable {
  const table = new CountedTable()
  for (let index = 0; index < sessions; index++)
    table.add(`id ${index}`, { ...newSignIn(start, 'shared').record, handle: `handle ${index}` })
  return table
}

it.each([Infinity, 1001])('looks at none of the 1,000 sessions of an account that may have %d', (sessionsPerUser) => {
  const table = tableOfOneUser(1000)
  for (const session of table.all()) table.visit(session, start)
  const quotas = { ...unlimited, sessionsPerUser }

  const leaving = makeRoom(table, budgets, newSignIn(start, 'shared').record, { replaces: null, quotas, now: start })

  expect(leaving).toEqual(new Map())
  expect(table.handedOut).toBe(0)
})

it('counts the session that a login replaces as gone', () => {
  const table = tableOfOneUser(3)
  const quotas = { ...unlimited, sessionsPerUser: 3 }
  const replaces = { id: 'id 2', version: 0 }

  const leaving = makeRoom(table, budgets, newSignIn(start, 'shared').record, { replaces, quotas, now: start })

  expect(leaving).toEqual(new Map([[table.find('id 2'), 'replaced']]))
})
