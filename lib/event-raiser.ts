import { EventEmitter } from 'node:events'

import { describeCause, describeMessage, innermostCause } from './describe-cause.js'
import { escapeAndCut } from './escape-text.js'
import { EventBudget } from './event-budget.js'
import type { DirectoryEvent, DirectoryEventMap, DirectoryEventName, DirectoryEvents } from './events.js'
import { FailureNotes } from './failure-notes.js'
import { foldAddress } from './fold-address.js'
import { longestTexts } from './text-bounds.js'
import { Warnings } from './warnings.js'

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

/** Marks a listener that only looks on, as the console's does: nobody need be there to read what it shows, so failures are warned of all the same. */
export const onlooker: unique symbol = Symbol.for('express-4d-directory.onlooker')

/** Raises the events that hosts hear on `events`. Hosts are handed the emitter alone. */
export class EventRaiser {
  readonly events: DirectoryEvents = new EventEmitter<DirectoryEventMap>()
  /** What has failed since the directory was made. */
  readonly failures = new FailureNotes()
  readonly #now: () => number
  readonly #warnings: Warnings
  readonly #budgets = new Map<DirectoryEventName, EventBudget>()

  constructor(now: () => number, warnings = new Warnings(now)) {
    this.#now = now
    this.#warnings = warnings
  }

  /** Tells the listeners of this event, then those of `event`. Where nobody hears of a failure but onlookers, a process warning says it. */
  raise(event: DirectoryEventName, details: EventDetails = {}): void {
    const { component, reason } = details
    if (component) this.failures.note(component, show(reason), () => causeInWords(details), this.#now())
    const hasListeners = this.events.listenerCount(event) > 0 || this.events.listenerCount('event') > 0
    if (event === 'sys_degraded' && !this.#isHeard(event)) this.#warnOfFailure(details)
    if (!hasListeners) return
    const told = this.#describe(event, details)
    this.#tell(event, told)
    this.#tell('event', told)
  }

  /** The same of a refusal that costs its sender nothing: in bounded numbers. Each event has a budget of its own, so that none hides another. */
  raiseWithinBudget(event: DirectoryEventName, details: EventDetails & { readonly ip: string }): void {
    const budget = this.#budgets.get(event) ?? new EventBudget()
    this.#budgets.set(event, budget)
    const omitted = budget.take(foldAddress(details.ip), this.#now())
    if (omitted !== null) this.raise(event, { ...details, omitted })
  }

  /** Whether anybody listens who does more than to look on. */
  #isHeard(event: DirectoryEventName): boolean {
    return [event, 'event' as const].some((name) => this.events.listeners(name).some((listener) => !(onlooker in listener)))
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
    if ('cause' in details) Object.defineProperty(told, 'cause', { value: innermostCause(details.cause) })
    return Object.freeze(told)
  }

  // `emit` stops at the first listener that throws, in the middle of a request. `rawListeners`, so that `once` still works.
  #tell(name: DirectoryEventName | 'event', event: DirectoryEvent): void {
    for (const listener of this.events.rawListeners(name)) {
      try {
        const outcome: unknown = Reflect.apply<DirectoryEvents, [DirectoryEvent], unknown>(listener, this.events, [event])
        Promise.resolve(outcome).catch((error: unknown) => this.#warnOfListener(name, error))
      } catch (error) {
        this.#warnOfListener(name, error)
      }
    }
  }

  // Once a minute for each name: where the disk of the audit log is full, whoever makes events would write as many warnings.
  #warnOfListener(name: DirectoryEventName | 'event', error: unknown): void {
    this.#warnings.onceAMinute('LISTENER', name, () => `A listener of directory.events failed: ${describeMessage(error)}`)
  }

  #warnOfFailure(details: EventDetails): void {
    const { component, reason } = details
    if (!component) return
    this.#warnings.onceAMinute('DEGRADED', component, () => {
      const why = causeInWords(details)
      return `A part of the directory fails, its ${component} (${show(reason)})${why === '' ? '' : `: ${why}`}. Listen to the event sys_degraded of directory.events to hear of each failure.`
    })
  }
}

/** `''` where there is none: `undefined` can be what was thrown. */
function causeInWords(details: EventDetails): string {
  return 'cause' in details ? describeCause(details.cause, details.secrets ?? []) : ''
}

function show(text = ''): string {
  return escapeAndCut(text, longestTexts.event)
}

function showOrNull(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : show(text)
}
