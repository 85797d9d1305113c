/** A point where something under way waits until the spec lets it go on. */
export class Gate {
  #arrive: () => void = () => undefined
  #open: () => void = () => undefined
  /** Resolves when somebody stands before the gate. */
  readonly reached = new Promise<void>((resolve) => (this.#arrive = resolve))
  readonly #opened = new Promise<void>((resolve) => (this.#open = resolve))

  pass(): Promise<void> {
    this.#arrive()
    return this.#opened
  }

  open(): void {
    this.#open()
  }
}
