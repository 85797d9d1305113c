import type { DirectoryEvent, RestDirectory } from 'express-4d-directory'
import type { Logger } from 'pino'

const levels = { INFO: 'info', WARN: 'warn', CRITICAL: 'error' } as const satisfies Record<DirectoryEvent['level'], string>

/** Writes the audit trail, each event with its level. An event holds no id and no password, and is one line whatever a client has sent. */
export function logEvents({ events }: RestDirectory, logger: Logger): void {
  events.on('event', (event) => {
    // pino has a level and a time of its own under these names.
    const details = { ...event, level: undefined, time: undefined, ...describeCause(event.cause) }
    logger[levels[event.level]](details, event.event)
  })
}

/** A host's own error may quote what it was asked, so that its message stays out. */
function describeCause(cause: unknown): { readonly cause?: { readonly name: string; readonly code: unknown } } {
  return cause instanceof Error ? { cause: { name: cause.name, code: (cause as { readonly code?: unknown }).code } } : {}
}
