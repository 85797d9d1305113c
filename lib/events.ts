import { EventEmitter } from 'node:events'

/**
 * The names of the OWASP logging vocabulary, where it has one for what happened; `event` hears them all.
 */
export type DirectoryEventName =
  | 'authn_login_success'
  | 'authn_login_fail'
  | 'authn_login_fail_max'
  | 'authn_login_lock'
  | 'authn_token_revoked'
  | 'session_created'
  | 'session_renewed'
  | 'session_expired'
  | 'authz_fail'
  | 'excess_rate_limit_exceeded'
  | 'malicious_extraneous'
  | 'sys_degraded'

/** What an audit log needs, and never a secret: no id, no password, no digest. Control characters in what clients sent are escaped. */
export interface DirectoryEvent {
  readonly event: DirectoryEventName
  readonly level: 'INFO' | 'WARN' | 'CRITICAL'
  readonly time: Date
  /** `''` for a guest, and where nobody was named. */
  readonly userName: string
  readonly userID: string | null
  /** `''` where no request was under way. */
  readonly ip: string
  readonly userAgent: string
  /** Names the session; `null` where there is none. */
  readonly handle: string | null
  /** One word or two: why. `''` where the name says it all. */
  readonly reason: string
}

/** What the raiser of an event knows; the rest is empty. */
export type EventDetails = Partial<Pick<DirectoryEvent, 'userName' | 'userID' | 'ip' | 'userAgent' | 'handle' | 'reason'>>

/** What `on` of the events takes, and what it hands over. */
export type DirectoryEventMap = Record<DirectoryEventName | 'event', [event: DirectoryEvent]>

const levels: Partial<Record<DirectoryEventName, DirectoryEvent['level']>> = {
  authn_login_fail: 'WARN',
  authn_login_fail_max: 'WARN',
  authn_login_lock: 'WARN',
  authz_fail: 'CRITICAL',
  excess_rate_limit_exceeded: 'WARN',
  malicious_extraneous: 'CRITICAL',
  sys_degraded: 'WARN'
}

/**
 * The audit trail: `directory.events.on('authn_login_fail', event => log.warn(event))`, or `on('event', ...)` for all of them. A listener that
 * throws or rejects harms no request: it becomes a process warning.
 */
export class DirectoryEvents extends EventEmitter<DirectoryEventMap> {
  readonly #now: () => number

  constructor(now: () => number) {
    super()
    this.#now = now
  }

  /** Tells the listeners of this event, then those of `event`. */
  raise(event: DirectoryEventName, details: EventDetails = {}): void {
    if (this.listenerCount(event) === 0 && this.listenerCount('event') === 0) return
    const told: DirectoryEvent = Object.freeze({
      event,
      level: levels[event] ?? 'INFO',
      time: new Date(this.#now()),
      userName: escapeControlCharacters(details.userName ?? ''),
      userID: details.userID ?? null,
      ip: escapeControlCharacters(details.ip ?? ''),
      userAgent: escapeControlCharacters(details.userAgent ?? ''),
      handle: details.handle ?? null,
      reason: escapeControlCharacters(details.reason ?? '')
    })
    this.#tell(event, told)
    this.#tell('event', told)
  }

  // `emit` stops at the first listener that throws, in the middle of a request. `rawListeners`, so that `once` still works.
  #tell(name: DirectoryEventName | 'event', event: DirectoryEvent): void {
    for (const listener of this.rawListeners(name)) {
      try {
        const outcome: unknown = Reflect.apply<DirectoryEvents, [DirectoryEvent], unknown>(listener, this, [event])
        Promise.resolve(outcome).catch(warnOfListener)
      } catch (error) {
        warnOfListener(error)
      }
    }
  }
}

function warnOfListener(error: unknown): void {
  process.emitWarning(`A listener of directory.events failed: ${error instanceof Error ? error.message : String(error)}`, {
    code: 'EXPRESS_4D_DIRECTORY_LISTENER'
  })
}

/** Log forging (OWASP Logging Cheat Sheet): line ends and terminal escapes in a user name would write lines of their own. */
export function escapeControlCharacters(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are the characters meant
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return '\\u' + character.charCodeAt(0).toString(16).padStart(4, '0')
  })
}
