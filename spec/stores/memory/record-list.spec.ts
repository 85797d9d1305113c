import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { MemoryRecord } from '../../../lib/stores/memory/memory-record.js'
import { RecordList } from '../../../lib/stores/memory/record-list.js'
import { newGuest } from '../../../lib/testing/store-spec.js'

function recordAt(createdAt: number): MemoryRecord {
  const { id, record } = newGuest(createdAt)
  return new MemoryRecord(id, record, { idleMilliseconds: 1, absoluteMilliseconds: 1 })
}

function timesIn(list: RecordList): readonly number[] {
  return [...list].map(({ createdAt }) => createdAt)
}

describe('a list of records', () => {
  it('is in the order of their times, and of their coming where these are the same, whoever leaves in between', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.boolean())), (coming) => {
        const list = new RecordList((record) => record.createdAt)
        const records = coming.map(([time, stays]) => ({ record: recordAt(time), stays }))

        for (const { record } of records) list.add(record)
        for (const { record, stays } of records) if (!stays) list.remove(record)

        const staying = records.filter(({ stays }) => stays).map(({ record }) => record)
        expect([...list]).toEqual(staying.toSorted((a, b) => a.createdAt - b.createdAt))
        expect(list.size).toBe(staying.length)
      })
    )
  })

  it('is in order again when times have changed', () => {
    const list = new RecordList((record) => record.createdAt)
    const records = [10, 20, 30, 40].map(recordAt)
    for (const record of records) list.add(record)

    for (const record of records) if (record.createdAt > 20) record.createdAt = 5
    list.sort()
    list.add(recordAt(7))

    expect(timesIn(list)).toEqual([5, 5, 7, 10, 20])
  })
})
