import type { IncomingMessage } from 'node:http'

/**
 * Node takes its own listener off a socket that is to be upgraded: until the host has one, a client that resets its connection while a store is asked would end the
 * process.
 */
export function outliveResets({ socket }: IncomingMessage): void {
  if (socket.listenerCount('error') === 0) socket.on('error', () => undefined)
}
