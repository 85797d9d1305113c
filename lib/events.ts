import type { EventEmitter } from 'node:events'

/** What happened, by its name in the OWASP logging vocabulary where it has one. */
export type DirectoryEventName =
  | 'authn_login_success'
  | 'authn_login_fail'
  | 'authn_login_fail_max'
  | 'authn_login_lock'
  | 'authn_token_revoked'
  | 'session_created'
  | 'session_renewed'
  | 'session_expired'
  | 'session_refused'
  | 'authz_fail'
  | 'excess_rate_limit_exceeded'
  | 'malicious_extraneous'
  | 'sys_degraded'

/** The part of the directory that could not do its work. */
export type DirectoryComponent = 'store' | 'provider' | 'throttle' | 'passwords'

/**
 * What an audit log needs, and never a secret: no id, no password, no digest. Texts are cut at 200 characters, and control characters in them are
 * escaped.
 */
export interface DirectoryEvent {
  /** What happened. */
  readonly event: DirectoryEventName
  /** How much it matters: `CRITICAL` wants somebody to act. */
  readonly level: 'INFO' | 'WARN' | 'CRITICAL'
  /** On the clock of the directory. */
  readonly time: Date
  /** `''` for a guest, and where nobody was named. */
  readonly userName: string
  /** `null` where no user is known. */
  readonly userID: string | null
  /** The client's address, as `trust proxy` has it; `''` where no request was under way. */
  readonly ip: string
  /** The header `User-Agent`. */
  readonly userAgent: string
  /** Names the session; `null` where there is none. */
  readonly handle: string | null
  /** Why, in a few words for people. `''` where the name says it all. */
  readonly reason: string
  /** Of `session_renewed`: the handle of the session that ended for this one. */
  readonly replaces: string | null
  /** Of `excess_rate_limit_exceeded` and `session_refused`: which limit was reached. */
  readonly limit: string | null
  /** Of `sys_degraded`: the part that failed. */
  readonly component: DirectoryComponent | null
  /** Who did it, or by which way in; `null` where neither is known. */
  readonly by: string | null
  /** How many refusals of this name before this one were left out, because there were too many of them in a minute. */
  readonly omitted: number
  /** Of `sys_degraded`: the error. Not enumerable, so that no log shows by accident what a host's own error says. */
  readonly cause?: unknown
}

/** What `on` of the events takes, and what it hands over. */
export type DirectoryEventMap = Record<DirectoryEventName | 'event', [event: DirectoryEvent]>

/**
 * The audit trail: `directory.events.on('authn_login_fail', event => log.warn(event))`, or `on('event', ...)` for all of them. A listener that
 * throws or rejects harms no request: it becomes a process warning.
 */
export type DirectoryEvents = EventEmitter<DirectoryEventMap>
