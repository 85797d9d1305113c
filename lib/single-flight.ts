/** One piece of work at a time under each name: who asks meanwhile gets its outcome. */
export class SingleFlight<Result> {
  readonly #underWay = new Map<string, Promise<Result>>()

  /** The outcome of the work that is under way under this name, or that begins now. `isForgotten` tells the work whether it has been given up meanwhile. */
  run(name: string, work: (isForgotten: () => boolean) => Promise<Result>): Promise<Result> {
    const underWay = this.#underWay.get(name)
    if (underWay !== undefined) return underWay
    const begun: Promise<Result> = work(() => this.#underWay.get(name) !== begun).finally(() => {
      if (this.#underWay.get(name) === begun) this.#underWay.delete(name)
    })
    this.#underWay.set(name, begun)
    return begun
  }

  /** Who asks from now on gets an outcome of their own. */
  forget(name: string): void {
    this.#underWay.delete(name)
  }
}
