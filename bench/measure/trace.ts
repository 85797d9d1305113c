import { subscribe, unsubscribe } from 'node:diagnostics_channel'

const kinds = ['login', 'store', 'provider', 'hash'] as const
const moments = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const
const channels = kinds.flatMap((kind) => moments.map((moment) => `tracing:express-4d-directory:${kind}:${moment}`))

/** Begins or ends to listen to all channels of the directories of this process, as a tracer does that keeps nothing. */
export function trace(isWanted: boolean): void {
  for (const channel of channels) {
    if (isWanted) subscribe(channel, hear)
    else unsubscribe(channel, hear)
  }
}

function hear(): void {
  // What a tracer does with it is its own cost.
}
