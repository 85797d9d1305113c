import type { DirectoryEvent } from '../index.js'

/** How many events the page shows, and a flood may push the others out of. */
const rememberedEvents = 200
const rememberedAccounts = 100

export interface NumberedEvent extends DirectoryEvent {
  /** Rises by one with each event. */
  readonly number: number
}

/** An account that has to wait after failed logins, until somebody unlocks it or its user gets in. */
export interface WaitingAccount {
  /** The user's ID, or the name that was tried where there is no such user: what `unlock` takes. */
  readonly account: string
  readonly userName: string
  readonly locked: boolean
  readonly since: number
}

/** The latest events, and the accounts that they say have to wait. Bounded under any flood. */
export class AuditTail {
  #events: NumberedEvent[] = []
  #lastNumber = 0
  readonly #waiting = new Map<string, WaitingAccount>()

  note(event: DirectoryEvent): void {
    this.#lastNumber += 1
    this.#events.push({ ...event, number: this.#lastNumber })
    if (this.#events.length >= 2 * rememberedEvents) this.#events = this.#events.slice(-rememberedEvents)
    this.#noteAccount(event)
  }

  /** The events after this number, oldest first. */
  after(number: number): readonly NumberedEvent[] {
    const missed = Math.min(this.#lastNumber - number, rememberedEvents)
    return missed <= 0 ? [] : this.#events.slice(-missed)
  }

  /** Those that began to wait last come first. */
  waiting(): readonly WaitingAccount[] {
    return [...this.#waiting.values()].reverse()
  }

  /** An operator types an ID, or a name in whatever case. */
  noteUnlocked(typed: string): void {
    const text = typed.toLowerCase()
    for (const { account, userName } of this.#waiting.values()) {
      if (account.toLowerCase() === text || userName.toLowerCase() === text) this.#waiting.delete(account)
    }
  }

  #noteAccount({ event, userID, userName, time }: DirectoryEvent): void {
    const account = userID ?? userName
    if (event === 'authn_login_success') this.#waiting.delete(account)
    if (event !== 'authn_login_lock' && event !== 'authn_login_fail_max') return
    const locked = event === 'authn_login_lock' || (this.#waiting.get(account)?.locked ?? false)
    this.#waiting.delete(account)
    this.#waiting.set(account, { account, userName, locked, since: time.getTime() })
    const [oldest] = this.#waiting.keys()
    if (this.#waiting.size > rememberedAccounts && oldest !== undefined) this.#waiting.delete(oldest)
  }
}
