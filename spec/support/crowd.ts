/** Keeps those who arrive waiting until so many have come, and then lets all go on at once. Who comes later waits for nobody. */
export class Crowd {
  #missing: number
  #complete: () => void = () => undefined
  /** Resolves when all have come. */
  readonly completed = new Promise<void>((resolve) => (this.#complete = resolve))

  constructor(size: number) {
    this.#missing = size
  }

  arrive(): Promise<void> {
    this.#missing -= 1
    if (this.#missing === 0) this.#complete()
    return this.completed
  }
}
