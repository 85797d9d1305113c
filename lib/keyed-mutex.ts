/** One at a time under each name, first come first served. */
export class KeyedMutex<Outcome = unknown> {
  readonly #last = new Map<string, Promise<PromiseSettledResult<Outcome> | null>>()

  /** Runs `work` when all that came before it under this name has ended, well or not. It is told how the last of these did; `null`: there was none. */
  async take<Result extends Outcome>(
    name: string,
    work: (before: PromiseSettledResult<Outcome> | null) => Promise<Result>
  ): Promise<Result> {
    const turn = (this.#last.get(name) ?? Promise.resolve(null)).then(work)
    const end = Promise.allSettled([turn]).then(([outcome]) => outcome)
    this.#last.set(name, end)
    try {
      return await turn
    } finally {
      if (this.#last.get(name) === end) this.#last.delete(name)
    }
  }
}
