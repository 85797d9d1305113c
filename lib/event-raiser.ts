import { EventEmitter } from 'node:events'

import { DirectoryError } from './errors.js'
import { escapeAndCut } from './escape-text.js'
import type { DirectoryComponent, DirectoryEvent, DirectoryEventMap, DirectoryEventName, DirectoryEvents } from './events.js'
import { hideSecrets } from './hide-secrets.js'
import { longestTexts } from './text-bounds.js'

/** What the raiser of an event knows; the rest is empty. */
export interface EventDetails extends Partial<Omit<DirectoryEvent, 'event' | 'level' | 'time'>> {
  /** What must not be in a warning, though the cause may quote it: the secrets of this attempt. Never in the event. */
  readonly secrets?: readonly string[]
}

const levels: Partial<Record<DirectoryEventName, DirectoryEvent['level']>> = {
  authn_login_fail: 'WARN',
  authn_login_fail_max: 'WARN',
  authn_login_lock: 'WARN',
  session_refused: 'WARN',
  authz_fail: 'CRITICAL',
  excess_rate_limit_exceeded: 'WARN',
  malicious_extraneous: 'CRITICAL',
  sys_degraded: 'WARN'
}

const warningIntervalMilliseconds = 60_000

/** Raises the events that hosts hear on `events`. Hosts are handed the emitter alone. */
export class EventRaiser {
  readonly events: DirectoryEvents = new EventEmitter<DirectoryEventMap>()
  readonly #now: () => number
  readonly #warnedAt = new Map<DirectoryComponent, number>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Tells the listeners of this event, then those of `event`. Where nobody hears of a failure, a process warning says it. */
  raise(event: DirectoryEventName, details: EventDetails = {}): void {
    if (this.events.listenerCount(event) === 0 && this.events.listenerCount('event') === 0) {
      if (event === 'sys_degraded') this.#warnOfFailure(details)
      return
    }
    const told = this.#describe(event, details)
    this.#tell(event, told)
    this.#tell('event', told)
  }

  #describe(event: DirectoryEventName, details: EventDetails): DirectoryEvent {
    const told = {
      event,
      level: levels[event] ?? 'INFO',
      time: new Date(this.#now()),
      userName: show(details.userName),
      userID: showOrNull(details.userID),
      ip: show(details.ip),
      userAgent: show(details.userAgent),
      handle: details.handle ?? null,
      reason: show(details.reason),
      replaces: details.replaces ?? null,
      limit: details.limit ?? null,
      component: details.component ?? null,
      by: showOrNull(details.by),
      omitted: details.omitted ?? 0
    }
    if (details.cause !== undefined) Object.defineProperty(told, 'cause', { value: innermostCause(details.cause) })
    return Object.freeze(told)
  }

  // `emit` stops at the first listener that throws, in the middle of a request. `rawListeners`, so that `once` still works.
  #tell(name: DirectoryEventName | 'event', event: DirectoryEvent): void {
    for (const listener of this.events.rawListeners(name)) {
      try {
        const outcome: unknown = Reflect.apply<DirectoryEvents, [DirectoryEvent], unknown>(listener, this.events, [event])
        Promise.resolve(outcome).catch(warnOfListener)
      } catch (error) {
        warnOfListener(error)
      }
    }
  }

  // One per component and minute, on the clock of the directory, also when it is put back.
  #warnOfFailure({ component = null, reason, cause, secrets = [] }: EventDetails): void {
    if (component === null) return
    const elapsed = this.#now() - (this.#warnedAt.get(component) ?? -Infinity)
    if (elapsed >= 0 && elapsed < warningIntervalMilliseconds) return
    this.#warnedAt.set(component, this.#now())
    const why = cause === undefined ? '' : `: ${describeCause(innermostCause(cause), secrets)}`
    process.emitWarning(
      `A part of the directory fails, its ${component} (${show(reason)})${why}. Listen to the event sys_degraded of directory.events to hear of each failure.`,
      { code: 'EXPRESS_4D_DIRECTORY_DEGRADED' }
    )
  }
}

/** What this package says of a failure is in the reason; what went wrong beneath is the cause. */
function innermostCause(cause: unknown): unknown {
  return cause instanceof DirectoryError && cause.cause !== undefined ? innermostCause(cause.cause) : cause
}

function describeCause(cause: unknown, secrets: readonly string[]): string {
  if (!(cause instanceof Error)) return `a value of type ${cause === null ? 'null' : typeof cause} was thrown`
  const code = 'code' in cause && (typeof cause.code === 'string' || typeof cause.code === 'number') ? ` ${String(cause.code)}` : ''
  // Hidden before it is cut, or the beginning of a secret could stay.
  return (
    escapeAndCut(`${cause.constructor.name}${code}: `, longestTexts.event) +
    escapeAndCut(hideSecrets(cause.message, secrets), longestTexts.event)
  )
}

function warnOfListener(error: unknown): void {
  process.emitWarning(`A listener of directory.events failed: ${error instanceof Error ? error.message : String(error)}`, {
    code: 'EXPRESS_4D_DIRECTORY_LISTENER'
  })
}

function show(text = ''): string {
  return escapeAndCut(text, longestTexts.event)
}

function showOrNull(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : show(text)
}
