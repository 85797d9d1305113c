declare module '../../lib/sessions/session-storage.js' {
  /** What the sessions of the specs hold. */
  interface SessionStorage {
    count: number
    cart: readonly string[]
    note: string
    greeting: string
  }
}

export {}
