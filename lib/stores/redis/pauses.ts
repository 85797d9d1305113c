/** Pauses that end early when their name is called. */
export class Pauses {
  readonly #enders = new Map<string, Set<() => void>>()

  pause(name: string, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        enders.delete(end)
        if (enders.size === 0) this.#enders.delete(name)
        resolve()
      }
      const timer = setTimeout(end, milliseconds)
      const enders = this.#enders.get(name) ?? new Set()
      this.#enders.set(name, enders)
      enders.add(end)
    })
  }

  /** Ends the pauses of that name. */
  end(name: string): void {
    for (const end of this.#enders.get(name) ?? []) end()
  }
}
