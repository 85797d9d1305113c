import type { MemoryRecord } from './memory-record.js'

/**
 * Records in the order of one of their times, earliest first. They are linked to each other, so that finding the first, adding the latest and
 * removing any costs the same however many there are.
 */
export class RecordList implements Iterable<MemoryRecord> {
  readonly #timeOf: (record: MemoryRecord) => number
  #first: MemoryRecord | null = null
  #last: MemoryRecord | null = null
  size = 0

  constructor(timeOf: (record: MemoryRecord) => number) {
    this.#timeOf = timeOf
  }

  add(record: MemoryRecord): void {
    const time = this.#timeOf(record)
    // From the end, where nearly every record belongs.
    let previous = this.#last
    while (previous !== null && this.#timeOf(previous) > time) previous = previous.previous
    const next = previous === null ? this.#first : previous.next
    this.#link(previous, record)
    this.#link(record, next)
    this.size++
  }

  remove(record: MemoryRecord): void {
    this.#link(record.previous, record.next)
    record.previous = null
    record.next = null
    this.size--
  }

  /** Restores the order when times have changed. */
  sort(): void {
    const records = [...this].sort((a, b) => this.#timeOf(a) - this.#timeOf(b))
    for (const record of records) this.remove(record)
    for (const record of records) this.add(record)
  }

  *[Symbol.iterator](): Iterator<MemoryRecord> {
    for (let record = this.#first; record !== null; record = record.next) yield record
  }

  /** Makes neighbours of the two; `null` is the end of the list on that side. */
  #link(previous: MemoryRecord | null, next: MemoryRecord | null): void {
    if (previous === null) this.#first = next
    else previous.next = next
    if (next === null) this.#last = previous
    else next.previous = previous
  }
}
