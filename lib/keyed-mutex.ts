/** One at a time under each name, first come first served. */
export class KeyedMutex {
  readonly #last = new Map<string, Promise<void>>()

  /** Runs `work` when all that came before it under this name has ended, well or not. */
  async take<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(name) ?? Promise.resolve()
    const turn = before.then(work)
    const end = turn.then(
      () => undefined,
      () => undefined
    )
    this.#last.set(name, end)
    try {
      return await turn
    } finally {
      if (this.#last.get(name) === end) this.#last.delete(name)
    }
  }
}
