/**
 * Finds what is due without a timer: a binary heap of ids, the earliest first.
 *
 * Nothing is taken out early: a session that slides or ends keeps its entry until it is due or until `keep` drops it. The ids and
 * their times lie in two flat arrays, which at a million sessions is a third of what objects would take.
 */
export class ExpiryQueue {
  readonly #ids: string[] = []
  readonly #times: number[] = []

  get length(): number {
    return this.#ids.length
  }

  add(id: string, dueAt: number): void {
    this.#ids.push(id)
    this.#times.push(dueAt)
    this.#rise(this.length - 1)
  }

  /** Takes the earliest id out if it is due. */
  takeDue(now: number): string | null {
    const [id] = this.#ids
    if (id === undefined || this.#timeAt(0) > now) return null
    this.#swap(0, this.length - 1)
    this.#ids.pop()
    this.#times.pop()
    this.#sink(0)
    return id
  }

  /** Drops the entries of all other ids. */
  keep(isWanted: (id: string) => boolean): void {
    let kept = 0
    this.#ids.forEach((id, index) => {
      if (!isWanted(id)) return
      this.#ids[kept] = id
      this.#times[kept] = this.#timeAt(index)
      kept++
    })
    this.#ids.length = kept
    this.#times.length = kept
    for (let index = (kept >> 1) - 1; index >= 0; index--) this.#sink(index)
  }

  #rise(index: number): void {
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (this.#timeAt(parent) <= this.#timeAt(index)) return
      this.#swap(parent, index)
      index = parent
    }
  }

  #sink(index: number): void {
    for (;;) {
      const left = 2 * index + 1
      const earlier = this.#timeAt(left + 1) < this.#timeAt(left) ? left + 1 : left
      if (this.#timeAt(earlier) >= this.#timeAt(index)) return
      this.#swap(earlier, index)
      index = earlier
    }
  }

  /** Past the end of the heap there is nothing due, ever. */
  #timeAt(index: number): number {
    return this.#times[index] ?? Infinity
  }

  #swap(a: number, b: number): void {
    const id = this.#ids[a] ?? ''
    const time = this.#timeAt(a)
    this.#ids[a] = this.#ids[b] ?? ''
    this.#times[a] = this.#timeAt(b)
    this.#ids[b] = id
    this.#times[b] = time
  }
}
